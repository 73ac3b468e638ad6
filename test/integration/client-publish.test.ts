import { describe, expect, test } from "bun:test";
import { type ClientOptions, createClient, type EventDraft, TaskwireError } from "../../clients/typescript/src/client.ts";
import { until } from "../support/until.ts";

const FAST = { backoffMinMs: 2, backoffMaxMs: 10 };
const line = (text: string): EventDraft => ({ type: "log.line", data: { level: "info", text } });

interface Asked {
  readonly path: string;
  readonly token: string | null;
  readonly producer: string | null;
  readonly key: string | null;
  readonly lines: string[];
}

type Answer = (asked: Asked, number: number) => Response | Promise<Response>;

const problem = (status: number, code: string, retryable = false): Response => new Response(JSON.stringify({ code, status, detail: `It was ${code}.`, retryable, advice: "" }), { status, headers: { "content-type": "application/problem+json" } });

/** A service that keeps what it was asked and answers as told; by default it stores. */
function recording(answer: Answer) {
  const asked: Asked[] = [];
  let seq = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const one: Asked = {
        path: new URL(request.url).pathname,
        token: request.headers.get("authorization"),
        producer: request.headers.get("taskwire-producer"),
        key: request.headers.get("idempotency-key"),
        lines: (await request.text()).split("\n").filter((text) => text !== ""),
      };
      asked.push(one);
      return answer(one, asked.length);
    },
  });
  return {
    asked,
    url: `http://127.0.0.1:${server.port}`,
    stored: ({ lines }: Asked) => Response.json({ task_id: "t1", first_seq: seq + 1, last_seq: (seq += lines.length), cursor: "c", duplicate: false }),
    texts: () => asked.flatMap(({ lines }) => lines.map((text) => JSON.parse(text).data.text as string)),
    async [Symbol.asyncDispose]() {
      await server.stop(true);
    },
  };
}

const clientOf = (url: string, options: Partial<ClientOptions> = {}) => createClient({ url, token: "good", settings: FAST, ...options });

describe("publishing", () => {
  test("repeats a request under the same identity until it is answered", async () => {
    await using service = recording((asked, number) => (number < 4 ? problem(503, "append_unknown", true) : service.stored(asked)));
    const ack = await clientOf(service.url).publish("t1", [line("a"), line("b")]);
    expect(ack).toMatchObject({ first_seq: 1, last_seq: 2 });
    expect(service.asked.length).toBe(4);
    expect(new Set(service.asked.map(({ producer }) => producer)).size).toBe(1);
    expect(service.asked[0]?.producer).toMatch(/^[A-Za-z0-9_-]{1,64};1$/);
    expect(new Set(service.asked.map(({ lines }) => lines.join())).size).toBe(1);
  });

  test("sends a task's requests one after another, numbered", async () => {
    let inside = 0;
    let most = 0;
    await using service = recording(async (asked) => {
      most = Math.max(most, ++inside);
      await Bun.sleep(2);
      inside--;
      return service.stored(asked);
    });
    const client = clientOf(service.url);
    await Promise.all(["a", "b", "c", "d"].map((text) => client.publish("t1", line(text))));
    expect(most).toBe(1);
    expect(service.texts()).toEqual(["a", "b", "c", "d"]);
    expect(service.asked.map(({ producer }) => producer?.split(";")[1])).toEqual(["1", "2", "3", "4"]);
  });

  test("says what was refused and does not repeat it", async () => {
    await using service = recording(() => problem(409, "task_ended"));
    const error = await clientOf(service.url).publish("t1", line("late")).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TaskwireError);
    expect(error).toMatchObject({ code: "task_ended", status: 409, retryable: false });
    expect(service.asked.length).toBe(1);
  });

  test("gives up after the time that it was given, with the error that kept it", async () => {
    await using service = recording(() => problem(503, "unavailable", true));
    const error = await clientOf(service.url).publish("t1", line("x"), { giveUpMs: 30 }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "unavailable", retryable: true });
    expect(service.asked.length).toBeGreaterThan(1);
  });

  test("asks for another token when one has ended", async () => {
    await using service = recording((asked) => (asked.token === "Bearer new" ? service.stored(asked) : problem(401, "token_expired", true)));
    let asked = 0;
    await clientOf(service.url, { token: () => (asked++ === 0 ? "old" : "new") }).publish("t1", line("x"));
    expect(service.asked.map(({ token }) => token)).toEqual(["Bearer old", "Bearer new"]);
  });

  test("creates a task under one key, however often it has to ask", async () => {
    await using service = recording((_, number) => (number === 1 ? problem(503, "unavailable", true) : Response.json({ task_id: "t9", first_seq: 1, last_seq: 1, cursor: "c", duplicate: true })));
    expect((await clientOf(service.url).create({ kind: "build" })).task_id).toBe("t9");
    expect(new Set(service.asked.map(({ key }) => key)).size).toBe(1);
  });
});

describe("a publisher", () => {
  test("gathers events and sends them together, in order, with the time at which they happened", async () => {
    await using service = recording((asked) => service.stored(asked));
    const publisher = clientOf(service.url).publisher("t1", { delayMs: 5 });
    for (let at = 0; at < 250; at++) void publisher.push(line(`n${at}`));
    await publisher.flush();
    expect(service.texts()).toEqual(Array.from({ length: 250 }, (_, at) => `n${at}`));
    expect(service.asked.length).toBeLessThan(5);
    expect(JSON.parse(service.asked[0]?.lines[0] ?? "{}").time).toMatch(/^\d{4}-.*Z$/);
    expect(publisher.waiting).toBe(0);
    expect(publisher.lastSeq).toBe(250);
  });

  test("keeps what it was given while the service is away, and asks its caller to wait when that is too much", async () => {
    let away = true;
    await using service = recording((asked) => (away ? new Response("", { status: 503 }) : service.stored(asked)));
    const tries: string[] = [];
    const publisher = clientOf(service.url).publisher("t1", { delayMs: 1, maxWaiting: 2_000, onRetry: ({ code }) => tries.push(code) });
    let held = false;
    const pushing = (async () => {
      for (let at = 0; at < 100; at++) {
        held = true;
        await publisher.push(line(`n${at}`));
        held = false;
      }
    })();
    await until("the caller is held and the service was asked again", 2_000, () => held && tries.length > 3);
    expect(publisher.waiting).toBeLessThan(2_300);
    away = false;
    await pushing;
    await publisher.flush();
    expect([...new Set(service.texts())]).toEqual(Array.from({ length: 100 }, (_, at) => `n${at}`));
  });

  test("stays within a request's bounds", async () => {
    await using service = recording((asked) => service.stored(asked));
    const publisher = clientOf(service.url).publisher("t1", { delayMs: 1 });
    for (let at = 0; at < 2_500; at++) void publisher.push(line("x"));
    for (let at = 0; at < 10; at++) void publisher.push(line("y".repeat(50_000)));
    await publisher.flush();
    expect(Math.max(...service.asked.map(({ lines }) => lines.length))).toBe(1_000);
    expect(Math.max(...service.asked.map(({ lines }) => lines.join("\n").length + 1))).toBeLessThanOrEqual(256 * 1024);
    expect(service.texts().length).toBe(2_510);
  });

  test("leaves out an event that is refused for itself, says which, and sends the others once", async () => {
    await using service = recording((asked) => (asked.lines.some((text) => text.includes("bad")) ? problem(422, "event_invalid") : service.stored(asked)));
    const refused: string[] = [];
    const publisher = clientOf(service.url).publisher("t1", { delayMs: 1, onRefused: (event, { code }) => refused.push(`${code} ${JSON.parse(event).data.text}`) });
    for (const text of ["a", "b", "bad", "c"]) void publisher.push(line(text));
    await publisher.flush();
    const stored = service.asked.filter(({ lines }) => !lines.some((text) => text.includes("bad"))).flatMap(({ lines }) => lines.map((text) => JSON.parse(text).data.text));
    expect(stored).toEqual(["a", "b", "c"]);
    expect(refused).toEqual(["event_invalid bad"]);
  });

  test("still sends the end of a task that is full", async () => {
    await using service = recording((asked) => (asked.lines.some((text) => text.includes("log.line")) ? problem(409, "task_full") : service.stored(asked)));
    const refused: string[] = [];
    const publisher = clientOf(service.url).publisher("t1", { delayMs: 1, onRefused: (_, { code }) => refused.push(code) });
    for (const text of ["a", "b", "c"]) void publisher.push(line(text));
    void publisher.push({ type: "task.completed", data: {} });
    await publisher.flush();
    expect(refused).toEqual(["task_full", "task_full", "task_full"]);
    expect(service.asked.at(-1)?.lines).toHaveLength(1);
    expect(service.asked.at(-1)?.lines[0]).toContain("task.completed");
  });

  test("waits for the task's id, and fails whole when there is none", async () => {
    await using service = recording((asked) => service.stored(asked));
    const client = clientOf(service.url);
    const id = Promise.withResolvers<string>();
    const publisher = client.publisher(id.promise, { delayMs: 1 });
    void publisher.push(line("early"));
    id.resolve("t7");
    await publisher.flush();
    expect(service.asked[0]?.path).toBe("/v1/tasks/t7/events");
    const lost = client.publisher(Promise.reject(new TaskwireError("token_invalid")), { delayMs: 1 });
    await lost.push(line("x"));
    expect(await lost.flush().catch((thrown) => thrown)).toMatchObject({ code: "token_invalid" });
    expect(await lost.push(line("y")).catch((thrown) => thrown)).toMatchObject({ code: "token_invalid" });
  });
});
