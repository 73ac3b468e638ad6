/** Who may watch without being the owner: by a ticket, by a grant, by a link. On two instances at one broker. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { append, ask, createTask, expectProblem, talk } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { startProxy } from "../support/proxy.ts";
import { type Service, startService } from "../support/service.ts";
import { openStream } from "../support/sse.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

let nats: NatsServer;
let service: Service;
let other: Service;
let owner: string;
let stranger: string;
let admin: string;
const LINE = { type: "log.line", data: { level: "info", text: "hello" } };
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

beforeAll(async () => {
  nats = await startNats();
  const env = { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_LOG_LEVEL: "debug", TASKWIRE_ACCESS_CHECK_MS: "500", TASKWIRE_SWEEP_MS: "600", TASKWIRE_DIALECTS: "orchestration,chat,data-questions" };
  [service, other] = await Promise.all([startService({ env }), startService({ env })]);
  [owner, stranger, admin] = await Promise.all([makeToken({ subject: "owner" }), makeToken({ subject: "stranger" }), makeToken({ subject: "root", scope: "admin" })]);
}, 60_000);
afterAll(async () => {
  await Promise.all([service, other].map((each) => each?.[Symbol.asyncDispose]()));
  await nats?.[Symbol.asyncDispose]();
});

const make = (body: Record<string, unknown> = {}, token = owner): Promise<string> => createTask(service.url, token, { kind: "test", ...body });

async function ticketFor(words: Record<string, unknown>, token = owner): Promise<{ readonly ticket: string; readonly use_by: string; readonly url: string }> {
  const made = await ask(service.url, "/v1/tickets", { token, body: words });
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  return made.json as never;
}

async function grantFor(words: Record<string, unknown>, token = owner): Promise<{ readonly token: string; readonly id: string }> {
  const made = await ask(service.url, "/v1/grants", { token, body: words });
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  return { token: String(made.json.token), id: String((made.json.grant as Record<string, unknown>).grant_id) };
}

/** What a socket says first to a frame. */
function firstAnswer(url: string, frame: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"));
    socket.onopen = () => socket.send(JSON.stringify(frame));
    socket.onmessage = ({ data }) => (socket.close(), resolve(JSON.parse(String(data))));
    socket.onerror = () => reject(new Error("the socket was refused"));
  });
}

describe("a ticket", () => {
  test("opens the stream that its answer names, and after a cut only for who says where they were", async () => {
    const taskId = await make();
    const { url, ticket } = await ticketFor({ task_ids: [taskId] });
    using first = await openStream(service.url, url);
    await first.frame("stream.caught_up");
    using again = await openStream(other.url, url, { "last-event-id": first.lastId });
    expect(again.status).toBe(200);
    await append(service.url, owner, taskId, LINE);
    for (const stream of [first, again]) expect(await stream.frame("log.line")).toMatchObject({ seq: 2 });
    for (const headers of [{}, { "last-event-id": "0" }, { "last-event-id": `${first.lastId.slice(0, 16)}zzzz.1` }]) {
      using stolen = await openStream(other.url, url, headers as Record<string, string>);
      expect([stolen.status, stolen.refusal.code]).toEqual([401, "ticket_invalid"]);
    }
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}/events?ticket=${ticket}`, {}), 401, "ticket_invalid");
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}?ticket=${ticket}`, {}), 401, "token_missing");
  }, 20_000);

  test("is for one, whoever is first on whichever instance", async () => {
    const taskId = await make();
    const { url } = await ticketFor({ task_ids: [taskId] });
    const streams = await Promise.all(Array.from({ length: 8 }, (_, at) => openStream((at % 2 === 0 ? service : other).url, url)));
    expect(streams.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 401)]);
    for (const stream of streams) stream[Symbol.dispose]();
  }, 20_000);

  test("is for what it was made for alone, and must be made by who may watch that", async () => {
    const [taskId, another] = [await make(), await make()];
    const { ticket } = await ticketFor({ task_ids: [taskId] });
    for (const path of [`/v1/tasks/${another}/events`, "/v1/events", "/v1/events?scope=mine&"]) {
      using stream = await openStream(service.url, `${path}${path.includes("?") ? "" : "?"}ticket=${ticket}`);
      // The set of this one task is what it was made for.
      if (path !== "/v1/events") expect([stream.status, stream.refusal.code]).toEqual([401, "ticket_invalid"]);
    }
    const elsewhere = await talk(service.url, `/v1/tasks/${another}/ws?ticket=${(await ticketFor({ task_ids: [taskId] })).ticket}`);
    expect([elsewhere.frames[0]?.code, elsewhere.code]).toEqual(["ticket_invalid", 4511]);
    expectProblem(await ask(service.url, "/v1/tickets", { token: stranger, body: { task_ids: [taskId] } }), 404, "task_unknown");
    expectProblem(await ask(service.url, "/v1/tickets", { token: owner, body: {} }), 422, "request_invalid");
    expectProblem(await ask(service.url, "/v1/tickets", { token: owner, body: { scope: "mine", task_ids: [taskId] } }), 422, "request_invalid");
    expectProblem(await ask(service.url, "/v1/tickets", { body: { scope: "mine" } }), 401, "token_missing");
    for (const made of ["tw_t_", "tw_t_AAAAAAAAAAAAAAAAAAAAAAAA", "x", ""]) {
      using stream = await openStream(service.url, `/v1/tasks/${taskId}/events?ticket=${made}`);
      expect([stream.status, stream.refusal.code]).toEqual([401, "ticket_invalid"]);
    }
  }, 20_000);

  test("opens a set: several tasks, a conversation, or all of mine, and comes back to it", async () => {
    const conversation = `talk-${crypto.randomUUID().slice(0, 8)}`;
    const taskId = await make({ conversation_id: conversation });
    for (const words of [{ conversation_id: conversation }, { scope: "mine" }, { task_ids: [taskId, await make()] }]) {
      const { url } = await ticketFor(words);
      using stream = await openStream(service.url, url);
      await stream.frame("stream.caught_up");
      expect(await stream.frame("stream.joined")).toMatchObject({ task_id: expect.any(String) });
      using again = await openStream(other.url, url, { "last-event-id": stream.lastId });
      expect(again.status).toBe(200);
      using stolen = await openStream(other.url, url);
      expect([stolen.status, stolen.refusal.code]).toEqual([401, "ticket_invalid"]);
    }
  }, 20_000);

  test("opens one WebSocket once, which watches and does nothing else", async () => {
    const taskId = await make();
    const { ticket } = await ticketFor({ task_ids: [taskId] });
    const frames: Record<string, unknown>[] = [];
    const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/ws?ticket=${ticket}`, ["taskwire.v1"]);
    socket.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)) as Record<string, unknown>);
    const answer = (id: string): Promise<Record<string, unknown>> => until(`${id} is answered`, 5_000, () => frames.find(({ request_id }) => request_id === id));
    await until("it is open", 5_000, () => frames.length > 0);
    const send = (id: string, frame: Record<string, unknown>): Promise<Record<string, unknown>> => (socket.send(JSON.stringify({ ...frame, request_id: id })), answer(id));
    expect(await send("r1", { type: "subscribe", task_id: taskId })).toMatchObject({ type: "stream.subscribed" });
    expect(await send("r2", { type: "subscribe", task_id: await make() })).toMatchObject({ type: "stream.error", code: "task_unknown" });
    expect(await send("r3", { type: "subscribe", scope: "mine" })).toMatchObject({ type: "stream.error", code: "watch_only" });
    expect(await send("r4", { type: "append", task_id: taskId, events: [LINE] })).toMatchObject({ type: "stream.error", code: "watch_only" });
    expect(await send("r5", { type: "command", task_id: taskId, command_id: "c", command: "cancel" })).toMatchObject({ type: "stream.error", code: "watch_only" });
    const second = await talk(other.url, `/v1/ws?ticket=${ticket}`);
    expect([second.frames[0]?.code, second.code]).toEqual(["ticket_invalid", 4511]);
    socket.close();
  }, 20_000);

  test("is over when the token behind it is, for who watches and for who comes back", async () => {
    const token = await makeToken({ subject: "owner", lifetime: 2 });
    const taskId = await make();
    const { url } = await ticketFor({ task_ids: [taskId] }, token);
    using stream = await openStream(service.url, url);
    expect(await stream.frame("stream.closing", 10_000)).toMatchObject({ reason: "token_expired" });
    await stream.over();
    using again = await openStream(service.url, url, { "last-event-id": stream.lastId });
    expect([again.status, again.refusal.code]).toEqual([401, "ticket_invalid"]);
  }, 20_000);

  test("stands in no journal, and is swept when it is over", async () => {
    await using quick = await startService({ env: { ...ISSUER_SETTINGS, TASKWIRE_LOG_LEVEL: "debug", TASKWIRE_TICKET_USE_MS: "300", TASKWIRE_ACCESS_CHECK_MS: "50", TASKWIRE_SWEEP_MS: "600" } });
    const taskId = await createTask(quick.url, owner);
    const { ticket, use_by } = (await ask(quick.url, "/v1/tickets", { token: owner, body: { task_ids: [taskId] } })).json as { ticket: string; use_by: string };
    await until("it is too late", 5_000, () => Date.now() > Date.parse(use_by));
    using late = await openStream(quick.url, `/v1/tasks/${taskId}/events?ticket=${ticket}`);
    expect([late.status, late.refusal.code]).toEqual([401, "ticket_invalid"]);
    expect(String(late.refusal.detail)).toMatch(/within 0.3 s|is over/);
    const swept = async (): Promise<boolean> => {
      using stream = await openStream(quick.url, `/v1/tasks/${taskId}/events?ticket=${ticket}`);
      return /is over/.test(String(stream.refusal.detail));
    };
    await until("it was swept", 10_000, swept);
    for (const { output } of [quick, service, other]) expect(output()).not.toContain("tw_t_");
  }, 30_000);
});

const chromium = findChromium();
if (chromium === null) console.log("skipped: tickets were not tried with a browser's EventSource, for there is no chromium or google-chrome on PATH");

test.skipIf(chromium === null)("a browser's own EventSource lives on with its ticket through cuts, with nothing missing and nothing twice", async () => {
  const taskId = await make();
  const { url } = await ticketFor({ task_ids: [taskId] });
  await using proxy = await startProxy(service.port);
  const browser = await launchChromium(chromium ?? "");
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${proxy.port}/healthz`);
    await page.evaluate((address) => {
      const seen = { events: [] as number[], opened: 0, closed: false };
      const source = new EventSource(address);
      source.onopen = () => void (seen.opened += 1);
      source.onmessage = ({ data }) => void seen.events.push((JSON.parse(String(data)) as { seq: number }).seq);
      source.onerror = () => void (seen.closed = source.readyState === 2);
      (globalThis as unknown as { seen: typeof seen }).seen = seen;
    }, url);
    const seen = (): Promise<{ events: number[]; opened: number; closed: boolean }> => page.evaluate(() => (globalThis as unknown as { seen: { events: number[]; opened: number; closed: boolean } }).seen);
    for (let cut = 1; cut <= 3; cut += 1) {
      await until("the stream is open", 10_000, async () => (await seen()).opened === cut);
      await append(service.url, owner, taskId, [LINE, LINE]);
      await until("both have come", 10_000, async () => (await seen()).events.length === 1 + cut * 2);
      proxy.reset();
    }
    await until("it is open again", 10_000, async () => (await seen()).opened === 4);
    await append(service.url, owner, taskId, { type: "task.completed", data: {} });
    await until("it has stopped for good", 10_000, async () => (await seen()).closed);
    expect((await seen()).events).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  } finally {
    await browser.close();
  }
}, 60_000);

describe("a grant", () => {
  test("watches what it names, later tasks of a conversation too, and nothing else", async () => {
    const conversation = `talk-${crypto.randomUUID().slice(0, 8)}`;
    const [inside, outside] = [await make({ conversation_id: conversation }), await make()];
    const { token } = await grantFor({ conversation_id: conversation, label: "Partner" });
    const later = await make({ conversation_id: conversation });
    for (const taskId of [inside, later]) {
      expect((await ask(other.url, `/v1/tasks/${taskId}`, { token })).json).toMatchObject({ task: { task_id: taskId } });
      expect((await ask(other.url, `/v1/tasks/${taskId}/events`, { token })).json).toMatchObject({ tail_seq: 1 });
    }
    expectProblem(await ask(service.url, `/v1/tasks/${outside}`, { token }), 404, "task_unknown");
    const listed = (await ask(service.url, "/v1/tasks", { token })).json.tasks as { task_id: string }[];
    expect(listed.map(({ task_id }) => task_id).sort()).toEqual([inside, later].sort());
    using set = await openStream(other.url, `/v1/events?conversation=${conversation}`, bearer(token));
    await set.frame("stream.caught_up");
    expect(set.sent.filter(({ frame }) => frame.type === "stream.joined")).toHaveLength(2);
    using all = await openStream(other.url, "/v1/events?scope=mine", bearer(token));
    expect([all.status, all.refusal.code]).toEqual([403, "watch_only"]);
    const named = await talk(service.url, "/v1/ws", {
      protocols: ["taskwire.v1"],
      first: [JSON.stringify({ type: "auth", token })],
      onFrame: ({ type }) => (type === "stream.ready" ? JSON.stringify({ type: "subscribe", task_id: inside, request_id: "r" }) : type === "stream.subscribed" ? "x".repeat(400_000) : null),
    });
    expect(named.frames.map(({ type }) => type)).toContain("stream.subscribed");
  }, 20_000);

  test("neither starts anything nor watches more through another protocol", async () => {
    const [named, hidden] = [await make(), await make()];
    const { token } = await grantFor({ task_ids: [named] });
    for (const body of [{ query: "hello" }, { message: "hello" }]) expectProblem(await ask(service.url, "/api/v1/chat", { token, body }), 403, "watch_only");
    const dashboard = await talk(other.url, `/api/v1/ws/user?token=${token}`, { protocols: [] });
    expect([dashboard.code, dashboard.reason, JSON.stringify(dashboard.frames).includes(hidden)]).toEqual([1008, "watch_only", false]);
    const said = await firstAnswer(`${service.url}/ws/chat?token=${token}`, { type: "message", message: "hello" });
    expect(said).toMatchObject({ type: "error", code: "PROCESSING_ERROR", error: expect.stringContaining("for watching") });
    expect(await firstAnswer(`${service.url}/ws/u/s?token=${token}`, { type: "query", query: "hello" })).toMatchObject({ type: "error" });
    const { tasks } = (await ask(service.url, "/v1/tasks", { token: owner })).json as { tasks: { kind: string }[] };
    expect(new Set(tasks.map(({ kind }) => kind))).toEqual(new Set(["test"]));
  }, 20_000);

  test("is listed without its token, revoked by its giver alone, and has an end", async () => {
    const giver = await makeToken({ subject: `giver-${crypto.randomUUID()}` });
    const taskId = await make({}, giver);
    const first = await grantFor({ task_ids: [taskId], label: "One" }, giver);
    const second = await grantFor({ scope: "mine", expires_at: new Date(Date.now() + 3_600_000).toISOString() }, giver);
    const listed = (await ask(other.url, "/v1/grants", { token: giver })).json.grants as Record<string, unknown>[];
    expect(listed.map(({ grant_id }) => grant_id).sort()).toEqual([first.id, second.id].sort());
    expect(listed.find(({ grant_id }) => grant_id === first.id)).toMatchObject({ task_ids: [taskId], label: "One", created_at: expect.any(String), expires_at: expect.any(String) });
    expect(JSON.stringify(listed)).not.toContain(first.token.slice(0, 24));
    expect((await ask(service.url, "/v1/grants", { token: stranger })).json).toEqual({ grants: [] });
    for (const [token, id] of [[stranger, first.id], [giver, "g_none"]] as const) expectProblem(await ask(service.url, `/v1/grants/${id}`, { token, method: "DELETE" }), 404, "grant_unknown");
    expect((await ask(other.url, `/v1/grants/${first.id}`, { token: giver, method: "DELETE" })).status).toBe(204);
    expectProblem(await ask(service.url, `/v1/grants/${first.id}`, { token: giver, method: "DELETE" }), 404, "grant_unknown");
    for (const expires_at of ["2020-01-01T00:00:00Z", new Date(Date.now() + 366 * 86_400_000).toISOString()]) expectProblem(await ask(service.url, "/v1/grants", { token: giver, body: { scope: "mine", expires_at } }), 422, "request_invalid");
    expectProblem(await ask(service.url, "/v1/grants", { token: stranger, body: { task_ids: [taskId] } }), 404, "task_unknown");
    expectProblem(await ask(service.url, "/v1/grants", { token: admin, body: { task_ids: [taskId] } }), 404, "task_unknown");
  }, 20_000);

  test("that is revoked ends what was opened with it within seconds, on every instance, and opens nothing more", async () => {
    const taskId = await make();
    const { token, id } = await grantFor({ task_ids: [taskId] });
    using mine = await openStream(other.url, `/v1/tasks/${taskId}/events`, bearer(owner));
    using stream = await openStream(other.url, `/v1/tasks/${taskId}/events`, bearer(token));
    await Promise.all([mine, stream].map((each) => each.frame("stream.caught_up")));
    const sockets = [service, other].map(({ url }) => talk(url, `/v1/tasks/${taskId}/ws`, { protocols: ["taskwire.v1", `bearer.${token}`] }));
    await until("they watch", 5_000, async () => (await ask(service.url, `/v1/tasks/${taskId}`, { token })).status === 200);
    expect((await ask(service.url, `/v1/grants/${id}`, { token: owner, method: "DELETE" })).status).toBe(204);
    expect(await stream.frame("stream.error")).toMatchObject({ code: "access_revoked", retryable: false });
    await stream.over();
    for (const { frames, code } of await Promise.all(sockets)) expect([frames.at(-1)?.code, code]).toEqual(["access_revoked", 4512]);
    for (const { url } of [service, other]) expectProblem(await ask(url, `/v1/tasks/${taskId}`, { token }), 401, "access_revoked");
    expect(mine.ended).toBe(false);
  }, 20_000);

  test("ends what was opened with it at its own end", async () => {
    const taskId = await make();
    const { token } = await grantFor({ task_ids: [taskId], expires_at: new Date(Date.now() + 4_000).toISOString() });
    using stream = await openStream(service.url, `/v1/tasks/${taskId}/events`, bearer(token));
    expect(await stream.frame("stream.closing", 10_000)).toMatchObject({ reason: "token_expired" });
    await stream.over();
  }, 20_000);

  test("cannot be made up", async () => {
    const { token } = await grantFor({ scope: "mine" });
    const [head, , sign] = token.split(".");
    const forged = `${head}.${Buffer.from(JSON.stringify({ iss: "taskwire", jti: "g_x", exp: 4_102_444_800 })).toString("base64url")}.${sign}`;
    for (const each of [forged, `${head}.e30.`, `${head}..`]) expectProblem(await ask(service.url, "/v1/tasks", { token: each }), 401, "token_invalid");
  });
});
