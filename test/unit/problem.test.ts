/** What a refusal looks like, how bodies are read, and what a request would like to be answered with. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ERRORS } from "../../generated/typescript/errors.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { representation } from "../../src/http/accept.ts";
import { parseJson, parseNdjson, readBody } from "../../src/http/body.ts";
import { idempotencyKey, retryIdentity } from "../../src/http/identity.ts";
import { asTaskwireError, problem } from "../../src/http/problem.ts";
import { LogUnavailable } from "../../src/log/port.ts";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function refused(run: () => unknown): TaskwireError {
  try {
    run();
  } catch (error) {
    if (error instanceof TaskwireError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

async function refusedLater(run: Promise<unknown>): Promise<TaskwireError> {
  const error = await run.then(() => null, (thrown: unknown) => thrown);
  if (error instanceof TaskwireError) return error;
  throw new Error("was not refused");
}

describe("a problem", () => {
  test("says what was wrong, what to do, and whether it helps to try again", async () => {
    const answer = problem(new TaskwireError("scope_not_open", "The step s1 is not open.", { law: 3, path: "0.data.step_id" }), "r1");
    expect(answer.status).toBe(409);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ type: "/problems/scope_not_open", status: 409, code: "scope_not_open", detail: "The step s1 is not open.", retryable: false, request_id: "r1", law: 3, path: "0.data.step_id" });
  });

  test("that passes says when to come back", async () => {
    const answer = problem(asTaskwireError(new LogUnavailable("gone")), "r1");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await answer.json()).toMatchObject({ code: "unavailable", retryable: true, retry_after_ms: 1000 });
  });

  test("of our own making tells nothing of the inside", async () => {
    const answer = problem(asTaskwireError(new TypeError("secret is not a function")), "r1");
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toContain("secret");
    expect(text).not.toMatch(/\.ts:\d/);
  });

  test("about a token challenges by RFC 6750", () => {
    expect(problem(new TaskwireError("token_missing", "none"), "r").headers.get("www-authenticate")).toBe('Bearer realm="taskwire"');
    expect(problem(new TaskwireError("token_expired", 'it "ended"'), "r").headers.get("www-authenticate")).toBe(`Bearer realm="taskwire", error="invalid_token", error_description="it 'ended'"`);
  });

  test("exists for every code of the contract, with its status", () => {
    for (const { code, status } of Object.values(ERRORS)) expect(problem(new TaskwireError(code, "x"), "r").status).toBe(status);
  });
});

describe("a body", () => {
  const stream = (...chunks: string[]): Request => new Request("http://x/", { method: "POST", body: new ReadableStream({ start: (to) => (chunks.forEach((each) => to.enqueue(bytes(each))), to.close()) }), duplex: "half" } as RequestInit);

  test("is read up to the limit, announced or not", async () => {
    expect(new TextDecoder().decode(await readBody(stream("abc", "def"), 6))).toBe("abcdef");
    expect((await refusedLater(readBody(stream("abc", "defg"), 6))).code).toBe("request_too_large");
    expect((await refusedLater(readBody(new Request("http://x/", { method: "POST", body: "1234567", headers: { "content-length": "7" } }), 6))).code).toBe("request_too_large");
  });

  test("that never ends is given up at the limit", async () => {
    let given = 0;
    const endless = new ReadableStream({ pull: (to) => ((given += 1), to.enqueue(new Uint8Array(1024))) });
    expect((await refusedLater(readBody(new Request("http://x/", { method: "POST", body: endless, duplex: "half" } as RequestInit), 10 * 1024))).code).toBe("request_too_large");
    expect(given).toBeLessThan(20);
  });

  test("that is not JSON is refused with the place", () => {
    expect(refused(() => parseJson(bytes('{"a": 1,\n "b": }')))).toMatchObject({ code: "malformed_json", extra: { line: 2, column: 7 } });
    expect(refused(() => parseJson(bytes("")))).toMatchObject({ code: "malformed_json" });
    expect(refused(() => parseJson(new Uint8Array([0x22, 0xff, 0x22])))).toMatchObject({ code: "malformed_json" });
  });

  test("that is not NDJSON is refused with the line", () => {
    expect(parseNdjson(bytes('{"a":1}\n\r\n{"b":2}\r\n'))).toEqual([{ value: { a: 1 }, line: 1 }, { value: { b: 2 }, line: 3 }]);
    expect(refused(() => parseNdjson(bytes('{"a":1}\n{"b":\n{}')))).toMatchObject({ code: "malformed_ndjson", extra: { line: 2 } });
  });

  test("whatever is in it is either a value or a refusal whose place lies in it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.nat(), fc.string({ maxLength: 2 }), (json, at, junk) => {
        const text = json.slice(0, at % (json.length + 1)) + junk + json.slice(at % (json.length + 1));
        try {
          expect(parseJson(bytes(text)) as unknown).toEqual(JSON.parse(new TextDecoder().decode(bytes(text))) as unknown);
        } catch (error) {
          expect(error).toMatchObject({ code: "malformed_json" });
          const { line, column } = ((error as TaskwireError).extra ?? { line: 1, column: 1 }) as { line: number; column: number };
          const lines = text.split("\n");
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
        }
      }),
    );
  });
});

describe("a request", () => {
  test("is answered with what it accepts most", () => {
    expect(representation(null)).toBe("json");
    expect(representation("*/*")).toBe("json");
    expect(representation("text/event-stream")).toBe("stream");
    expect(representation("application/json;q=0.5, text/event-stream")).toBe("stream");
    expect(representation("text/event-stream;q=0.1, */*;q=0.2")).toBe("json");
    expect(representation("text/*")).toBe("stream");
    expect(refused(() => representation("text/html")).code).toBe("not_acceptable");
    expect(refused(() => representation("application/json;q=0")).code).toBe("not_acceptable");
  });

  test("is recognised again by its key or by its producer's number, never by both", async () => {
    const body = bytes("{}");
    expect(await retryIdentity(new Headers(), body)).toBeNull();
    expect(await retryIdentity(new Headers({ "idempotency-key": "k 1" }), body)).toMatchObject({ kind: "key", key: "k 1" });
    expect(await retryIdentity(new Headers({ "taskwire-producer": "worker-7;42" }), body)).toMatchObject({ kind: "producer", id: "worker-7", seq: 42 });
    for (const wrong of ["worker", "worker;0", "wor.ker;1", ";1", "worker;1.5", "worker;99999999999999999"]) {
      expect((await refusedLater(retryIdentity(new Headers({ "taskwire-producer": wrong }), body))).code).toBe("request_invalid");
    }
    expect((await refusedLater(retryIdentity(new Headers({ "idempotency-key": "k", "taskwire-producer": "w;1" }), body))).code).toBe("request_invalid");
    expect(refused(() => idempotencyKey(new Headers({ "idempotency-key": "x".repeat(256) }))).code).toBe("request_invalid");
  });
});
