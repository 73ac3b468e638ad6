/**
 * The promise, as a person would try it: a real command wrapped as a task, watched from a terminal, from curl and from a
 * browser's WebSocket at once; the service killed in the middle and started again; every line arrives once, everywhere.
 */
import { expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/nats.ts";
import { runtimeCommand, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { startWatcher } from "../support/watcher.ts";

const LINES = 120;
const WAIT_MS = 60_000;
/** Prints a line every 40 ms, on both outputs by turns, and ends with 7. */
const COMMAND = `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); if [ $((i%2)) = 0 ]; then echo "line $i of it"; else echo "line $i of it" >&2; fi; sleep 0.04; done; exit 7`;

interface Program {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<number | null>;
}

function start(command: string, args: readonly string[], env: Record<string, string>): Program {
  const child = spawn(command, args, { env: { ...process.env, ...env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

const expected = Array.from({ length: LINES }, (_, at) => `line ${at + 1} of it`);

for (const runtime of ["bun", "deno"] as const) {
  test(
    `a command's every line reaches terminal, curl and WebSocket once, through a SIGKILL of the service on ${runtime}`,
    async () => {
      const home = mkdtempSync(join(tmpdir(), "taskwire-whole-"));
      const port = await freePort();
      const programs: Program[] = [];
      let service = await startService({ runtime, home, port });
      try {
        const env = { TASKWIRE_HOME: home, TASKWIRE_URL: "", TASKWIRE_TOKEN: "" };
        const taskwire = (args: readonly string[]): Program => {
          const [bun, file] = runtimeCommand("bun", "src/cli/main.ts");
          const program = start(bun, [...file, ...args], env);
          programs.push(program);
          return program;
        };
        const run = taskwire(["run", "--title", "counting", "--", "sh", "-c", COMMAND]);
        const taskId = await until("the task has begun", WAIT_MS, () => run.stderr().match(/task ([A-Za-z0-9_-]+)/)?.[1]);
        const { token } = (await Bun.file(join(home, "local.json")).json()) as { token: string };

        const tail = taskwire(["tail", taskId, "--json"]);
        const socket = startWatcher({ url: () => service.url, token, taskId, transport: "websocket" });
        // curl knows nothing of resuming: it is started anew behind the last id it has printed, as a script would do.
        let curled = "";
        let curling = spawnSync("curl", ["--version"]).status === 0;
        if (!curling) console.log("skipped: no curl on this machine; its part is not tried");
        const curl = (async () => {
          while (curling) {
            const last = curled.match(/^id: (.+)$/gm)?.at(-1)?.slice(4);
            const resume = last ? ["-H", `Last-Event-ID: ${last}`] : [];
            const program = start("curl", ["-sN", ...resume, "-H", `Authorization: Bearer ${token}`, "-H", "Accept: text/event-stream", `${service.url}/v1/tasks/${taskId}/events`], {});
            programs.push(program);
            await program.ended;
            // What was cut in the middle of an event is not an event.
            curled += program.stdout().slice(0, program.stdout().lastIndexOf("\n\n") + 2);
            if (curled.includes('"type":"stream.end"')) return;
          }
        })();

        await until("a third of the lines was seen", WAIT_MS, () => socket.events.filter(({ frame }) => frame.type === "log.line").length > LINES / 3);
        await service.kill();
        service = await startService({ runtime, home, port });

        expect(await run.ended).toBe(7);
        expect((run.stdout() + run.stderr()).match(/line \d+ of it/g)?.length).toBe(LINES);
        expect(await tail.ended).toBe(1);
        await Promise.race([Promise.all([socket.ended, curl]), Bun.sleep(WAIT_MS).then(() => Promise.reject(new Error("a watcher did not reach the end")))]);

        const byNumber = (left: string, right: string): number => Number(left.split(" ")[1]) - Number(right.split(" ")[1]);
        const linesOf = (events: readonly { type?: string; data?: unknown }[]): string[] =>
          events.filter(({ type }) => type === "log.line").map(({ data }) => (data as { text: string }).text).sort(byNumber);
        expect(linesOf(socket.events.map(({ frame }) => frame))).toEqual(expected);
        expect(socket.faults).toEqual([]);
        expect(linesOf(tail.stdout().trim().split("\n").map((line) => JSON.parse(line) as { type?: string; data?: unknown }))).toEqual(expected);
        if (curling) {
          const data = [...curled.matchAll(/^data: (.+)$/gm)].map(([, text]) => JSON.parse(text ?? "null") as { type?: string; data?: unknown });
          expect(linesOf(data)).toEqual(expected);
        }
        curling = false;
      } finally {
        for (const { child } of programs) if (child.exitCode === null) child.kill("SIGKILL");
        await service.stop();
        rmSync(home, { recursive: true, force: true });
      }
    },
    { timeout: 3 * WAIT_MS },
  );
}
