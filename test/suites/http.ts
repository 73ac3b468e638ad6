/**
 * The HTTP interface over a real listening service: what is given, and what bad input gets, each with its exact status and
 * code. The service trusts the tokens of `support/token.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { append, ask, type Answer, createTask, expectProblem } from "../support/api.ts";
import { ISSUER, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";
import { userKey } from "../../src/http/auth.ts";

export interface Started extends AsyncDisposable {
  readonly url: string;
  /** Everything the service has printed. */
  output(): string;
}

const LINE = { type: "log.line", data: { level: "info", text: "hello" } } as const;
const KIB = 1024;

/** Holds a service to its HTTP interface. `start` gives one that nobody else uses. */
export function httpSuite(name: string, start: () => Promise<Started>): void {
  let service: Started;
  let ada = "";
  let bob = "";
  let plain = "";
  let admin = "";
  const url = (): string => service.url;
  const post = (path: string, body: unknown, headers: Record<string, string> = {}, type?: string): Promise<Answer> => ask(url(), path, { token: ada, body, headers, ...(type ? { type } : {}) });

  beforeAll(async () => {
    service = await start();
    [ada, bob, plain, admin] = await Promise.all([
      makeToken({ subject: "ada" }),
      makeToken({ subject: "bob" }),
      makeToken({ subject: "plain", scope: "" }),
      makeToken({ subject: "root", scope: "admin" }),
    ]);
  }, 60_000);
  afterAll(() => service?.[Symbol.asyncDispose](), 30_000);

  describe(`${name}: tasks`, () => {
    test("a task is created, found in the list, and read as the fold of its events", async () => {
      const made = await post("/v1/tasks", { kind: "build", title: "Build it", input: { branch: "main" }, conversation_id: "talk-1" });
      expect(made.status).toBe(201);
      expect(made.json).toMatchObject({ first_seq: 1, last_seq: 1, duplicate: false, cursor: expect.any(String) });
      const taskId = String(made.json.task_id);
      expect(made.headers.get("location")).toBe(`/v1/tasks/${taskId}`);
      await append(url(), ada, taskId, [{ type: "task.started", data: { attempt: 1 } }, { type: "task.progress", data: { percent: 40, stage: "linking" } }]);
      const read = await ask(url(), `/v1/tasks/${taskId}`, { token: ada });
      expect(read.json).toMatchObject({ task: { task_id: taskId, kind: "build", title: "Build it", status: "running", percent: 40, stage: "linking", conversation_id: "talk-1", last_seq: 3 }, snapshot: { status: "running", as_of_seq: 3 } });
      const list = await ask(url(), "/v1/tasks?conversation_id=talk-1&status=running", { token: ada });
      expect(list.json).toMatchObject({ tasks: [{ task_id: taskId, status: "running", percent: 40 }], next: null });
      expect((await ask(url(), "/v1/tasks?status=failed", { token: ada })).json).toMatchObject({ tasks: [] });
      expect((await ask(url(), "/v1/tasks?conversation_id=talk-1", { token: bob })).json).toMatchObject({ tasks: [] });
    });

    test("the list is paged, newest change first", async () => {
      const token = await makeToken({ subject: "pager" });
      const ids: string[] = [];
      for (let at = 0; at < 5; at++) ids.unshift(await createTask(url(), token, { kind: "page", title: `${at}` }));
      const first = await ask(url(), "/v1/tasks?limit=3", { token });
      const second = await ask(url(), `/v1/tasks?limit=3&before=${encodeURIComponent(String(first.json.next))}`, { token });
      const seen = [first, second].flatMap(({ json }) => (json.tasks as { task_id: string }[]).map(({ task_id }) => task_id));
      expect([...seen].sort()).toEqual([...ids].sort());
      expect(second.json.next).toBeNull();
    });

    test("creating under an Idempotency-Key happens once, and another body under it is refused", async () => {
      const headers = { "idempotency-key": "order-1" };
      const first = await post("/v1/tasks", { kind: "build" }, headers);
      const again = await post("/v1/tasks", { kind: "build" }, headers);
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.json).toEqual({ ...first.json, duplicate: true });
      expectProblem(await post("/v1/tasks", { kind: "other" }, headers), 422, "idempotency_mismatch");
      const other = await ask(url(), "/v1/tasks", { token: bob, body: { kind: "build" }, headers });
      expect(other.json.task_id).not.toBe(first.json.task_id);
    });

    test("appending with an identity happens once, by key or by producer and number", async () => {
      const taskId = await createTask(url(), ada);
      for (const headers of [{ "idempotency-key": "a1" }, { "taskwire-producer": "worker-7;1" }] as Record<string, string>[]) {
        const first = await post(`/v1/tasks/${taskId}/events`, [LINE, LINE], headers);
        expect(first.json).toMatchObject({ duplicate: false });
        expect((await post(`/v1/tasks/${taskId}/events`, [LINE, LINE], headers)).json).toEqual({ ...first.json, duplicate: true });
        expectProblem(await post(`/v1/tasks/${taskId}/events`, [LINE], headers), 422, "idempotency_mismatch");
      }
      expect((await ask(url(), `/v1/tasks/${taskId}`, { token: ada })).json).toMatchObject({ task: { last_seq: 5 } });
    });

    test("one event, an array and NDJSON are all or none", async () => {
      const taskId = await createTask(url(), ada);
      expect((await post(`/v1/tasks/${taskId}/events`, LINE)).json).toMatchObject({ first_seq: 2, last_seq: 2 });
      expect((await post(`/v1/tasks/${taskId}/events`, [LINE, LINE])).json).toMatchObject({ first_seq: 3, last_seq: 4 });
      expect((await post(`/v1/tasks/${taskId}/events`, `${JSON.stringify(LINE)}\n\n${JSON.stringify(LINE)}\n`, {}, "application/x-ndjson")).json).toMatchObject({ first_seq: 5, last_seq: 6 });
      expect((await post(`/v1/tasks/${taskId}/events`, [LINE, { type: "message.delta", data: { message_id: "m", delta: "x" } }])).status).toBe(409);
      expect((await ask(url(), `/v1/tasks/${taskId}`, { token: ada })).json).toMatchObject({ task: { last_seq: 6 } });
    });

    test("whoever may publish chooses ids and owners; nobody else does", async () => {
      const id = `chosen-${crypto.randomUUID()}`;
      expect((await post("/v1/tasks", { kind: "build", task_id: id })).json).toMatchObject({ task_id: id });
      expectProblem(await ask(url(), "/v1/tasks", { token: bob, body: { kind: "build", task_id: id } }), 409, "id_taken");
      expectProblem(await ask(url(), "/v1/tasks", { token: plain, body: { kind: "build", task_id: `x${id}` } }), 403, "scope_missing");
      const bobs = await userKey(ISSUER, "bob");
      expectProblem(await ask(url(), "/v1/tasks", { token: plain, body: { kind: "build", owner: bobs } }), 403, "scope_missing");
      const forBob = await post("/v1/tasks", { kind: "build", owner: bobs });
      expect((await ask(url(), `/v1/tasks/${forBob.json.task_id}`, { token: bob })).status).toBe(200);
      expect((await ask(url(), "/v1/me", { token: bob })).json).toMatchObject({ user: bobs, scopes: ["tasks:publish"] });
    });

    test("another's task is as unknown as one that never was, unless its access is by link", async () => {
      const taskId = await createTask(url(), ada);
      const never = "never-was";
      for (const path of [`/v1/tasks/${taskId}`, `/v1/tasks/${taskId}/events`, `/v1/tasks/${never}`, `/v1/tasks/${never}/events`]) {
        expectProblem(await ask(url(), path, { token: bob }), 404, "task_unknown");
        expectProblem(await ask(url(), path, { token: bob, headers: { accept: path.endsWith("/events") ? "text/event-stream" : "*/*" } }), 404, "task_unknown");
      }
      for (const id of [taskId, never]) expectProblem(await ask(url(), `/v1/tasks/${id}/events`, { token: bob, body: LINE }), 404, "task_unknown");
      const open = await createTask(url(), ada, { kind: "build", access: "link" });
      expect((await ask(url(), `/v1/tasks/${open}`, { token: bob })).status).toBe(200);
      expectProblem(await ask(url(), `/v1/tasks/${open}/events`, { token: bob, body: LINE }), 404, "task_unknown");
      expect((await ask(url(), `/v1/tasks/${taskId}`, { token: admin })).status).toBe(200);
    });
  });

  describe(`${name}: the log`, () => {
    test("is read in pages that tile it, each event with its cursor", async () => {
      const taskId = await createTask(url(), ada);
      await append(url(), ada, taskId, Array.from({ length: 9 }, () => LINE));
      const seqs: number[] = [];
      let after = "0";
      for (let more = true; more; ) {
        const { json, headers } = await ask(url(), `/v1/tasks/${taskId}/events?limit=4&after=${after}`, { token: ada });
        expect(headers.get("content-type")).toStartWith("application/json");
        expect(json).toMatchObject({ task_id: taskId, status: expect.any(String) });
        seqs.push(...(json.events as { seq: number }[]).map(({ seq }) => seq));
        expect((json.events as { cursor: string }[]).at(-1)?.cursor).toBe(json.cursor as string);
        [after, more] = [String(json.cursor), json.more === true];
      }
      expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    test("a long-poll waits for the first event, and no longer than it was told", async () => {
      const taskId = await createTask(url(), ada);
      const { json } = await ask(url(), `/v1/tasks/${taskId}/events`, { token: ada });
      const waiting = ask(url(), `/v1/tasks/${taskId}/events?wait=20&after=${json.cursor}`, { token: ada });
      await append(url(), ada, taskId, LINE);
      expect(((await waiting).json.events as { seq: number }[]).map(({ seq }) => seq)).toEqual([2]);
      const nothing = await ask(url(), `/v1/tasks/${taskId}/events?wait=1&after=${(await waiting).json.cursor}`, { token: ada });
      expect(nothing.json).toMatchObject({ events: [], more: false });
    });

    test("of a finished task ends the stream, and a reconnect from its end is answered 204", async () => {
      const taskId = await createTask(url(), ada);
      const { cursor } = await append(url(), ada, taskId, [LINE, { type: "task.completed", data: {} }]);
      const sse = await ask(url(), `/v1/tasks/${taskId}/events`, { token: ada, headers: { accept: "text/event-stream" } });
      expect(sse.headers.get("content-type")).toStartWith("text/event-stream");
      expect(sse.headers.get("x-accel-buffering")).toBe("no");
      const frames = [...sse.text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? "") as Record<string, unknown>);
      expect(frames.map(({ type }) => type)).toEqual(["stream.ready", "stream.subscribed", "task.created", "log.line", "task.completed", "stream.caught_up", "stream.end"]);
      expect(sse.text).not.toContain("\r");
      expect((await ask(url(), `/v1/tasks/${taskId}/events?after=${cursor}`, { token: ada, headers: { accept: "text/event-stream" } })).status).toBe(204);
      const early = (frames.find(({ type }) => type === "task.created")?.cursor ?? "") as string;
      const won = await ask(url(), `/v1/tasks/${taskId}/events?after=${early}`, { token: ada, headers: { accept: "text/event-stream", "last-event-id": String(cursor) } });
      expect(won.status).toBe(204);
      expect((await ask(url(), `/v1/tasks/${taskId}/events?after=${cursor}`, { token: ada })).json).toMatchObject({ events: [], status: "completed" });
    });

    test("nothing is after a task's end", async () => {
      const taskId = await createTask(url(), ada);
      await append(url(), ada, taskId, { type: "task.canceled", data: {} });
      expectProblem(await post(`/v1/tasks/${taskId}/events`, LINE), 409, "task_ended", { law: 1 });
    });

    test("cursors of nothing, or of another task, are refused", async () => {
      const taskId = await createTask(url(), ada);
      const other = await createTask(url(), ada);
      const foreign = String((await append(url(), ada, other, LINE)).cursor);
      for (const cursor of ["garbage", "1", "x".repeat(200), foreign]) {
        expectProblem(await ask(url(), `/v1/tasks/${taskId}/events?after=${cursor}`, { token: ada }), 400, "cursor_invalid");
        expectProblem(await ask(url(), `/v1/tasks/${taskId}/events`, { token: ada, headers: { accept: "text/event-stream", "last-event-id": cursor } }), 400, "cursor_invalid");
      }
    });

    test("a cursor of a log that was rolled back shows a gap instead of pretending", async () => {
      const taskId = await createTask(url(), ada);
      const cursor = String((await append(url(), ada, taskId, LINE)).cursor);
      const rolledBack = `${cursor.slice(0, 16)}${cursor.slice(16, 20) === "AAAA" ? "BBBB" : "AAAA"}${cursor.slice(20)}`;
      const { status, json } = await ask(url(), `/v1/tasks/${taskId}/events?after=${rolledBack}`, { token: ada });
      expect(status).toBe(200);
      expect(json).toMatchObject({ gap: { requested: rolledBack, reason: "reset" } });
      expect((json.events as { type: string }[])[0]?.type).toBe("task.snapshot");
    });
  });

  describe(`${name}: bad input`, () => {
    let taskId = "";
    beforeAll(async () => void (taskId = await createTask(url(), ada)));
    const events = (): string => `/v1/tasks/${taskId}/events`;

    test("malformed JSON is answered with the place", async () => {
      expectProblem(await post(events(), '{"type": "log.line",\n  "data": }'), 400, "malformed_json", { line: 2 });
      expectProblem(await post("/v1/tasks", "{"), 400, "malformed_json");
      expectProblem(await post("/v1/tasks", ""), 400, "malformed_json");
    });

    test("JSON that is nested very deep is refused at once, and never stored", async () => {
      const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      const event = `{"type":"log.line","data":{"level":"info","text":"x","fields":{"a":${nested}}}}`;
      expectProblem(await post(events(), event), 400, "malformed_json");
      expectProblem(await post(events(), `${JSON.stringify(LINE)}\n${event}`, {}, "application/x-ndjson"), 400, "malformed_ndjson", { line: 2 });
      expectProblem(await post("/v1/tasks", `{"kind":"test","input":${nested}}`), 400, "malformed_json");
      expectProblem(await post(`/v1/tasks/${taskId}/commands`, `{"command_id":"c","command":"respond","data":{"request_id":"q","response":${nested}}}`), 400, "malformed_json");
    });

    test("malformed NDJSON is answered with the line", async () => {
      expectProblem(await post(events(), `${JSON.stringify(LINE)}\n{"type":\n`, {}, "application/x-ndjson"), 400, "malformed_ndjson", { line: 2 });
    });

    test("an unknown core type, a wrong payload and what only the service writes are told apart, with the path", async () => {
      expectProblem(await post(events(), { type: "task.exploded", data: {} }), 422, "event_type_unknown", { path: "type" });
      expectProblem(await post(events(), [LINE, { type: "task.progress", data: { percent: "half" } }]), 422, "event_invalid", { path: "1.data.percent" });
      expectProblem(await post(events(), `${JSON.stringify(LINE)}\n${JSON.stringify({ type: "log.line", data: {} })}`, {}, "application/x-ndjson"), 422, "event_invalid", { line: 2 });
      expectProblem(await post(events(), 7), 422, "event_invalid");
      for (const type of ["task.created", "task.queued", "task.snapshot", "command.accepted", "stream.ready"]) expectProblem(await post(events(), { type, data: {} }), 422, "event_reserved");
      for (const field of ["seq", "first_seq", "cursor", "actor", "attempt"]) expectProblem(await post(events(), { ...LINE, [field]: 1 }), 422, "event_reserved", { path: field });
      expectProblem(await post(events(), { ...LINE, task_id: "another" }), 422, "event_invalid", { path: "task_id" });
      expect((await post(events(), { type: "x.acme.anything", data: { any: ["thing"] } })).status).toBe(200);
    });

    test("sizes are bounded, each by its own code", async () => {
      const big = (bytes: number): unknown => ({ type: "log.line", data: { level: "info", text: "x" }, padding: "x".repeat(bytes) });
      expectProblem(await post(events(), big(64 * KIB)), 413, "event_too_large");
      expectProblem(await post(events(), Array.from({ length: 6 }, () => big(50 * KIB))), 413, "request_too_large");
      expectProblem(await post(events(), Array.from({ length: 1_001 }, () => ({ type: "x.a.b", data: {} }))), 413, "too_many_events");
      let sent = 0;
      const endless = new ReadableStream({ pull: (to) => void ((sent += 1) > 64 ? to.close() : to.enqueue(new Uint8Array(16 * KIB).fill(32))) });
      expectProblem(await post(events(), endless), 413, "request_too_large");
      expectProblem(await post(events(), []), 422, "request_invalid");
    });

    test("ids are legal or refused", async () => {
      for (const id of ["a.b", "a*", "%3E", "x".repeat(65), "ü"]) expectProblem(await ask(url(), `/v1/tasks/${encodeURI(id)}`, { token: ada }), 400, "id_invalid");
      for (const field of ["task_id", "conversation_id", "owner"]) expectProblem(await post("/v1/tasks", { kind: "k", [field]: "a.b" }), 400, "id_invalid", { path: field });
      expectProblem(await post("/v1/tasks", { title: "no kind" }), 422, "request_invalid", { path: "kind" });
      expectProblem(await post("/v1/tasks", { kind: "k", access: "everyone" }), 422, "request_invalid", { path: "access" });
      expectProblem(await post("/v1/tasks", []), 422, "request_invalid");
    });

    test("queries are as described or refused", async () => {
      for (const query of ["limit=0", "limit=1001", "limit=ten", "replay=some", "wait=31"]) expectProblem(await ask(url(), `${events()}?${query}`, { token: ada }), 422, "request_invalid", { path: query.split("=")[0] });
      expectProblem(await ask(url(), "/v1/tasks?limit=201", { token: ada }), 422, "request_invalid", { path: "limit" });
      expectProblem(await ask(url(), "/v1/tasks?before=nothing", { token: ada }), 422, "request_invalid");
    });

    test("a breach of a law says which", async () => {
      expectProblem(await post(events(), { type: "message.delta", data: { message_id: "m1", delta: "x" } }), 409, "scope_not_open", { law: 3 });
      await append(url(), ada, taskId, { type: "message.started", data: { message_id: "m1", role: "assistant" } });
      expectProblem(await post(events(), { type: "message.started", data: { message_id: "m1", role: "assistant" } }), 409, "scope_already_open", { law: 3 });
    });

    test("identities that are none are refused", async () => {
      expectProblem(await post(events(), LINE, { "idempotency-key": "x".repeat(256) }), 422, "request_invalid", { path: "Idempotency-Key" });
      expectProblem(await post(events(), LINE, { "taskwire-producer": "worker" }), 422, "request_invalid", { path: "Taskwire-Producer" });
      expectProblem(await post(events(), LINE, { "taskwire-producer": "w;1", "idempotency-key": "k" }), 422, "request_invalid");
    });

    test("tokens are missing, expired, forged or meant for others, and never for addresses", async () => {
      const wrong: [string | null, string, RegExp][] = [
        [null, "token_missing", /no token/],
        [await makeToken({ lifetime: -600 }), "token_expired", /expired/],
        [await makeToken({ secret: "somebody else's secret, just as long" }), "token_invalid", /signature/],
        [await makeToken({ audience: "another" }), "token_invalid", /audience/],
        [await makeToken({ issuer: "https://another.example" }), "token_invalid", /issuer/],
        ["not.a.token", "token_invalid", /not a signed JWT/],
      ];
      for (const [token, code, words] of wrong) {
        const answer = await ask(url(), "/v1/tasks", { token });
        expectProblem(answer, 401, code);
        expect(String(answer.json.detail)).toMatch(words);
        expect(answer.headers.get("www-authenticate")).toStartWith("Bearer ");
      }
      expectProblem(await ask(url(), "/v1/tasks", { headers: { authorization: "Basic YTpi" } }), 401, "token_invalid");
      const inAddress = await ask(url(), `/v1/tasks?access_token=${ada}`);
      expectProblem(inAddress, 401, "token_invalid");
      expect(String(inAddress.json.detail)).toContain("address");
      expect(service.output().includes(ada)).toBe(false);
    });

    test("routes, methods and media types that are not there are named", async () => {
      expectProblem(await ask(url(), "/v2/tasks", { token: ada }), 404, "not_found");
      const wrong = await ask(url(), "/v1/tasks", { token: ada, method: "DELETE" });
      expectProblem(wrong, 405, "method_not_allowed");
      expect(wrong.headers.get("allow")).toBe("POST, GET, HEAD");
      expectProblem(await ask(url(), events(), { token: ada, headers: { accept: "text/html" } }), 406, "not_acceptable");
      expectProblem(await post(events(), "type=log.line", {}, "application/x-www-form-urlencoded"), 415, "media_type_unsupported");
      expectProblem(await post(events(), LINE, { "content-encoding": "gzip" }), 415, "media_type_unsupported");
      expectProblem(await post("/v1/tasks", "{}\n", {}, "application/x-ndjson"), 415, "media_type_unsupported");
    });

    test("all the while it stays up", async () => {
      expect((await ask(url(), "/readyz")).json).toMatchObject({ status: "ready", missing: [] });
    });
  });

  describe(`${name}: operations`, () => {
    test("health, readiness, numbers and contracts need no token", async () => {
      expect((await ask(url(), "/healthz")).json).toMatchObject({ status: "alive" });
      const metrics = (await ask(url(), "/metrics")).text;
      for (const metric of ["taskwire_events_in_total", "taskwire_connections", "taskwire_append_seconds_bucket", "taskwire_repairs_total", "taskwire_slow_wires_total"]) expect(metrics).toContain(metric);
      const openapi = (await ask(url(), "/openapi.json")).json as { openapi: string; paths: Record<string, unknown> };
      expect(openapi.openapi).toBe("3.1.0");
      for (const path of ["/v1/tasks", "/v1/tasks/{task_id}", "/v1/tasks/{task_id}/events", "/v1/tasks/{task_id}/ws", "/v1/ws", "/readyz"]) expect(Object.keys(openapi.paths)).toContain(path);
      expect(JSON.stringify(openapi)).not.toMatch(/"(hide|middleware)"/);
      expect((await ask(url(), "/asyncapi.json")).json).toMatchObject({ asyncapi: "3.1.0" });
      expect((await ask(url(), "/problems/task_ended")).json).toMatchObject({ code: "task_ended", status: 409 });
    });

    test("a request keeps the id it came with, in the answer and in the journal", async () => {
      const answer = await ask(url(), "/v1/tasks", { token: ada, headers: { "x-request-id": "trace-4711" } });
      expect(answer.headers.get("x-request-id")).toBe("trace-4711");
      await until("the journal has it", 5_000, () => service.output().includes("trace-4711"));
      expect((await ask(url(), "/healthz", { headers: { "x-request-id": "bad id" } })).headers.get("x-request-id")).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
    });

    test("pages of other origins are kept out by their own browser", async () => {
      const foreign = await ask(url(), "/v1/tasks", { token: ada, headers: { origin: "https://evil.example" } });
      expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
      const own = await ask(url(), "/v1/tasks", { method: "OPTIONS", headers: { origin: url(), "access-control-request-method": "POST" } });
      expect([own.status, own.headers.get("access-control-allow-origin")]).toEqual([204, url()]);
    });
  });
}
