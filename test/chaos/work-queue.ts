/**
 * Queued tasks, worker processes that are killed, instances that are killed, a broker that is killed. Every task must be done, have one
 * end, and nothing that was done under a lost lease may be in its log.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { ask } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { startNats } from "../support/nats.ts";
import { insist } from "../support/publisher.ts";
import { randomFrom } from "../support/random.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { pause, until } from "../support/until.ts";
import { eventsOf } from "../support/worker.ts";
import type { Report } from "./report.ts";

export interface WorkQueueOptions {
  readonly seed: number;
  readonly tasks?: number;
  readonly workers?: number;
  /** How long things are broken. Seconds. */
  readonly seconds?: number;
  readonly runtime?: "bun" | "deno";
  readonly progress?: (text: string) => void;
}

const INSTANCES = 3;
const KIND = "chaos";
/** All tasks must have ended so long after the last fault. Milliseconds. */
const END_LIMIT_MS = 120_000;
/** Between two faults: at most. Milliseconds. */
const FAULT_MS = 1_200;
/** What a task costs its worker at least, told by how long a fault lasts. Milliseconds. */
const AWAY_MS = 800;
const CREATING = 32;
const ENDS = new Set(["task.completed", "task.failed", "task.canceled"]);

/** The worker processes; each has what it completed. */
class Workers implements Disposable {
  readonly completed: string[] = [];
  readonly #env: Record<string, string>;
  readonly #all: ChildProcess[] = [];

  constructor(count: number, env: Record<string, string>) {
    this.#env = env;
    for (let at = 0; at < count; at += 1) this.#start(at);
  }

  /** SIGKILL, and another in its place. */
  kill(at: number): void {
    this.#all[at]?.kill("SIGKILL");
    this.#start(at);
  }

  [Symbol.dispose](): void {
    for (const child of this.#all) child.kill("SIGKILL");
  }

  #start(at: number): void {
    const child = spawn(process.execPath, [join(import.meta.dir, "worker.ts")], { env: { PATH: process.env.PATH, ...this.#env }, stdio: ["ignore", "pipe", "inherit"] });
    let rest = "";
    child.stdout.on("data", (chunk) => {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      this.completed.push(...lines);
    });
    this.#all[at] = child;
  }
}

/** Runs the scenario. Throws where the tasks do not come to their ends at all. */
export async function runWorkQueue({ seed, tasks = 1_000, workers = 8, seconds = 60, runtime = "bun", progress = () => {} }: WorkQueueOptions): Promise<Report> {
  const random = randomFrom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startNats());
  const env = { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_LOG_LEVEL: "error", TASKWIRE_SWEEP_MS: "3000", TASKWIRE_LEADER_MS: "2000" };
  const services: Service[] = [];
  stack.defer(async () => void (await Promise.all(services.map((service) => service[Symbol.asyncDispose]()))));
  while (services.length < INSTANCES) services.push(await startService({ runtime, env }));
  const urls = services.map(({ url }) => url);
  const token = await makeToken({ scope: "work" });
  const made = await createAll(urls, token, tasks, seed);
  progress(`${made.length} tasks wait`);
  const began = performance.now();
  const crew = stack.use(new Workers(workers, { TASKWIRE_URLS: urls.join(","), TASKWIRE_TOKEN: token, WORK_KIND: KIND }));
  const faults: Record<string, number> = {};
  const note = (name: string): void => void (faults[name] = (faults[name] ?? 0) + 1);
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end && crew.completed.length < tasks) {
    await pause(below(FAULT_MS));
    const fate = below(10);
    if (fate < 6) {
      note("worker-kill");
      crew.kill(below(workers));
    } else if (fate < 9) {
      const at = below(INSTANCES);
      note("service-kill");
      await services[at]?.kill();
      await pause(below(AWAY_MS));
      const old = services[at];
      if (old) services[at] = await startService({ runtime, env, port: old.port, home: old.home });
    } else {
      note("broker-kill");
      await nats.kill();
      await pause(below(AWAY_MS));
      await nats.restart();
    }
    progress(`${crew.completed.length} of ${tasks} done`);
  }
  const wrong: string[] = [];
  const open = new Set(made);
  await until("all tasks have ended", END_LIMIT_MS, async () => {
    for (const taskId of [...open]) {
      const { json } = await ask(urls[0] ?? "", `/v1/tasks/${taskId}/events?limit=1000`, { token }).catch(() => ({ json: {} as Record<string, unknown> }));
      if (json.ended === true) open.delete(taskId);
      else break;
    }
    return open.size === 0;
  }).catch(async () => wrong.push(`${open.size} tasks have not ended, such as ${[...open][0]}`));
  const took = (performance.now() - began) / 1_000;
  let attempts = 0;
  for (const taskId of made) attempts += judge(taskId, await eventsOf(urls[0] ?? "", token, taskId), wrong);
  const twice = crew.completed.filter((taskId, at) => crew.completed.indexOf(taskId) !== at);
  if (twice.length > 0) wrong.push(`${twice.length} tasks were completed twice, such as ${twice[0]}`);
  return {
    seed, command: `npm run chaos -- --scenario work-queue --seed ${seed} --seconds ${seconds}`, acknowledged: crew.completed.length, deliveries: 0, watchers: 0, reconnects: 0, faults, metrics: {}, longestSilenceMs: 0,
    figures: { tasks, workers, attempts, "seconds from the first lease to the last end": Math.round(took) }, wrong,
  };
}

async function createAll(urls: readonly string[], token: string, tasks: number, seed: number): Promise<readonly string[]> {
  const made: string[] = [];
  for (let first = 0; first < tasks; first += CREATING) {
    const some = Array.from({ length: Math.min(CREATING, tasks - first) }, (_, at) => insist(() => urls, "/v1/tasks", {
      method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": `work-${seed}-${first + at}` },
      body: JSON.stringify({ kind: KIND, queue: true, max_attempts: 100, lease_seconds: 2, input: { number: first + at } }),
    }));
    made.push(...(await Promise.all(some)).map((answer) => (answer as { task_id: string }).task_id));
  }
  return made;
}

/** Says what of a task must not be; answers how many attempts it took. */
function judge(taskId: string, events: Awaited<ReturnType<typeof eventsOf>>, wrong: string[]): number {
  const ends = events.filter(({ type }) => ENDS.has(type));
  if (ends.length !== 1 || ends[0]?.type !== "task.completed") wrong.push(`${taskId} ended with ${ends.map(({ type }) => type).join(", ") || "nothing"}`);
  let [current, attempts] = [0, 0];
  for (const [at, { type, seq, data }] of events.entries()) {
    if (seq !== at + 1) wrong.push(`${taskId} has seq ${seq} at place ${at + 1}`);
    if (type === "task.started") [current, attempts] = [Number(data.attempt), attempts + 1];
    else if (type === "task.recovering") current = 0;
    else if (data.made_in !== undefined && data.made_in !== current) wrong.push(`${taskId} has work of attempt ${String(data.made_in)} at ${seq}, in attempt ${current}`);
  }
  return attempts;
}
