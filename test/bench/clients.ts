/** The clients: what they take a second, how soon they are back after a cut, what history and a phone's line cost. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { type DeliveredEvent, createFollower } from "../../clients/typescript/src/follower.ts";
import { REAL_TIMING } from "../../clients/typescript/src/timing.ts";
import { startProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";
import { type Service, createTask, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { type Sample, type Work, bodies, body, quantile } from "./row.ts";

const ROOT = join(import.meta.dir, "../..");
const BATCH = 500;
/** The first reading warms the runtime up. */
const ROUNDS = 3;
const READ_LIMIT_MS = 120_000;
const LOAD_CORE = "1";
const ANSWER_TOKENS = 2_000;
const HISTORY = 10_000;
const KIB = 1024;

interface Reader {
  readonly name: string;
  readonly goal: number;
  readonly client: readonly string[];
  readonly raw: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly baseline: string;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const median = (values: readonly number[]): number => quantile(values, 0.5);

/** A program on the load's core; answers what it printed. */
function output([command = "", ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const [name, all] = process.env.BENCH_PINNED ? ["taskset", ["-c", LOAD_CORE, command, ...args]] : [command, args];
  const child = spawn(name, all as string[], { env: { ...process.env, ...env } as NodeJS.ProcessEnv, stdio: ["ignore", "pipe", "inherit"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), READ_LIMIT_MS);
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  return new Promise((resolve, reject) => child.once("close", (code) => {
    clearTimeout(limit);
    if (code === 0) resolve(text);
    else reject(new Error(`${name} ended with ${code}`));
  }));
}

/** A task that has ended, with so many events. */
async function finishedTask(service: Service, events: number): Promise<string> {
  const id = await createTask(service);
  const producer = await Producer.connect(service);
  for (let left = events - 2; left > 0; left -= BATCH) await producer.send(`/v1/tasks/${id}/events`, bodies(Math.min(BATCH, left)));
  await producer.send(`/v1/tasks/${id}/events`, '{"type":"task.completed","data":{}}');
  producer.close();
  return id;
}

/** Events a second by the best of the rounds, all of them whole. */
async function read(reader: Reader, which: readonly string[], events: number): Promise<Sample> {
  await using service = await startService();
  const id = await finishedTask(service, events);
  const printed = await output([...which, `http://127.0.0.1:${service.port}`, service.token, id, String(ROUNDS)], reader.env);
  const rounds = printed.trim().split("\n").map((line) => JSON.parse(line) as { events: number; seconds: number });
  const missing = rounds.reduce((sum, round) => sum + events - round.events, 0);
  return { values: [Math.max(...rounds.map((round) => round.events / round.seconds))], wrong: { missing, repeated: 0, reordered: 0 } };
}

function readWork(reader: Reader, events: number): Work {
  return {
    measures: [{ name: `clients: ${reader.name}, events decoded, folded and delivered`, unit: "events/s", goal: { value: reader.goal } }],
    baseline: reader.baseline,
    ours: () => read(reader, reader.client, events),
    theirs: () => read(reader, reader.raw, events),
  };
}

/** The environment that the Python client's tests have made. */
function pythonOf(): string | null {
  const parent = join(homedir(), ".cache/taskwire/python");
  const found = existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)).filter((folder) => existsSync(join(folder, "installed"))) : [];
  const first = process.env.TASKWIRE_PYTHON ?? found.map((folder) => join(folder, "bin/python"))[0];
  if (first === undefined) say("left out: the Python client, for its environment is made by test/integration/client-python.test.ts, which has not run here");
  return first ?? null;
}

/** How the Swift client's reader is run, once it was built in release mode. */
function swiftReader(): readonly string[] | null {
  const swift = process.env.TASKWIRE_SWIFT ?? "swift";
  const built = spawnSync(swift, ["build", "-c", "release", "--product", "taskwire-bench"], { cwd: ROOT, encoding: "utf8" });
  if (built.status === 0) return [swift, "run", "-c", "release", "--skip-build", "--package-path", ROOT, "taskwire-bench", "read"];
  say(`left out: the Swift client, for ${built.error ? "there is no swift on PATH" : `it does not build: ${built.stderr.slice(-300)}`}`);
  return null;
}

/** From the cut of a live connection to the next event; the pause before the first attempt is half of its half second. */
async function reconnectOurs(rounds: number): Promise<Sample> {
  const pauseMs = 250;
  await using service = await startService();
  await using proxy = await startProxy(service.port);
  const id = await createTask(service);
  const producer = await Producer.connect(service);
  const publish = (): Promise<unknown> => producer.send(`/v1/tasks/${id}/events`, body("x"));
  const controller = new AbortController();
  let seq = 0;
  const settings = { healthyMs: 0 };
  const timing = { ...REAL_TIMING, chance: () => 0.5 };
  const follower = createFollower({ url: `http://127.0.0.1:${proxy.port}`, token: service.token, transport: "websocket", timing, settings });
  const reading = (async () => {
    for await (const event of follower.follow(id, { signal: controller.signal })) seq = (event as DeliveredEvent).seq;
  })();
  await until("it is live", 5_000, () => seq === 1);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    proxy.reset();
    const began = performance.now();
    await publish();
    const wanted = round + 2;
    await until("it is back", 5_000, () => seq === wanted);
    times.push(performance.now() - began - pauseMs);
  }
  controller.abort();
  await reading;
  producer.close();
  return { values: [median(times)] };
}

/** The same by hand, without a pause: connect, and wait for the event. */
async function reconnectTheirs(rounds: number): Promise<Sample> {
  await using service = await startService();
  const id = await createTask(service);
  const producer = await Producer.connect(service);
  const times: number[] = [];
  let cursor = "0";
  for (let round = 0; round < rounds; round += 1) {
    ({ cursor } = JSON.parse(await producer.send(`/v1/tasks/${id}/events`, body("x"))) as { cursor: string });
    const began = performance.now();
    await producer.send(`/v1/tasks/${id}/events`, body("x"));
    await new Promise<void>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${service.port}/v1/tasks/${id}/ws?after=${cursor}`, ["taskwire.v1", `bearer.${service.token}`]);
      socket.onmessage = ({ data }) => {
        if (!String(data).includes('"seq"')) return;
        socket.close();
        resolve();
      };
    });
    times.push(performance.now() - began);
  }
  producer.close();
  return { values: [median(times)] };
}

/** A living task with history: from following to its last event. Milliseconds. */
async function historyOurs(rounds: number): Promise<Sample> {
  await using service = await startService();
  const id = await createTask(service);
  const producer = await Producer.connect(service);
  for (let left = HISTORY - 1; left > 0; left -= BATCH) await producer.send(`/v1/tasks/${id}/events`, bodies(Math.min(BATCH, left)));
  producer.close();
  const follower = createFollower({ url: `http://127.0.0.1:${service.port}`, token: service.token });
  const times: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const began = performance.now();
    for await (const { seq } of follower.follow(id)) if (seq === HISTORY) break;
    if (round >= 0) times.push(performance.now() - began);
  }
  return { values: [median(times)] };
}

/** A finished one as long, by curl, which starts anew each time. */
async function historyTheirs(rounds: number): Promise<Sample> {
  await using service = await startService();
  const id = await finishedTask(service, HISTORY);
  const times: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const began = performance.now();
    const { status } = spawnSync("curl", ["-sN", "-o", "/dev/null", "-H", "accept: text/event-stream", "-H", `authorization: Bearer ${service.token}`, `http://127.0.0.1:${service.port}/v1/tasks/${id}/events`]);
    if (status !== 0) throw new Error("curl did not read the stream");
    if (round >= 0) times.push(performance.now() - began);
  }
  return { values: [median(times)] };
}

/** A finished answer of 2,000 tokens of five letters. */
async function answer(service: Service): Promise<string> {
  const id = await createTask(service);
  const producer = await Producer.connect(service);
  const send = (events: readonly object[]): Promise<unknown> => producer.send(`/v1/tasks/${id}/events`, JSON.stringify(events));
  await send([{ type: "task.started", data: { attempt: 1 } }, { type: "message.started", data: { message_id: "m1", role: "assistant" } }]);
  const piece = { type: "message.delta", data: { message_id: "m1", delta: "word " } };
  for (let sent = 0; sent < ANSWER_TOKENS; sent += BATCH) await send(Array.from({ length: BATCH }, () => piece));
  await send([{ type: "message.completed", data: { message_id: "m1", content: "word ".repeat(ANSWER_TOKENS) } }, { type: "task.completed", data: {} }]);
  producer.close();
  return id;
}

/** All bytes that the service sends for one reading of it, heads and frames included. Kilobytes. */
async function bytesOf(transport: "websocket" | "sse", replay: "full" | "compact"): Promise<Sample> {
  await using service = await startService();
  const id = await answer(service);
  const upgrade = transport === "websocket" ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: taskwire.v1\r\n" : "Accept: text/event-stream\r\nConnection: close\r\n";
  const path = `/v1/tasks/${id}/${transport === "websocket" ? "ws" : "events"}?replay=${replay}`;
  const bytes = await new Promise<number>((resolve, reject) => {
    let count = 0;
    const socket = connect(service.port, "127.0.0.1", () => void socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${service.token}\r\n${upgrade}\r\n`));
    socket.on("data", (chunk) => {
      count += chunk.length;
      if (chunk.includes('"stream.end"')) socket.end();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(count));
  });
  return { values: [bytes / KIB] };
}

function bytesWork(transport: "websocket" | "sse"): Work {
  return {
    measures: [{ name: `clients: an answer of ${ANSWER_TOKENS} tokens on the wire, compact, ${transport}`, unit: "KB", goal: { most: 1 } }],
    baseline: "the same in full",
    ours: () => bytesOf(transport, "compact"),
    theirs: () => bytesOf(transport, "full"),
  };
}

/** The clients' works; those whose language is not here are left out, with the reason. */
export function clientWorks(quick: boolean): Work[] {
  const events = quick ? 50_000 : 200_000;
  const reader = join(import.meta.dir, "client-reader.ts");
  const works: Work[] = [
    readWork({ name: "TypeScript", goal: 200_000, client: [process.execPath, reader, "client"], raw: [process.execPath, reader, "raw"], baseline: "WebSocket and JSON.parse alone" }, events),
  ];
  const python = pythonOf();
  if (python !== null) {
    const script = join(import.meta.dir, "client_reader.py");
    const env = { PYTHONPATH: join(ROOT, "clients/python/src"), PYTHONDONTWRITEBYTECODE: "1" };
    works.push(readWork({ name: "Python", goal: 40_000, client: [python, script, "client"], raw: [python, script, "raw"], env, baseline: "websockets and json.loads alone" }, events / 4));
  }
  const swift = quick ? null : swiftReader();
  if (swift !== null) works.push(readWork({ name: "Swift", goal: 100_000, client: swift, raw: [process.execPath, reader, "raw"], baseline: "WebSocket and JSON.parse in TypeScript" }, events));
  const rounds = quick ? 5 : 20;
  return [
    ...works,
    { measures: [{ name: "clients: back after a cut, the pause apart", unit: "ms", goal: { above: 50 } }], baseline: "a bare WebSocket, connected anew at once", ours: () => reconnectOurs(rounds), theirs: () => reconnectTheirs(rounds) },
    { measures: [{ name: `clients: ${HISTORY} events of history`, unit: "ms", goal: { most: 1.5 } }], baseline: "curl to nowhere", ours: () => historyOurs(rounds), theirs: () => historyTheirs(rounds) },
    bytesWork("websocket"), bytesWork("sse"),
  ];
}
