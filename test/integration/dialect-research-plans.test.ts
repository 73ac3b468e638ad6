/** The apps of research plans, in Python with the library that they use, against the real service on two instances: another address, and nothing else changed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ask, append as appendTo, expectProblem } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { legal } from "../support/dialect-research-plans.ts";
import { handshake } from "../support/handshake.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { startProxy } from "../support/proxy.ts";
import { findPython } from "../support/python.ts";
import { type AppOptions, PlanApp, type PlanFrame } from "../support/research-plans-client.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 20_000;
/** The least that settings allow. */
const CLIENTS = 10;
const PING_MS = 300;

const python = findPython(["websockets"]);
if (python === null) console.log("skipped: research plans were not watched from Python, for there is none with websockets on this machine");

const agents = findPython(["websockets", "httpx", "pydantic"]);
if (agents === null) console.log("skipped: no agent told research plans, for there is no Python with httpx and pydantic on this machine");

let plans = 0;
/** An id as producers choose them. */
const newId = (): string => `plan-${process.pid}-${++plans}`;
const path = (planId: string, what: string): string => `/api/v1/streaming/plans/${planId}/${what}`;

interface Told {
  readonly type: string;
  readonly data?: Record<string, unknown>;
}

const step = (id: string, name: string): Told[] => [
  { type: "step.started", data: { step_id: id, name, index: Number(id.slice(1)), total: 2 } },
  { type: "step.progress", data: { step_id: id, percent: 50, message: `${name}: half` } },
  { type: "step.completed", data: { step_id: id, status: "completed", quality_score: 0.9, output: { found: 3 } } },
];
const STARTED: Told = { type: "task.started", data: { attempt: 1, query: "Why do bees dance?", total_steps: 2 } };
const DONE: Told = { type: "task.completed", data: { result: { pages: 3 } } };
const WHOLE: readonly Told[] = [STARTED, ...step("s1", "search"), { type: "quality.checked", data: { check: "sources", passed: true, score: 0.92, step_id: "s1" } }, ...step("s2", "write"), DONE];
const TYPES = ["plan_started", "step_started", "step_progress", "step_completed", "quality_check", "step_started", "step_progress", "step_completed", "plan_completed"];

const typesOf = (frames: readonly PlanFrame[]): string[] => frames.map(({ event_type: type }) => type);
const idsOf = (frames: readonly PlanFrame[]): string[] => frames.map(({ event_id: id }) => id);

describe.skipIf(python === null)("research plans", () => {
  let nats: NatsServer;
  let own: Service;
  let other: Service;
  let token: string;

  beforeAll(async () => {
    nats = await startNats();
    const env = { NATS_URL: brokerUrl(nats), TASKWIRE_RESEARCH_PLANS_PING_MS: String(PING_MS), TASKWIRE_RESEARCH_PLANS_CLIENTS: String(CLIENTS) };
    own = await startService({ env });
    other = await startService({ env });
    token = await signUp(own.url);
  }, 60_000);

  afterAll(async () => {
    for (const each of [own, other]) await each?.[Symbol.asyncDispose]();
    await nats?.[Symbol.asyncDispose]();
  });

  const app = (options: AppOptions = {}, service: Pick<Service, "url"> = own): PlanApp => new PlanApp(python ?? "", service.url, options);

  async function create(planId = newId(), access = "link"): Promise<string> {
    const made = await ask(own.url, "/v1/tasks", { token, body: { task_id: planId, kind: "research", access, input: { query: "Why do bees dance?", research_type: "literature" } } });
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    return planId;
  }
  const append = (planId: string, ...events: Told[]): Promise<unknown> => appendTo(own.url, token, planId, events.map((event) => ({ data: {}, ...event })));

  test("a plan that was subscribed to before it began is told as it goes, from its start to its end", async () => {
    const id = newId();
    using early = app({ planId: id });
    await early.says("it is welcomed", ({ frame }) => frame?.event_type === "ping");
    await create(id);
    for (const event of WHOLE) await append(id, event);
    const frames = await early.ends(id);
    expect([typesOf(frames), legal(early.frames)]).toEqual([TYPES, null]);
    expect(frames.map(({ data }) => data).slice(0, 5)).toEqual([
      { query: "Why do bees dance?", total_steps: 2, research_type: "literature" },
      { name: "search", index: 1, total: 2 },
      { progress: 0.5, message: "search: half" },
      { status: "completed", quality_score: 0.9, data: { found: 3 } },
      { quality_score: 0.92, check: "sources", passed: true, score: 0.92 },
    ]);
    expect(frames.at(-1)?.data).toEqual({ pages: 3 });
    expect(early.frames[0]).toMatchObject({ event_type: "ping", data: {} });
  });

  test("who joins late is told all from the first event on, under the same ids, on whichever instance", async () => {
    const id = await create();
    using early = app({ planId: id });
    await append(id, ...WHOLE.slice(0, 4));
    await early.has(4);
    using late = app({ planId: id }, other);
    await late.has(4);
    await append(id, ...WHOLE.slice(4));
    const frames = await early.ends(id);
    expect(await late.ends(id)).toEqual(frames);
    using after = app({ planId: id }, other);
    expect(await after.ends(id)).toEqual(frames);
    for (const service of [own, other]) {
      const { status, json } = await ask(service.url, path(id, "history"));
      expect([status, json]).toEqual([200, { plan_id: id, events: frames as unknown[], count: TYPES.length }]);
    }
    expect((await ask(own.url, `${path(id, "history")}?limit=2`)).json).toEqual({ plan_id: id, events: frames.slice(-2), count: 2 });
  });

  test("one connection has many plans, each once; two tabs have their own; only subscribers are told", async () => {
    const [one, two, three] = [await create(), await create(), await create()];
    using tab = app({ planId: one, clientId: "same" });
    using second = app({ clientId: "same" });
    for (const plan of [two, one, two]) tab.do({ subscribe: plan });
    second.do({ subscribe: two });
    for (const plan of [one, two, three]) await append(plan, STARTED);
    await tab.has(2);
    await second.has(1);
    tab.do({ unsubscribe: one });
    tab.do({ send: JSON.stringify({ action: "ping" }) });
    await tab.says("what was asked before was done", ({ frame }) => frame?.event_type === "pong");
    for (const plan of [one, two, three]) await append(plan, DONE);
    await tab.ends(two);
    await second.ends(two);
    expect(tab.told.map(({ event_type: type, plan_id: plan }) => `${type} ${plan}`).sort()).toEqual([`plan_completed ${two}`, `plan_started ${one}`, `plan_started ${two}`, "pong "].sort());
    expect(second.told.map(({ plan_id: plan }) => plan)).toEqual([two, two]);
    // Who subscribes anew is told anew.
    tab.do({ subscribe: one });
    expect(typesOf(await tab.ends(one))).toEqual(["plan_started", "plan_completed"]);
    expect([legal(second.frames)]).toEqual([null]);
  });

  test("pings come by themselves", async () => {
    using quiet = app();
    await until("three pings have come", LIMIT_MS, () => quiet.frames.length >= 3);
    expect([typesOf(quiet.frames.slice(0, 3)), legal(quiet.frames)]).toEqual([["ping", "ping", "ping"], null]);
    const [, second, third] = quiet.frames.map(({ timestamp }) => Date.parse(timestamp));
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(PING_MS - 1);
  });

  test("a pause, a step that is tried again, a failure, a cancel", async () => {
    const [failing, canceled] = [await create(), await create()];
    using watching = app({ planId: failing });
    watching.do({ subscribe: canceled });
    const error = { code: "no_sources", message: "Nothing was found.", retryable: true };
    await append(failing, STARTED, { type: "task.paused", data: { reason: "Lunch" } }, { type: "task.resumed" }, ...step("s1", "search").slice(0, 2),
      { type: "step.failed", data: { step_id: "s1", will_retry: true, error } }, { type: "step.retrying", data: { step_id: "s1", attempt: 2, max_attempts: 2 } },
      { type: "step.failed", data: { step_id: "s1", will_retry: false, error } }, { type: "task.failed", data: { error } });
    const frames = await watching.ends(failing);
    expect([typesOf(frames), legal(frames)]).toEqual([["plan_started", "plan_paused", "plan_resumed", "step_started", "step_progress", "step_failed", "step_started", "step_failed", "plan_failed"], null]);
    expect(frames.at(-1)?.data).toEqual({ code: "no_sources", retryable: true, error: "Nothing was found." });
    await append(canceled, STARTED, { type: "task.canceled", data: { reason: "Changed my mind" } });
    expect((await watching.ends(canceled)).at(-1)).toMatchObject({ event_type: "plan_failed", data: { error: "Changed my mind", code: "canceled" } });
  });

  test("a connection that is cut in the middle comes back, and has every event once", async () => {
    const [id, second] = [await create(), await create()];
    await using proxy = await startProxy(own.port);
    using cut = app({ planId: id, stays: true }, { url: `http://127.0.0.1:${proxy.port}` });
    cut.do({ subscribe: second });
    for (const [at, event] of WHOLE.entries()) {
      await append(id, event);
      await append(second, event);
      if (at % 3 !== 1) continue;
      await until("it has come this far", LIMIT_MS, () => cut.of(id).length > at && cut.of(second).length > at);
      proxy.reset();
    }
    for (const plan of [id, second]) expect(typesOf(await cut.ends(plan))).toEqual(TYPES);
    expect(cut.said.filter(({ cut: was, closed }) => was !== undefined || closed !== undefined).length).toBeGreaterThan(1);
    const done = { status: "completed", steps: { s1: { status: "completed", progress: 1, quality_score: 0.9 }, s2: { status: "completed", progress: 1, quality_score: 0.9 } }, query: "Why do bees dance?", total_steps: 2, research_type: "literature" };
    expect(await cut.state()).toMatchObject({ [id]: done, [second]: done });
  });

  test("a service that is killed in the middle comes back, and so do its clients", async () => {
    const env = { NATS_URL: brokerUrl(nats) };
    let service = await startService({ env });
    try {
      const id = await create();
      using patient = app({ planId: id, stays: true }, service);
      await append(id, ...WHOLE.slice(0, 5));
      await patient.has(5);
      await service.kill();
      await append(id, ...WHOLE.slice(5, 7));
      service = await startService({ env, port: service.port });
      await append(id, ...WHOLE.slice(7));
      expect(typesOf(await patient.ends(id))).toEqual(TYPES);
      expect(new Set(idsOf(patient.of(id))).size).toBe(TYPES.length);
    } finally {
      await service[Symbol.asyncDispose]();
    }
  }, 60_000);

  test("what cannot be read is answered by an error, and the connection stays", async () => {
    const id = await create();
    using clumsy = app();
    await clumsy.says("it is there", ({ frame }) => frame !== undefined);
    for (const text of ["{", "ping", "[]", '{"action":"dance"}', '{"action":"subscribe"}', '{"action":"subscribe","plan_id":"a.b"}', `{"action":"subscribe","plan_id":"${"x".repeat(301 * 1024)}"}`]) clumsy.do({ send: text });
    clumsy.do({ binary: true });
    expect((await clumsy.has(8)).map(({ event_type: type, data: { code } }) => `${type} ${String(code)}`)).toEqual([
      "error frame_invalid", "error frame_invalid", "error frame_invalid", "error frame_unknown", "error id_invalid", "error id_invalid", "error frame_too_large", "error frame_binary",
    ]);
    for (const { data } of clumsy.told) expect(data.message).toBeString();
    clumsy.do({ subscribe: id });
    await append(id, STARTED);
    expect((await clumsy.has(9)).at(-1)?.event_type).toBe("plan_started");
    expect(legal(clumsy.frames)).toBeNull();
  });

  test("callers see the clients and subscribers of all instances", async () => {
    const id = await create();
    using one = app({ planId: id, clientId: "tab one" });
    using two = app({ planId: id, clientId: "phone" }, other);
    for (const each of [one, two]) await each.says("it is there", ({ frame }) => frame !== undefined);
    const ours = async (service: Service) => {
      const { clients, count } = (await ask(service.url, "/api/v1/streaming/clients")).json as { clients: Record<string, unknown>[]; count: number };
      expect(count).toBe(clients.length);
      return clients.filter(({ subscribed_plans: each }) => (each as string[]).includes(id));
    };
    for (const service of [own, other]) {
      expect((await ours(service)).map(({ client_id: client }) => client).sort()).toEqual(["phone", "tab one"]);
      expect((await ask(service.url, path(id, "subscribers"))).json).toEqual({ plan_id: id, subscriber_count: 2 });
    }
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect((await ours(own)).find(({ client_id: client }) => client === "phone")).toEqual({ client_id: "phone", subscribed_plans: [id], connected_at: time, last_ping: time });
    await until("a ping was remembered", LIMIT_MS, async () => (await ours(other)).every(({ connected_at: from, last_ping: last }) => String(last) > String(from)));
    two.do({ unsubscribe: id });
    await until("one has left", LIMIT_MS, async () => (await ask(own.url, path(id, "subscribers"))).json.subscriber_count === 1);
    expect((await ask(own.url, path("nobody-knows-it", "subscribers"))).json).toEqual({ plan_id: "nobody-knows-it", subscriber_count: 0 });
    expect((await ask(own.url, path("nobody-knows-it", "history"))).json).toEqual({ plan_id: "nobody-knows-it", events: [], count: 0 });
    expectProblem(await ask(own.url, path("a.b", "history")), 400, "id_invalid");
  });

  test("a long history is sent compressed to who takes that, and says the same to who does not", async () => {
    const id = await create();
    await append(id, STARTED, ...Array.from({ length: 100 }, (_, at) => ({ type: "step.progress", data: { step_id: "s1", percent: at, message: "Reading on and on" } })));
    const [plain, small] = await Promise.all(["identity", "gzip"].map((encoding) => fetch(`${own.url}${path(id, "history")}`, { headers: { "accept-encoding": encoding }, decompress: false } as RequestInit)));
    const [text, bytes] = [await plain?.text(), await small?.bytes()];
    expect([plain?.headers.get("content-encoding"), small?.headers.get("content-encoding"), small?.headers.get("vary")]).toEqual([null, "gzip", "accept-encoding"]);
    expect(new TextDecoder().decode(Bun.gunzipSync(bytes ?? new Uint8Array()))).toBe(text ?? "");
    expect((JSON.parse(text ?? "") as { count: number }).count).toBe(101);
    expect((bytes?.length ?? 0) * 4).toBeLessThan(text?.length ?? 0);
  });

  test("a history that was cleared is told to nobody who joins later, and goes on for who is there", async () => {
    const id = await create();
    using there = app({ planId: id });
    await append(id, ...WHOLE.slice(0, 4));
    await there.has(4);
    const cleared = await ask(other.url, path(id, "history"), { method: "DELETE" });
    expect([cleared.status, cleared.json]).toEqual([200, { plan_id: id, status: "cleared" }]);
    expect((await ask(own.url, path(id, "history"))).json).toEqual({ plan_id: id, events: [], count: 0 });
    using late = app({ planId: id }, other);
    await late.says("it is there", ({ frame }) => frame !== undefined);
    await append(id, ...WHOLE.slice(4));
    expect(typesOf(await there.ends(id))).toEqual(TYPES);
    expect(await late.ends(id)).toEqual(there.of(id).slice(4));
    // The log has it all.
    expect(((await ask(own.url, `/v1/tasks/${id}/events`, { token })).json.events as unknown[]).length).toBe(WHOLE.length + 1);
    expectProblem(await ask(own.url, path("nobody-knows-it", "history"), { method: "DELETE" }), 404, "task_unknown");
  });

  test("one client too many is refused, and another may come when one has left", async () => {
    const nobody = () => until("nobody is there", LIMIT_MS, async () => (await ask(own.url, "/api/v1/streaming/clients")).json.count === 0);
    await nobody();
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, (_, at) => new Promise<WebSocket>((resolve, reject) => {
      const socket = new WebSocket(`${own.url.replace(/^http/, "ws")}/api/v1/streaming/ws/c${at}`);
      socket.onmessage = () => resolve(socket);
      socket.onclose = () => reject(new Error(`client ${at} was refused`));
    })));
    const try11 = () => handshake(own.url, "/api/v1/streaming/ws/late");
    expect(await try11()).toEqual({ status: 503, code: "too_many_connections" });
    using refused = app();
    expect((await refused.says("it was refused", ({ refused: status }) => status !== undefined)).refused).toBe(503);
    sockets[0]?.close();
    await until("there is room again", LIMIT_MS, async () => (await try11()).status === 101);
    for (const socket of sockets) socket.close();
    await nobody();
  });

  /** An agent with its new import, as a process. */
  function agent(planId: string, how: "runs" | "rests" | "waits" | "resumes" | "tells") {
    const child = spawn(agents ?? "", [join(import.meta.dir, "../support/research_plans_agent.py"), own.url, token, planId, how], {
      env: { PATH: process.env.PATH, PYTHONPATH: join(import.meta.dir, "../../clients/python/src"), PYTHONDONTWRITEBYTECODE: "1" }, stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
    const gone = new Promise<number | null>((resolve) => child.once("close", resolve));
    return {
      says: (line: string) => until(`the agent says "${line}"`, LIMIT_MS, () => printed.includes(`${line}\n`)).catch((error: Error) => { throw new Error(`${error.message}: ${printed}`); }),
      told: async () => (expect([await gone, printed]).toEqual([0, expect.any(String)]), printed.split("\n").flatMap((line) => (line.startsWith("told ") ? [JSON.parse(line.slice(5)) as PlanFrame] : []))),
      ends: async () => expect([await gone, printed]).toEqual([0, expect.stringMatching(/done\n$/)]),
      kill: () => (child.kill("SIGKILL"), gone),
      [Symbol.dispose]: () => void child.kill("SIGKILL"),
    };
  }
  const STEP = ["step_started", "step_progress", "step_progress", "step_progress", "step_completed"];

  test.skipIf(agents === null)("an agent that has changed its import tells seventeen events of three steps, and its app reads them as ever", async () => {
    const id = newId();
    using watching = app({ planId: id });
    using telling = agent(id, "runs");
    const frames = await watching.ends(id);
    expect([typesOf(frames), legal(watching.frames)]).toEqual([["plan_started", ...STEP, ...STEP, ...STEP, "plan_completed"], null]);
    expect(frames.length).toBe(17);
    expect(frames[0]?.data).toEqual({ query: "Why do bees dance?", total_steps: 3, research_type: "literature" });
    expect(frames.filter(({ event_type: type }) => type === "step_progress").map(({ data }) => data.progress)).toEqual([0.25, 0.5, 0.75, 0.25, 0.5, 0.75, 0.25, 0.5, 0.75]);
    expect(frames.at(-2)).toMatchObject({ step_id: "s3", data: { status: "completed", quality_score: null, data: { pages: 3 } } });
    await telling.ends();
  });

  test.skipIf(agents === null)("what an agent tells is what an app reads: every type, with its data and whatever else is in it", async () => {
    const id = newId();
    using watching = app({ planId: id });
    using telling = agent(id, "tells");
    const read = await watching.ends(id);
    const told = await telling.told();
    expect([legal(watching.frames), typesOf(read), new Set(typesOf(read)).size]).toEqual([null, typesOf(told), 13]);
    for (const [at, { data, step_id: step }] of told.entries()) expect(read[at]).toMatchObject({ data, ...(step === undefined ? {} : { step_id: step }) });
    expect(read.map(({ timestamp }) => timestamp)).toEqual(told.map(({ timestamp }) => timestamp));
  });

  test.skipIf(agents === null)("a plan is paused and resumed from outside, and what its quality gates find comes on top", async () => {
    const id = newId();
    using watching = app({ planId: id });
    using telling = agent(id, "rests");
    await telling.says("may rest");
    const order = (command: string) => ask(own.url, `/v1/tasks/${id}/commands`, { token, body: { command, command_id: command } });
    expect((await order("pause")).status).toBeLessThan(300);
    await telling.says("rests");
    await watching.says("it is paused", ({ frame }) => frame?.event_type === "plan_paused");
    expect((await order("resume")).status).toBeLessThan(300);
    const frames = await watching.ends(id);
    const checked = [...STEP.slice(0, 3), "quality_check", ...STEP.slice(3)];
    const rested = ["step_started", "step_progress", "plan_paused", "plan_resumed", ...checked.slice(2)];
    expect([typesOf(frames), legal(watching.frames)]).toEqual([["plan_started", ...checked, ...rested, ...checked, "plan_completed"], null]);
    expect(frames.find(({ event_type: type }) => type === "quality_check")).toMatchObject({ step_id: "s1", data: { quality_score: 0.85, passed: true, check: "sources", issues: [] } });
    expect(frames.filter(({ event_type: type }) => type === "step_completed").map(({ data }) => data.quality_score)).toEqual([0.85, 0.85, 0.85]);
    await telling.ends();
  });

  test.skipIf(agents === null)("an agent that was killed goes on where it was, and repeats no step that is done", async () => {
    const id = newId();
    using watching = app({ planId: id });
    using killed = agent(id, "waits");
    await killed.says("waits");
    await watching.has(8);
    await killed.kill();
    using again = agent(id, "resumes");
    const frames = await watching.ends(id);
    await again.ends();
    expect(frames.filter(({ event_type: type }) => type === "step_completed").map(({ step_id: step }) => step)).toEqual(["s1", "s2", "s3"]);
    expect([legal(watching.frames), typesOf(frames).filter((type) => type.startsWith("plan_"))]).toEqual([null, ["plan_started", "plan_completed"]]);
  });

  test("where tokens are real it is off until it is named; its open form sees plans that a link opens, and no others", async () => {
    const env = { NATS_URL: brokerUrl(nats), ...ISSUER_SETTINGS };
    const [mine, theirs] = [await makeToken({ subject: "mine" }), await makeToken({ subject: "theirs" })];
    const address = "/api/v1/streaming/ws/a";
    await using off = await startService({ env });
    expect([(await handshake(off.url, address)).status, (await ask(off.url, "/api/v1/streaming/clients")).status]).toEqual([404, 404]);
    await using closed = await startService({ env: { ...env, TASKWIRE_DIALECTS: "research-plans" } });
    expect(await handshake(closed.url, address)).toEqual({ status: 401, code: "token_missing" });
    expect(await handshake(closed.url, `${address}?token=nonsense`)).toEqual({ status: 401, code: "token_invalid" });
    for (const what of ["subscribers", "history"]) expectProblem(await ask(closed.url, path("p", what)), 401, "token_missing");
    const secret = newId();
    for (const body of [{ task_id: secret, kind: "research", access: "owner" }]) expect((await ask(closed.url, "/v1/tasks", { token: mine, body })).status).toBe(201);
    const shared = newId();
    expect((await ask(closed.url, "/v1/tasks", { token: mine, body: { task_id: shared, kind: "research", access: "link" } })).status).toBe(201);
    for (const id of [secret, shared]) await appendTo(closed.url, mine, id, [STARTED]);
    using owner = app({ planId: secret, query: `token=${mine}` }, closed);
    expect(typesOf(await owner.has(1))).toEqual(["plan_started"]);
    expect((await ask(closed.url, "/api/v1/streaming/clients", { token: mine })).json.count).toBe(1);
    expect((await ask(closed.url, "/api/v1/streaming/clients", { token: theirs })).json.count).toBe(0);
    expect((await ask(closed.url, path(secret, "history"), { token: theirs })).json.count).toBe(0);
    expectProblem(await ask(closed.url, path(shared, "history"), { token: theirs, method: "DELETE" }), 403, "scope_missing");
    expect((await ask(closed.url, path(shared, "history"), { token: mine, method: "DELETE" })).status).toBe(200);
    await using open = await startService({ env: { ...env, TASKWIRE_DIALECTS: "research-plans:open" } });
    using anybody = app({ planId: secret }, open);
    anybody.do({ subscribe: shared });
    await appendTo(closed.url, mine, shared, [DONE]);
    await appendTo(closed.url, mine, secret, [DONE]);
    expect(typesOf(await anybody.ends(shared))).toEqual(["plan_completed"]);
    expect((await owner.ends(secret)).length).toBe(2);
    expect(anybody.told.map(({ plan_id: plan }) => plan)).toEqual([shared]);
    expect([closed, open].map((service) => service.output().includes(mine))).toEqual([false, false]);
  }, 90_000);
});
