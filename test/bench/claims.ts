/** What earlier systems claimed of themselves, and what their clients meet here: the claim is the baseline. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { createClient } from "../../clients/typescript/src/client.ts";
import { pause, until } from "../support/until.ts";
import { settled } from "./memory.ts";
import { type Service, startService, Stretch } from "./processes.ts";
import { Producer } from "./producers.ts";
import { type Effort, type Measure, type Sample, type Work, quantile } from "./row.ts";

const KIB = 1024;
const LIMIT_MS = 30_000;

/** Our value, what was claimed, and whether more is better. */
type Claim = readonly [name: string, unit: Measure["unit"], claimed: number, better: "less" | "more"];

function work(system: string, claims: readonly Claim[], ours: () => Promise<Sample>): Work {
  return {
    measures: claims.map(([name, unit, , better]) => ({ name: `claims: ${system}, ${name}`, unit, goal: better === "less" ? { most: 1 } : { least: 1 } })),
    baseline: "their claim",
    ours,
    theirs: async () => ({ values: claims.map(([, , claimed]) => claimed) }),
  };
}

/** Opens so many sockets, a few at a time. `ready`: what must have come before the next are opened. Answers them and how long each took. */
async function opened(url: (at: number) => string, count: number, at: (socket: WebSocket, index: number) => void = () => {}): Promise<{ readonly sockets: readonly WebSocket[]; readonly times: readonly number[] }> {
  const sockets: WebSocket[] = [];
  const times: number[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < count) {
      const index = next++;
      const began = performance.now();
      const socket = new WebSocket(url(index));
      at(socket, index);
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener("open", () => resolve(), { once: true });
        socket.addEventListener("close", ({ code }) => reject(new Error(`socket ${index} was closed with ${code}`)), { once: true });
      });
      times.push(performance.now() - began);
      sockets.push(socket);
    }
  }));
  return { sockets, times };
}

/** Memory of one more connection. KB. */
async function memoryEach(service: Service, count: number, open: () => Promise<{ readonly sockets: readonly WebSocket[] }>): Promise<number> {
  const before = await settled(service);
  const { sockets } = await open();
  const value = ((await settled(service)) - before) / count / KIB;
  for (const socket of sockets) socket.close();
  return value;
}

/** What the service knows of its own broker. */
function brokerOf({ home }: Service): { readonly port: number; readonly user: string; readonly password: string; readonly producer: { readonly user: string; readonly password: string } } {
  return JSON.parse(readFileSync(join(home, "nats", "server.json"), "utf8")) as ReturnType<typeof brokerOf>;
}

const wire = ({ port }: Service): string => `ws://127.0.0.1:${port}`;

// -- agent progress: a producer at the broker, a client at the socket ------------------------------------------------------

const CHECKS = 100;
const CHECKS_PER_SECOND = 500;

async function agentProgress({ seconds }: Effort): Promise<Sample> {
  await using service = await startService();
  const { port, producer } = brokerOf(service);
  const nats = await connect({ servers: `127.0.0.1:${port}`, user: producer.user, pass: producer.password, inboxPrefix: "_INBOX.producer" });
  const sent = new Map<string, number>();
  const times: number[] = [];
  let repeated = 0;
  const { sockets } = await opened((at) => `${wire(service)}/ws/agent-progress/check-${at}`, CHECKS, (socket) => {
    socket.onmessage = ({ data }) => {
      const { message = "" } = JSON.parse(String(data)) as { message?: string };
      if (!message.startsWith("Looking")) return;
      const began = sent.get(message);
      if (began === undefined) repeated += 1;
      else if (began > warmUntil) times.push(performance.now() - began);
      sent.delete(message);
    };
  });
  const warmUntil = performance.now() + 1_000;
  const end = warmUntil + seconds * 1_000;
  for (let count = 0; performance.now() < end; ) {
    for (let each = 0; each < CHECKS_PER_SECOND / 100; each += 1, count += 1) {
      const message = `Looking at number ${count}`;
      sent.set(message, performance.now());
      nats.publish(`agent_progress.check-${count % CHECKS}`, JSON.stringify({ step: "scam_db", tool: "scam_database", message, percent: 40, timestamp: new Date().toISOString() }));
    }
    await pause(10);
  }
  await until("all of it has come", LIMIT_MS, () => sent.size === 0).catch(() => {});
  await nats.close();
  const memory = await memoryEach(service, 1_000, () => opened((at) => `${wire(service)}/ws/agent-progress/check-${at % CHECKS}`, 1_000));
  for (const socket of sockets) socket.close();
  return { values: [quantile(times, 0.5), quantile(times, 0.99), memory], wrong: { missing: sent.size, repeated, reordered: 0 } };
}

// -- research plans: many clients, many events -----------------------------------------------------------------------------

const PLANS = 10;
const CLIENTS = 100;
const PLAN_EVENTS_PER_SECOND = 1_000;
const FLOOD_BATCH = 32;

interface PlanFrame {
  readonly event_type: string;
  readonly data: { readonly message?: string };
}

async function storedBytes({ port, user, password }: ReturnType<typeof brokerOf>): Promise<number> {
  const nats = await connect({ servers: `127.0.0.1:${port}`, user, pass: password });
  let bytes = 0;
  for await (const { config, state } of (await jetstreamManager(nats)).streams.list()) if (config.name.includes("_EV")) bytes += state.bytes;
  await nats.close();
  return bytes;
}

async function researchPlans({ seconds }: Effort): Promise<Sample> {
  await using service = await startService();
  const plans = await Promise.all(Array.from({ length: PLANS }, async () => {
    const answer = await fetch(`http://127.0.0.1:${service.port}/v1/tasks`, { method: "POST", headers: { authorization: `Bearer ${service.token}`, "content-type": "application/json" }, body: '{"kind":"research","access":"link"}' });
    return ((await answer.json()) as { task_id: string }).task_id;
  }));
  const producers = await Promise.all(plans.map(() => Producer.connect({ port: service.port, token: service.token })));
  const put = (plan: number, events: unknown): Promise<string> => (producers[plan] as Producer).send(`/v1/tasks/${plans[plan]}/events`, JSON.stringify(events));
  await Promise.all(plans.map((_, plan) => put(plan, [{ type: "task.started", data: { attempt: 1 } }, { type: "step.started", data: { step_id: "s", name: "search" } }])));
  const times: number[] = [];
  let [received, measuring] = [0, false];
  const { sockets } = await opened((at) => `${wire(service)}/api/v1/streaming/ws/client-${at}?plan_id=${plans[at % PLANS]}`, CLIENTS, (socket) => {
    socket.onmessage = ({ data }) => {
      const { event_type: type, data: { message } } = JSON.parse(String(data)) as PlanFrame;
      if (type !== "step_progress") return;
      received += 1;
      if (measuring) times.push(performance.now() - Number(message));
    };
  });
  const progress = (percent: number): object => ({ type: "step.progress", data: { step_id: "s", percent, message: String(performance.now()) } });
  const steady = async (ms: number): Promise<number> => {
    const began = performance.now();
    let count = 0;
    await Promise.all(plans.map(async (_, plan) => {
      for (let own = 0; performance.now() - began < ms; own += 1, count += 1) {
        const due = began + (own * PLANS * 1_000) / PLAN_EVENTS_PER_SECOND + plan;
        if (due > performance.now()) await pause(due - performance.now());
        await put(plan, progress(50));
      }
    }));
    return count;
  };
  const each = CLIENTS / PLANS;
  let sent = await steady(1_500);
  await until("the clients are warm", LIMIT_MS, () => received === sent * each);
  const before = await storedBytes(brokerOf(service));
  measuring = true;
  const steadily = await steady(seconds * 1_000);
  sent += steadily;
  await until("all of it has come", LIMIT_MS, () => received === sent * each).catch(() => {});
  const bytes = ((await storedBytes(brokerOf(service))) - before) / steadily;
  measuring = false;
  const stretch = new Stretch(service);
  const end = performance.now() + seconds * 1_000;
  let flooded = 0;
  await Promise.all(plans.map(async (_, plan) => {
    for (; performance.now() < end; flooded += FLOOD_BATCH) await put(plan, Array.from({ length: FLOOD_BATCH }, () => progress(50)));
  }));
  sent += flooded;
  await until("the flood has come", LIMIT_MS, () => received === sent * each).catch(() => {});
  const rate = flooded / stretch.seconds;
  for (const producer of producers) producer.close();
  const count = 800;
  const memory = await memoryEach(service, count, () => opened((at) => `${wire(service)}/api/v1/streaming/ws/more-${at}`, count));
  for (const socket of sockets) socket.close();
  return { values: [quantile(times, 0.5), quantile(times, 0.99), rate, CLIENTS, memory, bytes], wrong: { missing: Math.max(0, sent * each - received), repeated: Math.max(0, received - sent * each), reordered: 0 } };
}

// -- chat: a thousand connections that ask ---------------------------------------------------------------------------------

const CHATS = 1_000;
const TALKING = 64;

async function chat({ seconds }: Effort): Promise<Sample> {
  await using service = await startService();
  const frames = new Map<WebSocket, (frame: { readonly type: string }) => void>();
  const hear = (socket: WebSocket): void => void (socket.onmessage = ({ data }) => frames.get(socket)?.(JSON.parse(String(data)) as { type: string }));
  /** Sends, and waits for a frame of one of these types. Milliseconds until then. */
  const asked = (socket: WebSocket, frame: object, ...types: readonly string[]): Promise<number> => new Promise((resolve) => {
    const began = performance.now();
    frames.set(socket, ({ type }) => types.includes(type) && resolve(performance.now() - began));
    socket.send(JSON.stringify(frame));
  });
  const auth = { type: "auth", token: service.token };
  const warm = await opened(() => `${wire(service)}/ws/chat`, 50, hear);
  for (const socket of warm.sockets) await asked(socket, auth, "auth_success");
  const connects: number[] = [];
  const auths: number[] = [];
  let sockets: readonly WebSocket[] = [];
  const memory = await memoryEach(service, CHATS, async () => {
    const made = await opened(() => `${wire(service)}/ws/chat`, CHATS, hear);
    connects.push(...made.times);
    for (const socket of made.sockets) auths.push(await asked(socket, auth, "auth_success"));
    sockets = made.sockets;
    return { sockets: [] };
  });
  const stop = new AbortController();
  const working = createClient({ url: `http://127.0.0.1:${service.port}`, token: service.token }).work("chat", async (task) => {
    await task.message({}, (message) => message.delta("Good morning"));
    await task.completed();
  }, { signal: stop.signal, concurrency: TALKING, joinMs: 0 });
  const first: number[] = [];
  let [answered, failed, next] = [0, 0, 0];
  const end = performance.now() + 1_000 + seconds * 1_000;
  const from = performance.now() + 1_000;
  await Promise.all(Array.from({ length: TALKING }, async () => {
    while (performance.now() < end) {
      const socket = sockets[next++ % CHATS] as WebSocket;
      const ended = new Promise<string>((resolve) => {
        const began = performance.now();
        let token = false;
        frames.set(socket, ({ type }) => {
          if (type === "token" && !token) token = performance.now() > from && first.push(performance.now() - began) > 0;
          if (type === "complete" || type === "error") resolve(type);
        });
        socket.send('{"type":"message","message":"Good morning","session_id":null}');
      });
      if ((await ended) === "error") failed += 1;
      else if (performance.now() > from) answered += 1;
    }
  }));
  const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  const rate = answered / ((performance.now() - from) / 1_000);
  stop.abort();
  await working;
  for (const socket of [...sockets, ...warm.sockets]) socket.close();
  return { values: [quantile(connects, 0.5), quantile(connects, 0.99), quantile(auths, 0.99), open, rate, quantile(first, 0.5), memory], wrong: { missing: failed, repeated: 0, reordered: 0 } };
}

/** The claims of those who had figures. */
export function claimWorks(effort: Effort): Work[] {
  return [
    work("agent progress", [[`broker → client, ${CHECKS} connections, ${CHECKS_PER_SECOND} messages/s: p50`, "ms", 50, "less"], ["the same: p99", "ms", 50, "less"], ["memory per connection, 1,000 more", "KB", 100, "less"]], () => agentProgress(effort)),
    work("research plans", [
      [`append → ${CLIENTS} clients, ${PLAN_EVENTS_PER_SECOND} events/s: p50`, "ms", 5, "less"], ["the same: p99", "ms", 5, "less"], ["flat out, events to all their clients", "events/s", 1_000, "more"],
      ["clients at once", "connections", 100, "more"], ["memory per client, 800 more", "KB", 1, "less"], ["an event as it is stored", "bytes", 500, "less"],
    ], () => researchPlans(effort)),
    work("chat", [
      ["connect: p50", "ms", 50, "less"], ["connect: p99", "ms", 50, "less"], ["auth: p99", "ms", 100, "less"], ["connections at once", "connections", CHATS, "more"],
      [`messages answered, ${TALKING} at a time`, "messages/s", 100, "more"], ["message → first token under that load: p50", "ms", 500, "less"], ["memory per connection", "KB", 5 * KIB, "less"],
    ], () => chat(effort)),
  ];
}
