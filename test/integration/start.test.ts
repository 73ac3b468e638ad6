/** `npm start` as a person or a supervisor uses it: started, and told to stop by a signal to npm itself. */
import { expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/until.ts";

/** Processes that were started for a service at this address: its port is nobody else's. */
const processesFor = (url: string): string[] => spawnSync("ps", ["-eo", "args"]).stdout.toString().split("\n").filter((line) => line.endsWith(`--url ${url}`));

test("npm start serves, and SIGTERM to npm ends all of it, the worker in the middle of its task too", async () => {
  const home = mkdtempSync(join(tmpdir(), "taskwire-start-"));
  const npm = spawn("npm", ["start"], { cwd: join(import.meta.dir, "../.."), env: { ...process.env, TASKWIRE_HOME: home, PORT: "0" }, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<number | null>((resolve) => npm.once("exit", (code) => resolve(code)));
  let printed = "";
  npm.stdout.on("data", (chunk) => (printed += chunk));
  try {
    const url = await until("the service is ready", 60_000, () => printed.match(/ready at (\S+)/)?.[1]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const { pid, token } = (await Bun.file(join(home, "local.json")).json()) as { pid: number; token: string };
    const tasks = async (): Promise<string> => (await fetch(`${url}/v1/tasks`, { headers: { authorization: `Bearer ${token}` } })).text();
    await until("the worker is at its task", 15_000, async () => /"status":"running"/.test(await tasks()));
    expect(processesFor(url)).toHaveLength(1);
    npm.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(processesFor(url)).toEqual([]);
    await until("the service is gone", 15_000, () => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    });
  } finally {
    npm.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  }
}, 90_000);
