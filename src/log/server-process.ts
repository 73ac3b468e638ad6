/** Processes that may not be our children: whether one still is the one that was meant, and ending it. Linux and macOS. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import type { Clock } from "../domain/environment.ts";

/** How long a process has to end by itself before it is killed, and how long killing may take. Milliseconds. */
const TERM_LIMIT_MS = 5_000;
const KILL_LIMIT_MS = 2_000;
const LOOK_MS = 20;

/** A process for certain: numbers are used again, a number with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as the system writes it: to be compared, not read. */
  readonly started: string;
}

function fromProc(pid: number): string | null {
  try {
    // The name in parentheses may contain anything, so the fields are counted behind its end. A zombie has ended.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return fields[0] === "Z" ? null : `${boot}:${fields[19]}`;
  } catch {
    return null;
  }
}

function fromPs(pid: number): string | null {
  const answer = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8", env: { ...process.env, LC_ALL: "C", TZ: "UTC" } });
  const [, state, started] = (answer.stdout ?? "").trim().match(/^(\S+)\s+(.+)$/) ?? [];
  return !state || !started || state.startsWith("Z") ? null : started;
}

/** When a process started; null where none with this number runs. */
export function startOf(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid < 1) return null;
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** True while this very process runs. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return startOf(pid) === started;
}

/** The command line of a process; empty where it cannot be told. */
export function commandOf(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "";
  } catch {
    return "";
  }
}

function send(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in between.
  }
}

/** Waits until it has ended; false where it still runs after `limitMs`. */
async function waitForEnd(identity: ProcessIdentity, limitMs: number, clock: Clock): Promise<boolean> {
  const end = clock.now() + limitMs;
  while (isRunning(identity)) {
    if (clock.now() > end) return false;
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
  return true;
}

/** Ends this very process, politely first. Throws where it outlives even SIGKILL. */
export async function endProcess(identity: ProcessIdentity, clock: Clock): Promise<void> {
  if (!isRunning(identity)) return;
  send(identity.pid, "SIGTERM");
  if (await waitForEnd(identity, TERM_LIMIT_MS, clock)) return;
  if (isRunning(identity)) send(identity.pid, "SIGKILL");
  if (!(await waitForEnd(identity, KILL_LIMIT_MS, clock))) throw new Error(`the process ${identity.pid} cannot be ended: end it by hand`);
}
