/** Orchestration from end to end: clients in a browser, written from its protocol alone, a worker on the other side, a real service between them. Skipped, with the reason, where there is no Chromium. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { type Client, createClient, type WorkTask } from "../../clients/typescript/src/client.ts";
import { ask, createTask, append, expectProblem } from "../support/api.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { legal, shapeOf } from "../support/dialect-orchestration.ts";
import { handshake } from "../support/handshake.ts";
import { startNats } from "../support/nats.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER, ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";
import { eventsOf } from "../support/worker.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: orchestration was not tried in a browser, for there is no chromium or google-chrome on PATH");

const LIMIT_MS = 20_000;
const QUICK = { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_SWEEP_MS: "1000", TASKWIRE_LEADER_MS: "600" };

type Said = { readonly type: string; readonly task_id: string; readonly message: string; readonly data: Record<string, unknown>; readonly timestamp: string };

interface Seen {
  readonly frames: readonly Said[];
  readonly texts: readonly string[];
  readonly state: number;
  readonly closes: readonly { readonly code: number; readonly reason: string }[];
}

/** What such a client is: a socket that keeps what it is told, pings, leaves at the end, and comes back when it is cut. */
const CLIENT = `globalThis.open_ = (name, path, { comesBack = false, leaves = true } = {}) => {
  const seen = (globalThis[name] = { frames: [], texts: [], state: 0, closes: [] });
  const connect = () => {
    const socket = (seen.socket = new WebSocket(location.origin.replace("http", "ws") + path));
    seen.frames = [];
    socket.onopen = () => (seen.state = 1);
    socket.onmessage = ({ data }) => {
      if (!data.startsWith("{")) return seen.texts.push(data);
      const frame = JSON.parse(data);
      seen.frames.push(frame);
      if (leaves && (frame.type === "task_completed" || frame.type === "task_failed")) socket.close();
    };
    socket.onclose = ({ code, reason }) => {
      seen.state = 3;
      seen.closes.push({ code, reason });
      const last = seen.frames.at(-1)?.type;
      if (comesBack && last !== "task_completed" && last !== "task_failed") setTimeout(connect, 50);
    };
  };
  connect();
};`;

/** Opens a page of the service's own origin in which such clients run. */
async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${url}/healthz`);
  await page.evaluate(CLIENT);
  return page;
}

const connectIn = (page: Page, name: string, path: string, how: object = {}): Promise<void> =>
  page.evaluate(([one, to, options]) => (globalThis as never as { open_(name: string, path: string, how: object): void }).open_(one, to, options), [name, path, how] as const);
const seenBy = (page: Page, name: string): Promise<Seen> =>
  page.evaluate((one) => {
    const { frames, texts, state, closes } = (globalThis as never as Record<string, Seen>)[one] as Seen;
    return { frames, texts, state, closes };
  }, name);
const say = (page: Page, name: string, text: string): Promise<void> => page.evaluate(([one, said]) => (globalThis as never as Record<string, { socket: WebSocket }>)[one]?.socket.send(said), [name, text] as const);

async function sees(page: Page, name: string, what: string, fits: (seen: Seen) => boolean): Promise<Seen> {
  let last = "";
  return until(`${name} sees ${what}`, LIMIT_MS, async () => {
    const seen = await seenBy(page, name);
    last = JSON.stringify(seen);
    return fits(seen) && seen;
  }).catch((error: Error) => {
    throw new Error(`${error.message}; it saw ${last}`);
  });
}

const isEnd = ({ type }: Said): boolean => type === "task_completed" || type === "task_failed";
const ended = (page: Page, name: string): Promise<Seen> => sees(page, name, "the end", ({ frames, state }) => state === 3 && frames.some(isEnd));
/** Of one task, without the greeting. */
const story = ({ frames }: Seen, taskId: string): readonly Said[] => frames.filter(({ type, task_id: of }) => type !== "connected" && of === taskId);
const typesOf = (frames: readonly Said[]): readonly string[] => frames.map(({ type }) => type);

/** Opened by a test, for queries that wait in the middle. */
const gates = new Map<string, () => void>();
const gate = (query: string): Promise<() => void> => until(`the worker waits with "${query}"`, LIMIT_MS, () => gates.get(query));

/** An orchestrator as these systems have it: understands, finds agents, plans, has each step done by one. */
async function orchestrate(task: WorkTask): Promise<unknown> {
  const { query } = task.lease.input as { query: string };
  await task.emit("intent.started", {});
  await task.emit("intent.parsed", { intent: "weather", confidence: 0.9 });
  await task.emit("agents.search_started", {});
  await task.emit("agents.found", { agents: [{ name: "sky" }, { name: "writer" }] });
  await task.emit("plan.started", {});
  await task.emit("plan.created", { steps: [{ step_id: "s1", title: "Look" }, { step_id: "s2", title: "Write" }] });
  await task.step("look", { step_id: "s1", index: 1, total: 2, agent: "sky", description: "Look at the sky" }, async () => {
    await task.reasoning({ agent: "sky" }, (thought) => thought.delta("Hm"));
    if (query.includes("retry") && task.lease.attempt === 1) {
      await task.emit("step.failed", { step_id: "s1", error: { code: "clouds", message: "Too cloudy", retryable: true }, will_retry: true });
      await task.emit("step.retrying", { step_id: "s1", attempt: 2, max_attempts: 3 });
    }
  });
  if (query.includes("wait")) {
    await task.flush();
    await new Promise<void>((resolve, reject) => {
      gates.set(query, resolve);
      task.signal.addEventListener("abort", () => reject(task.signal.reason));
    });
  }
  if (query.includes("fail")) throw Object.assign(new Error("No sky"), { retryable: false });
  await task.step("write", { step_id: "s2", index: 2, total: 2, agent: "writer" }, () => "written");
  return task.completed({ response: `${query} Blue.` });
}

const WHOLE = [
  "task_created", "intent_parsing_started", "intent_parsed", "agent_search_started", "agents_found", "planning_started", "plan_created", "execution_started",
  "step_started", "agent_thinking", "step_completed", "step_started", "step_completed", "task_completed",
];

function crew(client: Client): { stop(): Promise<void> } {
  const controller = new AbortController();
  const done = client.work("orchestration", orchestrate, { signal: controller.signal, waitSeconds: 2, concurrency: 8, onError: () => {} });
  return { stop: () => (controller.abort(), done) };
}

/** As its clients do: an account, a token, a query. */
async function register(url: string, name: string): Promise<string> {
  const account = { email: `${name}-${crypto.randomUUID()}@example.test`, password: "7seven7", full_name: name };
  const made = await ask(url, "/api/v1/auth/register", { body: account });
  const again = await ask(url, "/api/v1/auth/login", { body: { email: account.email, password: account.password } });
  expect([made.status, again.status, typeof made.json.access_token]).toEqual([200, 200, "string"]);
  return String(again.json.access_token);
}

async function chat(url: string, token: string, query: string): Promise<string> {
  const { status, json } = await ask(url, "/api/v1/chat", { token, body: { query } });
  expect([status, Object.keys(json)]).toEqual([200, ["task_id"]]);
  return String(json.task_id);
}

describe.skipIf(executablePath === null)("in a browser, an orchestration client", () => {
  let service: Service;
  let browser: Browser;
  let page: Page;
  let workers: ReturnType<typeof crew>;

  beforeAll(async () => {
    service = await startService({ env: QUICK });
    workers = crew(createClient({ url: service.url, token: await register(service.url, "worker") }));
    browser = await launchChromium(executablePath ?? "");
  }, 60_000);
  beforeEach(async () => void (page = await openPage(browser, service.url)));
  afterEach(async () => page.context().close());
  afterAll(async () => {
    await browser?.close();
    await workers?.stop();
    await service?.[Symbol.asyncDispose]();
  });

  test("registers, asks, and is shown everything to the result", async () => {
    const token = await register(service.url, "ada");
    const taskId = await chat(service.url, token, "Weather?");
    await connectIn(page, "one", `/api/v1/ws/tasks/${taskId}?token=${token}`);
    const seen = await ended(page, "one");
    expect(seen.frames[0]).toEqual({ type: "connected", task_id: taskId, message: `Connected to task ${taskId}`, data: {}, timestamp: expect.stringMatching(/Z$/) });
    expect(shapeOf(seen.frames[0] as Said)).toBeNull();
    const told = story(seen, taskId);
    expect([legal(told), typesOf(told)]).toEqual([null, WHOLE]);
    expect(told.filter(({ type }) => type === "step_started").map(({ data }) => data)).toMatchObject([
      { step_number: 1, agent_name: "sky", task_description: "Look at the sky", total_steps: 2, progress: 0.5 }, { step_number: 2, agent_name: "writer", task_description: "Write", total_steps: 2, progress: 1 },
    ]);
    expect(told.at(-1)).toMatchObject({ data: { response: "Weather? Blue." } });
    // Late: the task is over, and is told in the same words.
    await connectIn(page, "late", `/api/v1/ws/tasks/${taskId}?token=${token}`);
    expect(story(await ended(page, "late"), taskId)).toEqual(told);
    expect(service.output()).not.toContain(token);
  });

  test("watches in two tabs, is cut, comes back, and has everything from the first on", async () => {
    const token = await register(service.url, "ada");
    const taskId = await chat(service.url, token, "Weather? (wait, retry)");
    const path = `/api/v1/ws/tasks/${taskId}?token=${token}`;
    const other = await openPage(browser, service.url);
    await Promise.all([connectIn(page, "one", path, { comesBack: true }), connectIn(other, "two", path)]);
    const go = await gate("Weather? (wait, retry)");
    await sees(page, "one", "the first step completed", ({ frames }) => frames.some(({ type }) => type === "step_completed"));
    await page.evaluate(() => (globalThis as never as Record<string, { socket: WebSocket }>).one?.socket.close());
    await sees(page, "one", "the first step again", ({ frames, closes }) => closes.length === 1 && frames.some(({ type }) => type === "step_completed"));
    go();
    const [one, two] = await Promise.all([ended(page, "one"), ended(other, "two")]);
    const told = story(one, taskId);
    expect([legal(told), typesOf(told)]).toEqual([null, [...WHOLE.slice(0, 10), "step_failed", "step_started", ...WHOLE.slice(10)]]);
    expect(story(two, taskId)).toEqual(told);
    expect(told.filter(({ type }) => type.startsWith("step_")).map(({ type, data }) => [type, data.step_number, data.will_retry, data.retry_count])).toEqual([
      ["step_started", 1, undefined, undefined], ["step_failed", 1, true, undefined], ["step_started", 1, undefined, 1], ["step_completed", 1, undefined, undefined], ["step_started", 2, undefined, undefined], ["step_completed", 2, undefined, undefined],
    ]);
    await other.context().close();
  });

  test("keeps alive by the bare texts ping and pong; whatever else it says ends the connection with a reason", async () => {
    const token = await register(service.url, "ada");
    const taskId = await createTask(service.url, token);
    await connectIn(page, "one", `/api/v1/ws/tasks/${taskId}?token=${token}`);
    await sees(page, "one", "the task", ({ frames }) => frames.length === 2);
    await say(page, "one", "ping");
    await sees(page, "one", "pong", ({ texts }) => texts.length === 1 && texts[0] === "pong");
    await say(page, "one", "{");
    expect((await sees(page, "one", "the close", ({ state }) => state === 3)).closes).toEqual([{ code: 1003, reason: "frame_unknown: this address reads nothing but the text ping" }]);
  });

  test("has a dashboard of all its tasks, those that are over and those to come too, and of nobody else's", async () => {
    const [token, stranger] = [await register(service.url, "ada"), await register(service.url, "eve")];
    const over = await chat(service.url, token, "Zeroth?");
    await connectIn(page, "over", `/api/v1/ws/tasks/${over}?token=${token}`);
    await ended(page, "over");
    const before = await chat(service.url, token, "First? (wait)");
    await gate("First? (wait)");
    await connectIn(page, "board", `/api/v1/ws/user?token=${token}`, { leaves: false });
    await sees(page, "board", "what was there", ({ frames }) => frames.some(({ task_id: of, type }) => of === before && type === "step_completed"));
    const foreign = await chat(service.url, stranger, "Not yours?");
    const after = await chat(service.url, token, "Second?");
    gates.get("First? (wait)")?.();
    const seen = await sees(page, "board", "three ends", ({ frames }) => frames.filter(isEnd).length === 3);
    expect(seen.frames[0]).toMatchObject({ type: "connected", data: {} });
    for (const taskId of [over, before, after]) expect([legal(story(seen, taskId)), typesOf(story(seen, taskId))]).toEqual([null, WHOLE]);
    expect(story(seen, foreign)).toEqual([]);
    await say(page, "board", "ping");
    await sees(page, "board", "pong", ({ texts, state }) => texts[0] === "pong" && state === 1);
  });

  test("is told of a failure, and of what was canceled or deleted, as of a failed task", async () => {
    const token = await register(service.url, "ada");
    const client = createClient({ url: service.url, token });
    for (const [query, end, words] of [["It may fail", null, "No sky"], ["wait to cancel", "cancel", "canceled"], ["wait to remove", "remove", "deleted"]] as const) {
      const taskId = await chat(service.url, token, query);
      await connectIn(page, "one", `/api/v1/ws/tasks/${taskId}?token=${token}`);
      if (end !== null) await gate(query);
      if (end === "cancel") await client.command(taskId, "cancel");
      if (end === "remove") await client.remove(taskId);
      const told = story(await ended(page, "one"), taskId);
      expect([legal(told), told.at(-1)?.type, told.at(-1)?.data.error]).toEqual([null, "task_failed", words]);
    }
  });

  test("sees a task that somebody publishes without steps, and one whose worker gave it back", async () => {
    const token = await register(service.url, "ada");
    const plain = await createTask(service.url, token, { kind: "build", title: "Build" });
    await append(service.url, token, plain, [{ type: "task.started", data: { attempt: 1 } }, { type: "task.progress", data: { percent: 30, stage: "compile" } }, { type: "task.progress", data: { percent: 80, stage: "test" } }, { type: "task.completed", data: { result: "built" } }]);
    await connectIn(page, "plain", `/api/v1/ws/tasks/${plain}?token=${token}`);
    const told = story(await ended(page, "plain"), plain);
    expect([legal(told), typesOf(told), told.at(-1)?.data.response]).toEqual([null, ["task_created", "execution_started", "step_started", "step_completed", "step_started", "step_completed", "task_completed"], "built"]);
    const client = createClient({ url: service.url, token });
    const { task_id: given } = await client.create({ kind: "returned", queue: true });
    await connectIn(page, "given", `/api/v1/ws/tasks/${given}?token=${token}`);
    for (const attempt of [1, 2]) {
      const [lease] = await client.lease("returned", { wait: 10 });
      const headers = { "taskwire-lease": String(lease?.lease) };
      await ask(service.url, `/v1/tasks/${given}/events`, { token, headers, body: [{ type: "step.started", data: { step_id: "a", name: "one" } }, ...(attempt === 2 ? [{ type: "task.completed", data: {} }] : [])] });
      if (attempt === 1) await ask(service.url, `/v1/tasks/${given}/lease/release`, { token, headers, method: "POST" });
    }
    expect(typesOf(story(await ended(page, "given"), given))).toEqual(["task_created", "execution_started", "step_started", "step_failed", "execution_started", "step_started", "task_completed"]);
  });

  test("is refused at the door without a good token, and at tasks that are not there or another's", async () => {
    const [token, stranger] = [await register(service.url, "ada"), await register(service.url, "eve")];
    const taskId = await createTask(service.url, token);
    const path = `/api/v1/ws/tasks/${taskId}`;
    const tries = await Promise.all([path, `${path}?token=`, `${path}?token=x`, `${path}?token=${stranger}`, `/api/v1/ws/tasks/nothing?token=${token}`, `/api/v1/ws/tasks/a.b?token=${token}`, "/api/v1/ws/user", `${path}?token=${token}`].map((each) => handshake(service.url, each)));
    expect(tries.map(({ status, code }) => `${status} ${code ?? ""}`.trim())).toEqual(["401 token_missing", "401 token_missing", "401 token_invalid", "404 task_unknown", "404 task_unknown", "404 task_unknown", "401 token_missing", "101"]);
    await connectIn(page, "bad", `${path}?token=${stranger}`);
    expect((await sees(page, "bad", "the refusal", ({ state }) => state === 3)).frames).toEqual([]);
    for (const body of [{ query: "" }, { query: " " }, { query: 7 }]) expectProblem(await ask(service.url, "/api/v1/chat", { token, body }), 422, "request_invalid", { path: "query" });
    expectProblem(await ask(service.url, "/api/v1/chat", { body: { query: "?" } }), 401, "token_missing");
  });

  test("outlives the service, which is killed in the middle", async () => {
    const home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    let mortal = await startService({ env: QUICK, home });
    try {
      const { url } = mortal;
      const token = await register(url, "ada");
      const busy = crew(createClient({ url, token: await register(url, "worker") }));
      const tab = await openPage(browser, url);
      const taskId = await chat(url, token, "wait until killed");
      await connectIn(tab, "one", `/api/v1/ws/tasks/${taskId}?token=${token}`, { comesBack: true });
      const go = await gate("wait until killed");
      await sees(tab, "one", "the first step", ({ frames }) => frames.some(({ type }) => type === "step_completed"));
      await mortal.kill();
      await sees(tab, "one", "the cut", ({ closes }) => closes.length > 0);
      mortal = await startService({ env: QUICK, home, port: mortal.port });
      go();
      const told = story(await ended(tab, "one"), taskId);
      expect([legal(told), typesOf(told)]).toEqual([null, WHOLE]);
      await tab.context().close();
      await busy.stop();
    } finally {
      await mortal.stop();
      rmSync(home, { recursive: true, force: true });
    }
  }, 90_000);
});

test("who watches is counted over all instances, for everybody", async () => {
  await using nats = await startNats();
  const { user = "", password = "" } = nats.credentials ?? {};
  const env = { ...ISSUER_SETTINGS, NATS_URL: nats.url.replace("//", `//${user}:${password}@`), TASKWIRE_DIALECTS: "orchestration" };
  await using one = await startService({ env });
  await using two = await startService({ env });
  const [ada, eve] = await Promise.all(["ada", "eve"].map((subject) => makeToken({ subject })));
  const [first, second] = [await createTask(one.url, String(ada)), await createTask(two.url, String(eve))];
  const sockets: WebSocket[] = [];
  const connect = (service: Service, path: string): void => void sockets.push(new WebSocket(`${service.url.replace("http", "ws")}/api/v1/ws/${path}`));
  connect(one, `tasks/${first}?token=${ada}`);
  connect(two, `tasks/${first}?token=${ada}`);
  connect(one, `tasks/${second}?token=${eve}`);
  connect(two, `user?token=${ada}`);
  const stats = async (service: Service): Promise<unknown> => (await ask(service.url, "/api/v1/ws/stats")).json;
  const counted = { websocket_stats: { total_connections: 4, active_tasks: 2, active_users: 2, tasks: { [first]: 2, [second]: 1 } } };
  for (const service of [one, two]) await until("all are counted", LIMIT_MS, async () => Bun.deepEquals(await stats(service), counted));
  sockets.forEach((socket) => socket.close());
  await until("nobody is counted", LIMIT_MS, async () => Bun.deepEquals(await stats(one), { websocket_stats: { total_connections: 0, active_tasks: 0, active_users: 0, tasks: {} } }));
}, 90_000);

test("where accounts are another's, register and login say whose; the query becomes a queued task there too", async () => {
  await using service = await startService({ env: { ...ISSUER_SETTINGS, TASKWIRE_DIALECTS: "orchestration" } });
  for (const name of ["register", "login"]) {
    const answer = await ask(service.url, `/api/v1/auth/${name}`, { body: { email: "ada@example.test", password: "7seven7" } });
    expectProblem(answer, 404, "not_found", { issuer: ISSUER });
    expect(String(answer.json.detail)).toContain(ISSUER);
  }
  expect(await handshake(service.url, `/api/v1/ws/user?token=${await makeToken({ lifetime: -3600 })}`)).toEqual({ status: 401, code: "token_expired" });
  const token = await makeToken({ subject: "ada", scope: "" });
  const taskId = await chat(service.url, token, "Weather?");
  expect((await eventsOf(service.url, token, taskId)).map(({ type }) => type)).toEqual(["task.created", "task.queued", "message.completed"]);
}, 60_000);
