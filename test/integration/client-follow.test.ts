import { describe, expect, test } from "bun:test";
import { type ClientOptions, type ConnectionState, createClient, type DeliveredEvent, TaskwireError } from "../../clients/typescript/src/client.ts";
import { completed, event, ready, type Script, scriptedServer, seqAfter, type Visit } from "../support/scripted-server.ts";
import { until } from "../support/until.ts";

const FAST = { backoffMinMs: 2, backoffMaxMs: 20, firstFrameMs: 150, lastFirstFrameMs: 400 };
const both = ["websocket", "sse"] as const;
const clientOf = (url: string, options: Partial<ClientOptions> = {}) => createClient({ url, token: "good", settings: FAST, ...options });

/** Everything up to the end, as `seq`. */
async function seqs(events: AsyncIterable<DeliveredEvent>): Promise<number[]> {
  const found: number[] = [];
  for await (const { seq } of events) found.push(seq);
  return found;
}

async function failureOf(work: Promise<unknown>): Promise<TaskwireError> {
  const error = await work.then(() => null, (thrown) => thrown);
  if (error instanceof TaskwireError) return error;
  throw new Error(`a TaskwireError was expected, not ${error}`);
}

/** Sends events after where the visit wants to go on, up to `to` of `last`. */
function serve(visit: Visit, to: number, last: number): void {
  visit.send(ready());
  for (let seq = seqAfter(visit) + 1; seq <= Math.min(to, last); seq++) visit.send(seq === last ? completed(seq) : event(seq));
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe.each(both)("following over %s", (transport) => {
  const follow = (url: string, options: Partial<ClientOptions> = {}) => clientOf(url, { transport, ...options });

  test("yields every event with its cursor and ends with the task", async () => {
    await using server = scriptedServer({ visit: (visit) => serve(visit, 5, 5) });
    const events: DeliveredEvent[] = [];
    for await (const one of follow(server.url).follow("t1")) events.push(one);
    expect(events.map(({ seq, cursor }) => [seq, cursor])).toEqual(range(1, 5).map((seq) => [seq, `c${seq}`]));
    expect(events.at(-1)?.type).toBe("task.completed");
    expect(server.visits[0]).toMatchObject({ kind: transport, token: "good" });
  });

  test("goes on from its cursor after every cut, with nothing missing and nothing twice", async () => {
    await using server = scriptedServer({
      visit(visit) {
        serve(visit, seqAfter(visit) + 7, 40);
        visit.close();
      },
    });
    expect(await seqs(follow(server.url).follow("t1"))).toEqual(range(1, 40));
    expect(server.visits.length).toBeGreaterThanOrEqual(6);
  });

  test("drops what comes twice and heals what is missing", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send(ready());
        const lines = visit.number === 1 ? [1, 2, 2, 1, 3, 6, 7] : range(seqAfter(visit), 9);
        for (const seq of lines) if (seq > 0) visit.send(seq === 9 ? completed(9) : event(seq));
      },
    });
    expect(await seqs(follow(server.url).follow("t1"))).toEqual(range(1, 9));
    expect(server.visits.map(({ after }) => after)).toEqual([null, "c3"]);
  });

  test("tells of a gap and yields the snapshot that follows, then counts from there", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send(ready());
        visit.send({ type: "stream.gap", task_id: "t1", requested: "c3", earliest: "c50", reason: "retention" });
        visit.send(event(50, { type: "task.snapshot", first_seq: 1, data: { status: "running", as_of_seq: 50 } }));
        visit.send(event(49));
        visit.send(completed(51));
      },
    });
    const gaps: string[] = [];
    const found = await seqs(follow(server.url).follow("t1", { after: "c3", onGap: ({ reason }) => gaps.push(reason) }));
    expect(found).toEqual([50, 51]);
    expect(gaps).toEqual(["retention"]);
  });

  test("hands over a replayed range, each event with a cursor that loses nothing", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send(ready());
        visit.send({ type: "stream.replayed", task_id: "t1", first_seq: 1, seq: 8, cursor: "c8", events: [{ ...event(1), cursor: undefined }, { ...event(8), first_seq: 2, cursor: undefined }] });
        visit.send(event(9));
        visit.send(completed(10));
      },
    });
    const found: [number, string][] = [];
    for await (const { seq, cursor } of follow(server.url).follow("t1", { replay: "compact" })) found.push([seq, cursor]);
    expect(found).toEqual([[1, "0"], [8, "c8"], [9, "c9"], [10, "c10"]]);
  });

  test("passes on events that it does not know, with all their fields", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send(ready());
        visit.send({ type: "stream.from_the_future", task_id: "t1", seq: 99 });
        visit.send(event(1, { type: "moon.landed", data: { crater: "Tycho" }, novelty: [1] }));
        visit.send(completed(2));
      },
    });
    const events: DeliveredEvent[] = [];
    for await (const one of follow(server.url).follow("t1")) events.push(one);
    expect(events[0]).toMatchObject({ type: "moon.landed", data: { crater: "Tycho" }, novelty: [1] } as object);
  });

  test("finds a wire that has gone silent and makes another", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send(ready(20));
        if (visit.number === 1) visit.send(event(1));
        else for (const seq of [2, 3]) visit.send(seq === 3 ? completed(3) : event(seq));
      },
    });
    expect(await seqs(follow(server.url).follow("t1"))).toEqual([1, 2, 3]);
    expect(server.visits[1]?.after).toBe("c1");
  });

  test("ends quietly when it is aborted, and leaves no connection behind", async () => {
    await using server = scriptedServer({ visit: (visit) => serve(visit, 2, 9) });
    const controller = new AbortController();
    const phases: string[] = [];
    const found: number[] = [];
    for await (const { seq } of follow(server.url).follow("t1", { signal: controller.signal, onState: ({ phase }) => phases.push(phase) })) {
      found.push(seq);
      if (seq === 2) controller.abort();
    }
    expect(found).toEqual([1, 2]);
    expect(phases.at(-1)).toBe("ended");
    await until("the server sees the client go", 2_000, () => server.visits[0]?.gone);
  });

  test("leaves no connection behind when the loop is left", async () => {
    await using server = scriptedServer({ visit: (visit) => serve(visit, 2, 9) });
    for await (const { seq } of follow(server.url).follow("t1")) if (seq === 2) break;
    await until("the server sees the client go", 2_000, () => server.visits[0]?.gone);
  });

  test("asks the callback for another token when one is refused, and says so when that is refused too", async () => {
    const refuse = (visit: Visit): void => {
      visit.send({ type: "stream.error", code: "token_expired", message: "The token ended.", retryable: true });
      visit.close(4401, "token_expired");
    };
    const script: Script = { visit: (visit) => (visit.token === "new" ? serve(visit, 3, 3) : refuse(visit)) };
    await using server = scriptedServer(script);
    let asked = 0;
    expect(await seqs(follow(server.url, { token: async () => (asked++ === 0 ? "old" : "new") }).follow("t1"))).toEqual([1, 2, 3]);
    expect(asked).toBe(2);
    const error = await failureOf(seqs(follow(server.url, { token: () => "old" }).follow("t1")));
    expect(error).toMatchObject({ code: "token_expired" });
  });

  test("ends with a typed error where the task is unknown, and does not try again", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send({ type: "stream.error", code: "task_unknown", message: "There is no task t1 that you may see.", retryable: false, task_id: "t1" });
        visit.close(4504, "task_unknown");
      },
    });
    const error = await failureOf(seqs(follow(server.url).follow("t1")));
    expect(error).toMatchObject({ code: "task_unknown", retryable: false, message: "There is no task t1 that you may see." });
    expect(error.advice).not.toBe("");
    expect(server.visits.length).toBe(1);
  });

  test("keeps what waits for a slow consumer within bounds, and loses nothing of it", async () => {
    const last = 400;
    await using server = scriptedServer({ visit: (visit) => serve(visit, last, last) });
    const states: ConnectionState[] = [];
    const client = follow(server.url, { bounds: { items: 50, size: 1_000_000 } });
    const found: number[] = [];
    for await (const { seq } of client.follow("t1", { onState: (state) => states.push(state) })) {
      found.push(seq);
      if (seq % 25 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(found).toEqual(range(1, last));
    expect(states.every(({ error }) => error === null)).toBe(true);
    // A WebSocket cannot be read more slowly, only left and taken up again; a stream stays and is read more slowly.
    if (transport === "websocket") expect(server.visits.length).toBeGreaterThan(1);
    else expect(server.visits.length).toBe(1);
  });

  test("waits as long as a closing service asks", async () => {
    const times: number[] = [];
    await using server = scriptedServer({
      visit(visit) {
        times.push(performance.now());
        if (visit.number > 1) return serve(visit, 2, 2);
        visit.send(ready());
        visit.send(event(1));
        visit.send({ type: "stream.closing", reason: "drain", retry_after_ms: 120 });
        visit.close(4400, "drain");
      },
    });
    expect(await seqs(follow(server.url).follow("t1"))).toEqual([1, 2]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(100);
  });
});

describe("choosing a transport", () => {
  test("falls to SSE where the upgrade is refused", async () => {
    await using server = scriptedServer({
      answer: (request) => (request.headers.get("upgrade") ? new Response("no upgrades here", { status: 502 }) : null),
      visit: (visit) => serve(visit, 3, 3),
    });
    const used: string[] = [];
    expect(await seqs(clientOf(server.url).follow("t1", { onState: ({ phase, transport }) => phase === "live" && used.push(transport) }))).toEqual([1, 2, 3]);
    expect(used).toEqual(["sse"]);
  });

  test("falls to SSE where the upgrade works and then nothing comes", async () => {
    await using server = scriptedServer({ visit: (visit) => void (visit.kind === "sse" && serve(visit, 3, 3)) });
    const client = clientOf(server.url);
    expect(await seqs(client.follow("t1"))).toEqual([1, 2, 3]);
    expect(server.visits.map(({ kind }) => kind)).toEqual(["websocket", "sse"]);
    expect(await seqs(client.follow("t1"))).toEqual([1, 2, 3]);
    expect(server.visits.map(({ kind }) => kind)).toEqual(["websocket", "sse", "sse"]);
  });

  test("uses SSE where there is no WebSocket at all", async () => {
    await using server = scriptedServer({ visit: (visit) => serve(visit, 2, 2) });
    const had = globalThis.WebSocket;
    try {
      Reflect.deleteProperty(globalThis, "WebSocket");
      expect(await seqs(clientOf(server.url).follow("t1"))).toEqual([1, 2]);
    } finally {
      globalThis.WebSocket = had;
    }
    expect(server.visits.map(({ kind }) => kind)).toEqual(["sse"]);
  });

  test("sends a token that fits no header name in the first frame", async () => {
    await using server = scriptedServer({ message: (visit, text) => void (text.includes('"auth"') && serve(visit, 1, 1)) });
    expect(await seqs(clientOf(server.url, { token: "a/b==", transport: "websocket" }).follow("t1"))).toEqual([1]);
    expect(server.visits[0]?.received[0]).toBe('{"type":"auth","token":"a/b=="}');
  });

  test("says what is wrong with an id before anything is sent", async () => {
    await using server = scriptedServer({});
    for (const id of ["", "a/b", "x".repeat(65)]) expect((await failureOf(seqs(clientOf(server.url).follow(id)))).code).toBe("id_invalid");
    expect(server.visits).toEqual([]);
  });

  test("says what is wrong with an address before anything is sent", () => {
    expect(() => createClient({ url: "nowhere" })).toThrow(TaskwireError);
    expect(() => createClient({ url: "ftp://example.test" })).toThrow("neither http nor https");
  });
});

describe("answers that are not streams", () => {
  const answering = (answer: Script["answer"]) => scriptedServer({ ...(answer ? { answer } : {}), visit: (visit) => serve(visit, 2, 2) });
  const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
    new Response(JSON.stringify({ code, title: code, status, detail: `It was ${code}.`, retryable: status >= 500, advice: "Do something.", law: 3 }), { status, headers: { "content-type": "application/problem+json", ...headers } });

  test.each([[403, "scope_missing"], [404, "task_unknown"], [400, "cursor_invalid"]] as const)("a %i is an error with the problem's code and detail", async (status, code) => {
    await using server = answering(() => problem(status, code));
    const error = await failureOf(seqs(clientOf(server.url, { transport: "sse" }).follow("t1")));
    expect(error).toMatchObject({ code, status, message: `It was ${code}.`, advice: "Do something.", extra: { law: 3 } });
  });

  test.each([[502, "<html>Bad gateway</html>"], [503, ""]] as const)("a %i from something in between is tried again", async (status, body) => {
    let answered = 0;
    await using server = answering(() => (answered++ < 2 ? new Response(body, { status }) : null));
    expect(await seqs(clientOf(server.url, { transport: "sse" }).follow("t1"))).toEqual([1, 2]);
  });

  test("a page of HTML is an error that says what was expected", async () => {
    await using server = answering(() => new Response("<html>Welcome to the hotel</html>", { headers: { "content-type": "text/html" } }));
    const error = await failureOf(seqs(clientOf(server.url, { transport: "sse" }).follow("t1")));
    expect(error.code).toBe("not_taskwire");
    expect(error.message).toContain("text/event-stream was expected");
  });

  test("a 204 ends a task that was read before", async () => {
    await using server = answering(() => new Response(null, { status: 204 }));
    expect(await seqs(clientOf(server.url, { transport: "sse" }).follow("t1", { after: "c9" }))).toEqual([]);
  });

  test("frames survive CRLF, a byte order mark, comments, several data lines and letters cut in two", async () => {
    const text = `\u{feff}: hi\r\nretry: 10\r\n\r\nevent: stream\r\ndata: ${JSON.stringify(ready())}\r\n\r\ndata: {"type":"log.line","task_id":"t1",\r\ndata: "seq":1,"data":{"level":"info","text":"grün 🌱"},"cursor":"c1"}\r\n\r\ndata: ${JSON.stringify(completed(2))}\r\n\r\n`;
    const bytes = new TextEncoder().encode(text);
    await using server = scriptedServer({
      async visit(visit) {
        for (let at = 0; at < bytes.length; at += 3) {
          visit.raw(bytes.slice(at, at + 3));
          if (at % 30 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        }
      },
    });
    const events: DeliveredEvent[] = [];
    for await (const one of clientOf(server.url, { transport: "sse" }).follow("t1")) events.push(one);
    expect(events[0]?.data).toEqual({ level: "info", text: "grün 🌱" });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
  });
});

describe("several tasks", () => {
  const of = (task: string, frame: object): object => ({ ...frame, task_id: task });

  test("travel over one WebSocket and are resumed each from its own cursor", async () => {
    await using server = scriptedServer({
      visit: (visit) => visit.send(ready()),
      message(visit, text) {
        const frame = JSON.parse(text) as { type: string; task_id: string; after?: string };
        if (frame.type !== "subscribe") return;
        const from = Number(frame.after?.slice(1) ?? 0);
        if (visit.number === 1) for (const seq of [1, 2]) visit.send(of(frame.task_id, event(seq)));
        if (visit.number === 1 && frame.task_id === "b") visit.close(1011, "oops");
        if (visit.number > 1) for (const seq of range(from + 1, 4)) visit.send(of(frame.task_id, seq === 4 ? completed(4) : event(seq)));
      },
    });
    const found: Record<string, number[]> = { a: [], b: [] };
    for await (const { task_id, seq } of clientOf(server.url, { transport: "websocket" }).followMany(["a", "b"])) found[task_id]?.push(seq);
    expect(found).toEqual({ a: [1, 2, 3, 4], b: [1, 2, 3, 4] });
    expect(server.visits[1]?.received.filter((text) => text.includes("subscribe")).map((text) => JSON.parse(text).after)).toEqual(["c2", "c2"]);
  });

  test("travel over one stream each where only SSE gets through", async () => {
    await using server = scriptedServer({
      visit(visit) {
        const task = visit.path.split("/")[3] ?? "";
        visit.send(ready());
        for (const seq of range(seqAfter(visit) + 1, 3)) visit.send(of(task, seq === 3 ? completed(3) : event(seq)));
      },
    });
    const found: Record<string, number[]> = { a: [], b: [] };
    for await (const { task_id, seq } of clientOf(server.url, { transport: "sse" }).followMany(["a", "b"])) found[task_id]?.push(seq);
    expect(found).toEqual({ a: [1, 2, 3], b: [1, 2, 3] });
  });
});
