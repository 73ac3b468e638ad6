/** The lines for Swift that the console offers to copy: a little package of its own that uses this one builds and runs them as they stand. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createClient } from "../../clients/typescript/src/client.ts";
import { signUp, startService } from "../support/service.ts";

const ROOT = join(import.meta.dir, "../..");
// Plain JavaScript, as pages load it.
const { snippet } = (await import(join(ROOT, "src/console/task/snippets.js"))) as { snippet(language: string, what: string, facts: { url: string; token: string; task: string }): string };
const SWIFT = process.env.TASKWIRE_SWIFT ?? "swift";
const HAS_SWIFT = /Swift version ([6-9]|\d\d)/.test(spawnSync(SWIFT, ["--version"], { encoding: "utf8", timeout: 240_000 }).stdout ?? "");
const BUILD_LIMIT_MS = 280_000;

if (!HAS_SWIFT) console.log("skipped: no swift on this machine");

const manifest = `// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "lines", platforms: [.macOS(.v14)], dependencies: [.package(path: "${ROOT}")],
  targets: ["publish", "watch"].map { .executableTarget(name: $0, dependencies: [.product(name: "Taskwire", package: "${basename(ROOT)}")]) }
)
`;

test.skipIf(!HAS_SWIFT)("publish and watch a task as they stand", async () => {
  const folder = mkdtempSync(join(tmpdir(), "taskwire-lines-"));
  try {
    await using service = await startService();
    const token = await signUp(service.url);
    const client = createClient({ url: service.url, token });
    const { task_id: task } = await client.create({ kind: "hello" });
    writeFileSync(join(folder, "Package.swift"), manifest);
    for (const what of ["publish", "watch"] as const) {
      mkdirSync(join(folder, "Sources", what), { recursive: true });
      writeFileSync(join(folder, "Sources", what, "main.swift"), snippet("swift", what, { url: service.url, token, task }));
    }
    const run = (what: string): { code: number | null; out: string } => {
      const { status, stdout, stderr } = spawnSync(SWIFT, ["run", "--package-path", folder, what], { encoding: "utf8", timeout: BUILD_LIMIT_MS });
      return { code: status, out: status === 0 ? stdout : stdout + stderr };
    };
    expect(run("publish").code).toBe(0);
    await client.publish(task, { type: "task.completed", data: {} });
    expect(run("watch")).toEqual({ code: 0, out: expect.stringMatching(/^1 task\.created\n2 log\.line\n3 task\.progress\n4 task\.completed\n$/) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 2 * BUILD_LIMIT_MS);
