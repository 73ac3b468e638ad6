/** The apps of agent progress against the real service, with another address and nothing else changed; and producers that write straight to the broker. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "@playwright/test";
import { ProgressClient, startProducer, type Producer } from "../support/agent-progress-client.ts";
import { ask, createTask } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { legal } from "../support/dialect-agent-progress.ts";
import { freePort, type NatsServer, startNats } from "../support/nats.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 20_000;
const HEARTBEAT_MS = 500;
const IDLE_MS = 2_500;
const WAIT_MS = 1_500;
/** Short times, so that minutes pass in seconds. */
const TIMES = { TASKWIRE_AGENT_PROGRESS_HEARTBEAT_MS: String(HEARTBEAT_MS), TASKWIRE_AGENT_PROGRESS_IDLE_MS: String(IDLE_MS), TASKWIRE_AGENT_PROGRESS_WAIT_MS: String(WAIT_MS) };

let tasks = 0;
/** An id as producers choose them. */
const newId = (): string => `fraud-check-${process.pid}-${++tasks}`;
const now = (): string => new Date().toISOString().replace("Z", "");

/** A fraud check as its agent tells it. */
const CHECK = [
  { step: "entity_extraction", message: "Extracting entities from the message", percent: 10 },
  { step: "entity_extraction", message: "Found a phone number and a link", percent: 20 },
  { step: "tool_execution", message: "Running the tools", percent: 30 },
  { step: "scam_db", tool: "scam_database", message: "Looking into the database of scams", percent: 50 },
  { step: "exa_search", tool: "exa_search", message: "Searching the web", percent: 40 },
  { step: "phone_validator", tool: "phone_validator", message: "Looking at the number", percent: 45.4 },
  { step: "reasoning", message: "Weighing what was found", percent: 85 },
  { step: "completed", message: "Analysis complete", percent: 100 },
];
const TOLD = ["entity_extraction 10", "entity_extraction 20", "tool_execution 30", "scam_db 50 scam_database", "exa_search 50 exa_search", "phone_validator 50 phone_validator", "reasoning 85", "completed 100"];

async function service(nats: NatsServer, more: Record<string, string> = {}, port = 0): Promise<Service> {
  return startService({ env: { NATS_URL: brokerUrl(nats), ...more }, port });
}

async function inboxCount(url: string, outcome: string): Promise<number> {
  const { text } = await ask(url, "/metrics");
  return Number(text.match(new RegExp(`taskwire_inbox_total\\{outcome="${outcome}"\\} (\\d+)`))?.[1] ?? 0);
}

describe("agent progress", () => {
  let nats: NatsServer;
  let own: Service;
  let quick: Service;
  let producer: Producer;
  let token: string;

  async function append(id: string, events: readonly object[]): Promise<void> {
    const answer = await ask(own.url, `/v1/tasks/${id}/events`, { token, body: events });
    if (answer.status !== 200 && answer.status !== 201) throw new Error(answer.text);
  }

  beforeAll(async () => {
    nats = await startNats();
    own = await service(nats);
    quick = await service(nats, TIMES);
    producer = await startProducer(brokerUrl(nats));
    token = await signUp(own.url);
  }, 60_000);

  afterAll(async () => {
    await producer?.[Symbol.asyncDispose]();
    for (const each of [own, quick]) await each?.[Symbol.asyncDispose]();
    await nats?.[Symbol.asyncDispose]();
  });

  test("a check that its agent writes straight to the broker is told message by message, the percent held and whole", async () => {
    const id = newId();
    using early = new ProgressClient(own.url, id);
    await early.has(1);
    expect(early.frames[0]).toEqual({ step: "connected", message: "Connected to agent progress stream", percent: 0, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) });
    const timestamp = now();
    for (const message of CHECK) producer.publish(id, { ...message, timestamp });
    await early.has(1 + CHECK.length);
    expect(early.told).toEqual(TOLD);
    expect(early.progress.slice(1).map(({ message, timestamp: at }) => ({ message, at }))).toEqual(CHECK.map(({ message }) => ({ message, at: `${timestamp}Z` })));
    await early.ended();
    using late = new ProgressClient(quick.url, id);
    await late.has(1 + CHECK.length);
    expect(late.progress.slice(1)).toEqual(early.progress.slice(1));
  });

  test("a task that a producer began is anybody's who has its link, and a task like others for everybody else", async () => {
    const id = newId();
    for (const message of CHECK) producer.publish(id, { ...message, timestamp: now() });
    using client = new ProgressClient(own.url, id);
    await client.has(1 + CHECK.length);
    expect((await ask(own.url, `/v1/tasks/${id}`, { token })).text).toMatch(/"kind":"agent-progress".*"status":"completed"|"status":"completed".*"kind":"agent-progress"/s);
    const { json } = await ask(own.url, `/v1/tasks/${id}/events?limit=100`, { token });
    const types = (json.events as { type: string; data: { name?: string } }[]).map(({ type, data }) => (data.name === undefined ? type : `${type} ${data.name}`));
    expect(types).toEqual([
      "task.created", "step.started entity_extraction", "task.progress", "task.progress", "step.completed", "step.started tool_execution", "task.progress", "step.completed", "step.started scam_db", "tool.started scam_database", "task.progress",
      "tool.completed", "step.completed", "step.started exa_search", "tool.started exa_search", "task.progress", "tool.completed", "step.completed", "step.started phone_validator", "tool.started phone_validator", "task.progress",
      "tool.completed", "step.completed", "step.started reasoning", "task.progress", "step.completed", "task.completed",
    ]);
  });

  test("messages that make no sense are set aside and counted, and hold up nobody", async () => {
    const id = newId();
    const before = await inboxCount(own.url, "aside") + (await inboxCount(quick.url, "aside"));
    producer.publish(id, { ...CHECK[0], timestamp: now() });
    for (const bad of ["{broken", "[]", { step: "reasoning", message: "x", percent: 120 }, { step: "", message: "x", percent: 1 }, { message: "x", percent: 1 }]) producer.publish(id, bad);
    producer.publish("no.such.id", { ...CHECK[0], timestamp: now() });
    producer.publish(id, { ...CHECK.at(-1), timestamp: now() });
    producer.publish(id, { ...CHECK[0], timestamp: now(), message: "Behind the end" });
    using client = new ProgressClient(own.url, id, { leaves: false });
    await client.has(3);
    expect(client.told).toEqual(["entity_extraction 10", "completed 100"]);
    await until("all are counted", LIMIT_MS, async () => (await inboxCount(own.url, "aside")) + (await inboxCount(quick.url, "aside")) === before + 6);
    await until("what came behind the end is counted", LIMIT_MS, async () => (await inboxCount(own.url, "late")) + (await inboxCount(quick.url, "late")) >= 1);
    client.sound();
  });

  test("heartbeats come in their time, say nothing else, and stop when the task is over; who is told nothing is closed", async () => {
    const id = newId();
    await createTask(own.url, token, { kind: "fraud", task_id: id, access: "link" });
    using client = new ProgressClient(quick.url, id, { leaves: false });
    await client.has(1);
    await until("two heartbeats", LIMIT_MS, () => client.heartbeats.length >= 2);
    expect(client.heartbeats[0]).toEqual({ heartbeat: true, timestamp: expect.any(String) });
    expect((client.times[1] ?? 0) - (client.times[0] ?? 0)).toBeGreaterThan(HEARTBEAT_MS * 0.8);
    // Each message of the task begins the time anew.
    const began = client.times[0] ?? 0;
    for (const part of [0.6, 1.2]) {
      await until("some time has passed", LIMIT_MS, () => Date.now() - began > IDLE_MS * part);
      await append(id, [{ type: "task.progress", data: { percent: part * 50, stage: "reasoning" } }]);
    }
    await client.has(3);
    await append(id, [{ type: "task.completed", data: {} }]);
    await client.has(4);
    const heartbeats = client.heartbeats.length;
    const over = Date.now();
    expect(await client.ended()).toEqual({ code: 4403, reason: "idle" });
    expect(Date.now() - over).toBeGreaterThan(IDLE_MS * 0.8);
    expect(client.heartbeats.length).toBe(heartbeats);
  });

  test("a task that never comes is waited for, and then no more", async () => {
    using client = new ProgressClient(quick.url, newId());
    await client.has(1);
    expect(await client.ended()).toEqual({ code: 4504, reason: "task_unknown" });
    expect(client.heartbeats.length).toBeGreaterThanOrEqual(2);
    expect(client.told).toEqual([]);
  });

  test("no more than so many wait at once", async () => {
    await using few = await service(nats, { TASKWIRE_DIALECT_WAITS: "10" });
    const waiting = Array.from({ length: 10 }, () => new ProgressClient(few.url, newId()));
    for (const client of waiting) await client.has(1);
    const refused = async (): Promise<ProgressClient | null> => {
      const client = new ProgressClient(few.url, newId());
      await client.has(1);
      await until("it waits or does not", 500, () => client.end !== null).catch(() => {});
      if (client.end === null) client.socket.close();
      return client.end === null ? null : client;
    };
    const oneMore = await until("there is one too many", LIMIT_MS, refused);
    expect(await oneMore.ended()).toEqual({ code: 4429, reason: "too_many_subscriptions" });
    expect(oneMore.progress.length).toBe(1);
    for (const client of waiting) client[Symbol.dispose]();
  });

  test("a task that another interface began is told from its beginning: retried, failed, canceled", async () => {
    const failing = newId();
    await createTask(own.url, token, { kind: "fraud", task_id: failing, access: "link" });
    using client = new ProgressClient(own.url, failing);
    await append(failing, [
      { type: "task.started", data: { attempt: 1 } },
      { type: "step.started", data: { step_id: "s1", name: "domain_reputation", title: "Asking about the domain" } },
      { type: "tool.started", step_id: "s1", data: { tool_call_id: "c1", name: "domain_reputation" } },
      { type: "task.progress", data: { current: 2, total: 3 } },
      { type: "task.retrying", data: { attempt: 2, max_attempts: 2, delay_ms: 0, error: { code: "timeout", message: "slow", retryable: true } } },
      { type: "task.progress", data: { percent: 5, stage: "tool_execution" } },
      { type: "task.failed", data: { error: { code: "x", message: "stack", retryable: false }, user_message: "The domain could not be looked at" } },
    ]);
    await client.has(8);
    expect(client.told).toEqual(["started 0", "domain_reputation 0", "domain_reputation 0 domain_reputation", "domain_reputation 67 domain_reputation", "retrying 67", "tool_execution 67", "failed 0"]);
    expect(client.progress.at(-1)).toMatchObject({ step: "failed", message: "The domain could not be looked at", error: true });
    const canceled = newId();
    await createTask(own.url, token, { kind: "fraud", task_id: canceled, access: "link" });
    using other = new ProgressClient(own.url, canceled);
    await other.has(1);
    await append(canceled, [{ type: "task.canceled", data: { reason: "Not needed any more" } }]);
    await other.has(2);
    expect(other.progress.at(-1)).toMatchObject({ step: "failed", percent: 0, error: true, message: "Not needed any more" });
  });

  test("who comes back in the middle is told all again", async () => {
    const id = newId();
    using first = new ProgressClient(own.url, id);
    producer.publish(id, { ...CHECK[0], timestamp: now() });
    await first.has(2);
    first.socket.close();
    await first.ended();
    producer.publish(id, { ...CHECK[1], timestamp: now() });
    using again = new ProgressClient(quick.url, id);
    await again.has(3);
    producer.publish(id, { ...CHECK.at(-1), timestamp: now() });
    await again.has(4);
    expect(again.told).toEqual(["entity_extraction 10", "entity_extraction 20", "completed 100"]);
  });

  test("another's task is not there for a stranger, and is for its owner's token", async () => {
    const id = newId();
    await createTask(own.url, token, { kind: "fraud", task_id: id });
    await append(id, [{ type: "task.completed", data: {} }]);
    using stranger = new ProgressClient(quick.url, id);
    expect(await stranger.ended()).toEqual({ code: 4504, reason: "task_unknown" });
    using owner = new ProgressClient(quick.url, id, { query: `?token=${token}` });
    await owner.has(2);
    expect(owner.told).toEqual(["completed 100"]);
    expect(quick.output()).not.toContain(token);
  });

  test("what a client sends is not looked at; what is too large, too much or no text closes with a code that says so", async () => {
    const id = newId();
    await createTask(own.url, token, { kind: "fraud", task_id: id, access: "link" });
    using talker = new ProgressClient(own.url, id);
    await talker.has(1);
    for (const text of ["{broken", "ping", '{"action":"subscribe"}', ""]) talker.socket.send(text);
    await append(id, [{ type: "task.progress", data: { percent: 10, stage: "reasoning" } }]);
    await talker.has(2);
    expect(talker.told).toEqual(["reasoning 10"]);
    talker.socket.send(new Uint8Array([1, 2, 3]));
    expect(await talker.ended()).toEqual({ code: 4508, reason: "frame_binary" });
    using large = new ProgressClient(own.url, id);
    await large.has(2);
    large.socket.send("x".repeat(400 * 1024));
    expect((await large.ended()).code).toBe(4509);
    await using strict = await service(nats, { TASKWIRE_CONNECTION_FRAMES_PER_SECOND: "5" });
    using flood = new ProgressClient(strict.url, id);
    await flood.has(2);
    for (let sent = 0; sent < 20; sent += 1) flood.socket.send("x");
    expect(await flood.ended()).toEqual({ code: 4429, reason: "rate_limited" });
    expect((await ask(strict.url, "/metrics")).text).toContain('taskwire_refused_total{limit="connection_frames_per_second"}');
  });

  test("a handshake with a bad id, a bad token or no WebSocket is refused", async () => {
    const upgrade = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" };
    expect((await ask(own.url, "/ws/agent-progress/a.b", { headers: upgrade })).status).toBe(400);
    expect((await ask(own.url, "/ws/agent-progress/a?token=forged", { headers: upgrade })).status).toBe(401);
    expect((await ask(own.url, "/ws/agent-progress/a")).status).toBe(422);
    using refused = new ProgressClient(own.url, "a.b");
    await refused.ended();
    expect(refused.opened).toBe(false);
  });

  test("connections are counted, and operators see what each watches", async () => {
    const id = newId();
    const clients = Array.from({ length: 15 }, () => new ProgressClient(own.url, id));
    for (const client of clients) await client.has(1);
    const count = async (): Promise<number> => Number((await ask(own.url, "/metrics")).text.match(/^taskwire_connections\{transport="websocket"\} (\d+)/m)?.[1] ?? 0);
    expect(await count()).toBeGreaterThanOrEqual(15);
    for (const client of clients) client[Symbol.dispose]();
    await until("they are gone", LIMIT_MS, async () => (await count()) < 15);
  });

  test("in production it is off until named, and open only where that is named too", async () => {
    const upgrade = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" };
    await using off = await service(nats, ISSUER_SETTINGS);
    expect((await ask(off.url, "/ws/agent-progress/a", { headers: upgrade })).status).toBe(404);
    await using closed = await service(nats, { ...ISSUER_SETTINGS, TASKWIRE_DIALECTS: "agent-progress" });
    expect((await ask(closed.url, "/ws/agent-progress/a", { headers: upgrade })).status).toBe(401);
    const id = newId();
    producer.publish(id, { ...CHECK[0], timestamp: now() });
    using signedIn = new ProgressClient(closed.url, id, { query: `?token=${await makeToken()}` });
    await signedIn.has(2);
    await using open = await service(nats, { ...ISSUER_SETTINGS, TASKWIRE_DIALECTS: "agent-progress:open" });
    using anybody = new ProgressClient(open.url, id);
    await anybody.has(2);
    expect(anybody.told).toEqual(["entity_extraction 10"]);
  });

  const executablePath = findChromium();
  if (executablePath === null) console.log("skipped: agent progress was not watched in a browser, for there is no chromium or google-chrome on PATH");

  test.skipIf(executablePath === null)("two tabs of a browser are told the same, from another page than the service's", async () => {
    let browser: Browser | null = null;
    try {
      browser = await launchChromium(executablePath ?? "");
      const id = newId();
      const pages = await Promise.all([0, 1].map(async () => {
        const page = await (browser as Browser).newPage();
        await page.goto(`${own.url}/healthz`);
        await page.evaluate((address: string) => {
          const frames: unknown[] = [];
          const socket = new WebSocket(address);
          socket.onmessage = ({ data }) => {
            const frame = JSON.parse(data as string) as { step?: string };
            frames.push(frame);
            if (frame.step === "completed" || frame.step === "failed") socket.close();
          };
          socket.onclose = () => Object.assign(globalThis, { over: true });
          Object.assign(globalThis, { frames });
        }, `${own.url.replace("http", "ws")}/ws/agent-progress/${id}`);
        return page;
      }));
      const seen = (page: (typeof pages)[number]) => page.evaluate(() => (globalThis as unknown as { frames: { step?: string; percent?: number }[] }).frames);
      for (const page of pages) await until("the page is connected", LIMIT_MS, async () => (await seen(page)).length === 1);
      for (const message of CHECK) producer.publish(id, { ...message, timestamp: now() });
      for (const page of pages) await until("the page's socket is closed", LIMIT_MS, () => page.evaluate(() => (globalThis as unknown as { over?: boolean }).over === true));
      const [one, two] = await Promise.all(pages.map(seen));
      expect(legal(one ?? [])).toBeNull();
      expect(one?.slice(1).map(({ step, percent }) => `${step} ${percent}`)).toEqual(TOLD.map((told) => told.split(" ").slice(0, 2).join(" ")));
      expect(two?.slice(1)).toEqual(one?.slice(1) ?? []);
    } finally {
      await browser?.close();
    }
  }, 60_000);
});

describe("agent progress, when the service is killed in the middle", () => {
  test("goes on where it was: nothing that its agent wrote meanwhile is lost, or told twice", async () => {
    await using nats = await startNats();
    const port = await freePort();
    await using first = await service(nats, {}, port);
    await using producer = await startProducer(brokerUrl(nats));
    const id = newId();
    using before = new ProgressClient(first.url, id);
    const send = (from: number, to: number): void => {
      for (let percent = from; percent <= to; percent += 1) producer.publish(id, { step: "tool_execution", message: `At ${percent}`, percent, timestamp: now() });
    };
    send(1, 20);
    await before.has(11);
    await first.kill();
    send(21, 60);
    await producer.nats.flush();
    await before.ended();
    await using second = await service(nats, {}, port);
    using after = new ProgressClient(second.url, id);
    send(61, 90);
    producer.publish(id, { step: "completed", message: "Done", percent: 100, timestamp: now() });
    await after.has(92);
    expect(after.told).toEqual([...Array.from({ length: 90 }, (_, at) => `tool_execution ${at + 1}`), "completed 100"]);
  }, 60_000);

  test("the service's own broker lets producers in, who may do nothing else, and lets them in again when the service is back", async () => {
    await using first = await startService();
    const command = async (home: string): Promise<{ nats_url: string; inbox_prefix: string }> => {
      const told = Bun.spawnSync([process.execPath, "src/cli/main.ts", "broker", "--json"], { env: { PATH: process.env.PATH, HOME: process.env.HOME, TASKWIRE_HOME: home } });
      expect([told.exitCode, told.stderr.toString()]).toEqual([0, ""]);
      return JSON.parse(told.stdout.toString()) as { nats_url: string; inbox_prefix: string };
    };
    const access = await command(first.home);
    await using producer = await startProducer(access.nats_url, access.inbox_prefix);
    const id = newId();
    using client = new ProgressClient(first.url, id);
    await client.has(1);
    // With an acknowledgement, as producers may ask for one.
    const stored = await producer.nats.request(`agent_progress.${id}`, JSON.stringify({ ...CHECK[0], timestamp: now() }));
    expect(stored.json()).toMatchObject({ stream: "TASKWIRE_IN_AGENT_PROGRESS", seq: 1 });
    await client.has(2);
    for (const subject of ["ev.00.x", "task.00.o._.x", "$KV.taskwire.a.b", "$JS.API.STREAM.NAMES", "work.n.k.x"]) {
      await expect(producer.nats.request(subject, "{}", { timeout: 1_000 })).rejects.toThrow(/permission/i);
    }
    expect(() => producer.nats.isClosed()).not.toThrow();
    await first.stop();
    await using second = await startService({ home: first.home });
    expect(await command(first.home)).toEqual(access);
    await until("the producer is back", LIMIT_MS, () => producer.nats.flush().then(() => true, () => false));
    producer.publish(id, { ...CHECK.at(-1), timestamp: now() });
    using again = new ProgressClient(second.url, id);
    await again.has(3);
    expect(again.told).toEqual(["entity_extraction 10", "completed 100"]);
  }, 60_000);
});
