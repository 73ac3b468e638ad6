import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeliveredEvent, createClient } from "../../clients/typescript/src/client.ts";
import { type Service, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dir, "../..");

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** As it came, byte for byte. */
  readonly bytes: Buffer;
}

interface Running {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  readonly ended: Promise<Ran>;
}

/** The command line in a process of its own. */
function start(args: readonly string[], env: Readonly<Record<string, string>>, input?: string): Running {
  const child = spawn(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on("data", (chunk) => (err += chunk));
  if (input !== undefined) child.stdin?.end(input);
  const ended = new Promise<Ran>((resolve) => child.once("close", (code) => resolve({ code, out: Buffer.concat(chunks).toString(), err, bytes: Buffer.concat(chunks) })));
  return { child, ended, out: () => Buffer.concat(chunks).toString(), err: () => err };
}

let service: Service;
let env: Record<string, string>;
const taskwire = (args: readonly string[], more: Record<string, string> = {}, input?: string): Promise<Ran> => start(args, { ...env, ...more }, input).ended;

beforeAll(async () => {
  service = await startService();
  env = { TASKWIRE_HOME: service.home };
});
afterAll(() => service?.[Symbol.asyncDispose]());

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const taskOf = (err: string): string => err.match(/task ([A-Za-z0-9_-]+), watch it/)?.[1] ?? "";
async function eventsOf(id: string): Promise<DeliveredEvent[]> {
  const { out } = await taskwire(["tail", id, "--json"]);
  return lines(out).map((line) => JSON.parse(line) as DeliveredEvent);
}
const dataOf = (event: DeliveredEvent | undefined) => event?.data as Record<string, unknown>;
const logged = (events: readonly DeliveredEvent[]): string[] => events.filter(({ type }) => type === "log.line").map(({ data }) => String((data as { text: string }).text));

/** A port that nobody uses now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("taskwire run", () => {
  test("passes output through, makes lines and progress of it, and ends as the command did", async () => {
    const script = 'echo one; echo "step 2/4"; echo bad >&2; printf "no end"; exit 3';
    const ran = await taskwire(["run", "--title", "A title", "--kind", "demo", "--", "sh", "-c", script]);
    expect(ran.code).toBe(3);
    expect(ran.out).toBe("one\nstep 2/4\nno end");
    expect(ran.err).toContain("bad\n");
    const events = await eventsOf(taskOf(ran.err));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(events[0]).toMatchObject({ type: "task.created", data: { kind: "demo", title: "A title" } });
    expect(logged(events).sort()).toEqual(["bad", "no end", "one", "step 2/4"]);
    expect(events.find(({ data }) => (data as { text?: string }).text === "bad")?.data).toMatchObject({ stream: "stderr" });
    expect(events.find(({ type }) => type === "task.progress")?.data).toEqual({ current: 2, total: 4 });
    expect(events.at(-1)).toMatchObject({ type: "task.failed", data: { error: { code: "exit_code", details: { exit_code: 3 } } } });
    expect((dataOf(events.at(-1)).error as { details: { last_lines: string[] } }).details.last_lines).toContain("no end");
  });

  test("survives binary output, very long lines and a reader in no hurry, byte for byte", async () => {
    const script = "head -c 300000 /dev/urandom; echo; head -c 200000 /dev/zero | tr '\\0' x; echo; echo end";
    const ran = await taskwire(["run", "--", "sh", "-c", script]);
    expect(ran.code).toBe(0);
    expect(ran.bytes.subarray(300_001).toString()).toBe(`${"x".repeat(200_000)}\nend\n`);
    const events = await eventsOf(taskOf(ran.err));
    expect(events.at(-1)).toMatchObject({ type: "task.completed", data: { result: { exit_code: 0 } } });
    const texts = logged(events);
    expect(texts.at(-1)).toBe("end");
    const from = texts.findIndex((text) => /^x{1000}/.test(text));
    expect(texts.slice(from, -1).join("")).toBe("x".repeat(200_000));
  });

  test("gives a slow reader of tail everything, to the last line", async () => {
    const ran = await taskwire(["run", "--", "seq", "1", "3000"]);
    const tail = start(["tail", taskOf(ran.err), "--json"], env);
    tail.child.stdout?.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    tail.child.stdout?.resume();
    const events = lines((await tail.ended).out);
    expect(JSON.parse(events.at(-1) ?? "")).toMatchObject({ type: "task.completed" });
    expect(events.length).toBeGreaterThan(3000);
  });

  test("answers like a shell where there is no such command", async () => {
    const ran = await taskwire(["run", "--", "no-such-command-here"]);
    expect(ran.code).toBe(127);
    expect(ran.err).toContain("there is no such command");
    expect((await eventsOf(taskOf(ran.err))).at(-1)).toMatchObject({ type: "task.failed", data: { error: { code: "not_started" } } });
  });

  test("Ctrl-C ends the command and cancels the task", async () => {
    const running = start(["run", "--", "sh", "-c", "trap 'echo cleaning up; exit 130' INT; echo started; while :; do sleep 0.05; done"], env);
    await until("the command has started", 10_000, () => running.out().includes("started"));
    running.child.kill("SIGINT");
    const ran = await running.ended;
    expect(ran.code).toBe(130);
    const events = await eventsOf(taskOf(ran.err));
    expect(logged(events)).toEqual(["started", "cleaning up"]);
    expect(events.at(-1)).toMatchObject({ type: "task.canceled", data: { by: "user" } });
  });

  test("runs the command all the same where the service never comes, and says so", async () => {
    const ran = await taskwire(["run", "--wait", "0", "--", "sh", "-c", "echo done; exit 5"], { TASKWIRE_URL: `http://127.0.0.1:${await freePort()}`, TASKWIRE_TOKEN: "x" });
    expect([ran.code, ran.out]).toEqual([5, "done\n"]);
    expect(ran.err).toContain("the service never came");
  });

  test("runs the command all the same where its token is refused, and says why", async () => {
    const ran = await taskwire(["run", "--", "sh", "-c", "echo done"], { TASKWIRE_URL: service.url, TASKWIRE_TOKEN: "forged" });
    expect([ran.code, ran.out]).toEqual([0, "done\n"]);
    expect(ran.err).toContain("nothing is published");
    expect(ran.err).not.toContain("forged");
  });

  test("gives the command its task's id, and publish takes events for it", async () => {
    const ran = await taskwire(["run", "--", "sh", "-c", "echo id=$TASKWIRE_TASK_ID"]);
    expect(ran.out.trim()).toBe(`id=${taskOf(ran.err)}`);
  });
});

describe("a service that is killed in the middle", () => {
  test("loses no line for the command, for two watchers and for the log", async () => {
    const home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    const port = await freePort();
    const own = { TASKWIRE_HOME: home };
    const count = 150;
    let first: Service | null = null;
    let second: Service | null = null;
    try {
      first = await startService({ home, port });
      const run = start(["run", "--", "sh", "-c", `for i in $(seq 1 ${count}); do echo "line $i/${count}"; sleep 0.02; done; exit 4`], own);
      const id = await until("the task has an id", 10_000, () => taskOf(run.err()) || null);
      const watchers = (["websocket", "sse"] as const).map((transport) => start(["tail", id, "--json", "--transport", transport], own));
      for (const watcher of watchers) await until("a watcher has seen a line", 10_000, () => watcher.out().includes("log.line"));
      await first.kill();
      await until("the command has gone on alone", 10_000, () => run.err().includes("does not take events now"));
      second = await startService({ home, port });
      const ran = await run.ended;
      expect(ran.code).toBe(4);
      const expected = Array.from({ length: count }, (_, at) => `line ${at + 1}/${count}`);
      expect(lines(ran.out)).toEqual(expected);
      for (const watcher of watchers) {
        const { code, out, err } = await watcher.ended;
        const events = lines(out).map((line) => JSON.parse(line) as DeliveredEvent);
        expect(logged(events)).toEqual(expected);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
        expect(err).toContain("connected again");
        expect(code).toBe(1);
      }
    } finally {
      await first?.kill();
      await second?.[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    }
  }, 60_000);
});

describe("taskwire serve", () => {
  test("starts the service and says what to do next; what waits for more is ended by Ctrl-C", async () => {
    const home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    const own = { TASKWIRE_HOME: home, PORT: "0" };
    try {
      const serving = start(["serve"], own);
      try {
        await until("it says what to do next", 30_000, () => /ready at http.*\n[^]*npx taskwire run/.test(serving.out()));
        const idle = start(["publish"], own);
        await until("publish has made its task", 10_000, () => idle.out().trim() || null);
        const tail = start(["tail", idle.out().trim()], own);
        await until("tail shows the task", 10_000, () => tail.out().includes("task.created"));
        tail.child.kill("SIGINT");
        expect((await tail.ended).code).toBe(130);
        idle.child.stdin?.end('{"type":"task.canceled","data":{}}\n');
        expect((await idle.ended).code).toBe(0);
      } finally {
        serving.child.kill("SIGTERM");
        expect((await serving.ended).code).toBe(0);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }, 90_000);
});

describe("the other commands", () => {
  test("publish makes a task, appends what comes over stdin, and tail ends with its outcome", async () => {
    const made = await taskwire(["publish", "--kind", "demo"], {}, '{"type":"log.line","data":{"level":"info","text":"hello"}}\n\n{"type":"task.canceled","data":{}}\n');
    expect(made.code).toBe(0);
    const id = made.out.trim();
    const tailed = await taskwire(["tail", id]);
    expect(tailed.code).toBe(2);
    expect(tailed.out).toContain("\nhello\n");
    expect(tailed.out).not.toContain("\u001b");
  });

  test("publish names the line that makes no sense, keeps those before it, and says which was refused", async () => {
    const bad = await taskwire(["publish"], {}, '{"type":"log.line","data":{"level":"info","text":"kept"}}\nnonsense\n');
    expect(bad.code).toBe(65);
    expect(bad.err).toContain("line 2 is not JSON");
    const refused = await taskwire(["publish", bad.out.trim()], {}, '{"type":"no.such.type","data":{}}\n{"type":"task.completed","data":{}}\n');
    expect(refused.code).toBe(65);
    expect(refused.err).toContain("event_type_unknown");
    expect(logged(await eventsOf(bad.out.trim()))).toEqual(["kept"]);
  });

  test("tail says what is wrong with a task that is not there", async () => {
    const ran = await taskwire(["tail", "no-such-task"]);
    expect(ran.code).toBe(66);
    expect(ran.err).toContain("no-such-task");
    expect((await taskwire(["tail", "x", "--transport", "pigeon"])).code).toBe(64);
  });

  test("tasks lists what was made, as text and as JSON", async () => {
    const { out } = await taskwire(["run", "--title", "Findable", "--", "true"]).then(() => taskwire(["tasks"]));
    expect(out).toContain("Findable");
    const json = lines((await taskwire(["tasks", "--json", "--limit", "3"])).out).map((line) => JSON.parse(line));
    expect(json).toHaveLength(3);
    expect(json[0]).toMatchObject({ kind: "true", status: "completed" });
  });

  test("doctor finds everything well, measures it, and publishes what it found", async () => {
    const ran = await taskwire(["doctor", "--json"]);
    const found = JSON.parse(ran.out) as { ok: boolean; task_id: string; findings: { name: string; ok: boolean | null; detail: string; values?: Record<string, number> }[] };
    expect(found.findings.filter(({ ok }) => ok !== true)).toEqual([]);
    expect(ran.code).toBe(0);
    expect(found.findings.find(({ name }) => name === "append")?.values?.append_p50_ms).toBeGreaterThan(0);
    expect(found.findings.find(({ name }) => name === "broker")?.detail).toMatch(/nats-server 2\.\d+/);
    const events = await eventsOf(found.task_id);
    expect(events.filter(({ type }) => type === "step.completed").map(({ data }) => (data as { step_id: string }).step_id)).toEqual(found.findings.map(({ name }) => name));
    expect(events.at(-1)?.type).toBe("task.completed");
  });

  test("doctor says what to do where there is no service", async () => {
    const ran = await taskwire(["doctor"], { TASKWIRE_URL: `http://127.0.0.1:${await freePort()}` });
    expect(ran.code).toBe(1);
    expect(ran.out).toContain("npm start");
  });

  test.each(["", "serve", "run", "tail", "publish", "tasks", "doctor"])("taskwire %s --help says how it is used", async (name) => {
    const ran = await taskwire([...(name ? [name] : []), "--help"]);
    expect([ran.code, ran.err]).toEqual([0, ""]);
    expect(ran.out).toContain(`Usage: taskwire ${name}`.trim());
  });
});

describe("the client against the real service", () => {
  test("publishes and follows one task and many, over both transports, each event once", async () => {
    const local = JSON.parse(await Bun.file(join(service.home, "local.json")).text()) as { url: string; token: string };
    const client = createClient(local);
    const ids = await Promise.all(["a", "b"].map(async (title) => (await client.create({ kind: "demo", title })).task_id));
    const publishers = ids.map((id) => client.publisher(id));
    for (let at = 0; at < 300; at++) for (const publisher of publishers) await publisher.push({ type: "log.line", data: { level: "info", text: `${at}` } });
    for (const publisher of publishers) {
      await publisher.push({ type: "task.completed", data: {} });
      await publisher.flush();
    }
    const wanted = Array.from({ length: 302 }, (_, at) => at + 1);
    for (const transport of ["websocket", "sse"] as const) {
      const watcher = createClient({ ...local, transport });
      const one: number[] = [];
      for await (const { seq } of watcher.follow(ids[0] ?? "")) one.push(seq);
      expect(one).toEqual(wanted);
      const many = new Map<string, number[]>(ids.map((id) => [id, []]));
      for await (const { task_id, seq } of watcher.followMany(ids)) many.get(task_id)?.push(seq);
      expect([...many.values()]).toEqual([wanted, wanted]);
      const compact: DeliveredEvent[] = [];
      for await (const event of watcher.follow(ids[1] ?? "", { replay: "compact" })) compact.push(event);
      expect(compact.at(-1)?.seq).toBe(302);
    }
    expect((await client.get(ids[0] ?? "")).snapshot.status).toBe("completed");
  });
});
