/** What a process keeps in memory. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Resident memory of a process, bytes: from /proc where there is one. */
export function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return Number(spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim()) * 1024;
  }
}
