/** Every vector of the contract that a client may send, through the running service on a real nats-server; and what comes back held to the contract. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ErrorCode, ERRORS } from "../../generated/typescript/errors.ts";
import { anyEvent, streamFrame } from "../../generated/typescript/validators.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { readVectors } from "../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly value?: unknown;
  readonly body?: string;
  readonly content_type?: string;
  readonly events?: number;
  readonly before?: readonly unknown[];
  readonly drafts?: readonly unknown[];
  readonly code?: ErrorCode;
  readonly path?: string;
  readonly line?: number;
  readonly law?: number;
  readonly unknown_type?: boolean;
}
interface Cases {
  readonly valid: readonly Case[];
  readonly invalid: readonly Case[];
  readonly forward?: readonly Case[];
}
interface Problem {
  readonly code?: string;
  readonly path?: string;
  readonly line?: number;
  readonly law?: number;
  readonly status?: number;
  readonly retryable?: boolean;
}
interface Answer {
  readonly status: number;
  readonly body: Problem & { readonly task_id?: string; readonly first_seq?: number; readonly last_seq?: number; readonly events?: readonly Record<string, unknown>[] };
}

/** Cases at once: each has a task of its own. */
const AT_ONCE = 16;
const LIMIT_MS = 60_000;

let service: Service;
let token: string;

beforeAll(async () => {
  service = await startService();
  token = await signUp(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

async function send(method: string, path: string, body?: string, type = "application/json"): Promise<Answer> {
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, accept: "application/json", ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}

async function newTask(): Promise<string> {
  const { body } = await send("POST", "/v1/tasks", JSON.stringify({ kind: "vectors" }));
  return body.task_id ?? "";
}
const append = (task: string, drafts: unknown): Promise<Answer> => send("POST", `/v1/tasks/${task}/events`, JSON.stringify(drafts));

/** Runs all cases, some at once, and answers those that went wrong with what was seen. */
async function wrongOf(cases: readonly Case[], run: (each: Case) => Promise<unknown>): Promise<unknown[]> {
  const wrong: unknown[] = [];
  const queue = [...cases];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let each = queue.shift(); each; each = queue.shift()) {
      const seen = await run(each);
      if (seen !== null) wrong.push({ name: each.name, seen });
    }
  }));
  return wrong;
}

/** Null where an answer refuses as the case wants it: code, status of the table, path, line, law. */
function refusal({ code, path, line, law }: Case, { status, body }: Answer): unknown {
  const facts = code === undefined ? undefined : ERRORS[code];
  const fits = body.code === code && status === facts?.status && body.retryable === facts?.retryable
    && (path === undefined || body.path === path) && (line === undefined || body.line === line) && (law === undefined || body.law === law);
  return fits ? null : { status, body, expected: { code, path, line, law } };
}

describe("drafts", () => {
  const { valid, invalid, forward = [] } = readVectors<Cases>("drafts.json");

  test("what is valid or forward is stored, and comes back whole in a page that keeps the contract", async () => {
    const wrong = await wrongOf([...valid, ...forward], async ({ value, before = [] }) => {
      const task = await newTask();
      if (before.length > 0) {
        const prepared = await append(task, before);
        if (prepared.status !== 201 && prepared.status !== 200) return { before: prepared };
      }
      const stored = await append(task, value);
      if (stored.body.last_seq === undefined) return stored;
      const { body } = await send("GET", `/v1/tasks/${task}/events?limit=1000`);
      const event = body.events?.at(-1);
      if (!anyEvent.safeParse(event).success) return { unlike: event };
      const draft = value as { type: string; data: Record<string, unknown> };
      // A falling percent is held, and a task's id is its own; all else must be as it was sent.
      const { task_id: _own, ...fields } = draft as Record<string, unknown>;
      return event?.seq === stored.body.last_seq && Bun.deepMatch(fields, event as Record<string, unknown>) ? null : { sent: value, event };
    });
    expect(wrong).toEqual([]);
  }, LIMIT_MS);

  test("what is not valid is refused with its code and the path of its fault, and nothing is stored", async () => {
    // An array is no event, but a request may be one: those cases are bodies.
    const wrong = await wrongOf(invalid.filter(({ value }) => !Array.isArray(value)), async (each) => {
      const task = await newTask();
      if (each.before?.length) await append(task, each.before);
      const before = (await send("GET", `/v1/tasks/${task}/events`)).body.events?.length;
      const fault = refusal(each, await append(task, each.value));
      const after = (await send("GET", `/v1/tasks/${task}/events`)).body.events?.length;
      return fault ?? (before === after ? null : { before, after });
    });
    expect(wrong).toEqual([]);
  }, LIMIT_MS);
});

test("bodies byte for byte: taken with all their events, or refused with code and line", async () => {
  const { valid, invalid } = readVectors<Cases>("bodies.json");
  const post = async ({ body = "", content_type = "application/json" }: Case): Promise<Answer> => send("POST", `/v1/tasks/${await newTask()}/events`, body, content_type);
  const taken = await wrongOf(valid, async (each) => {
    const answer = await post(each);
    return (answer.body.last_seq ?? 0) - (answer.body.first_seq ?? 0) + 1 === each.events ? null : answer;
  });
  const refused = await wrongOf(invalid, async (each) => refusal(each, await post(each)));
  expect({ taken, refused }).toEqual({ taken: [], refused: [] });
}, LIMIT_MS);

test("the laws: what they allow is stored, a breach is refused with its code and its law", async () => {
  const { valid, invalid } = readVectors<Cases>("laws.json");
  const judge = async ({ before = [], drafts = [] }: Case): Promise<Answer> => {
    const task = await newTask();
    if (before.length > 0) await append(task, before);
    return append(task, drafts);
  };
  const taken = await wrongOf(valid, async (each) => {
    const answer = await judge(each);
    return answer.body.last_seq === undefined ? answer : null;
  });
  const refused = await wrongOf(invalid, async (each) => refusal(each, await judge(each)));
  expect({ taken, refused }).toEqual({ taken: [], refused: [] });
}, LIMIT_MS);

test("creations: taken, or refused with code and path", async () => {
  const { valid, invalid, forward = [] } = readVectors<Cases>("create-task.json");
  const taken = await wrongOf([...valid, ...forward], async ({ value }) => {
    const answer = await send("POST", "/v1/tasks", JSON.stringify(value));
    return answer.status === 201 ? null : answer;
  });
  const refused = await wrongOf(invalid, async (each) => refusal(each, await send("POST", "/v1/tasks", JSON.stringify(each.value))));
  expect({ taken, refused }).toEqual({ taken: [], refused: [] });
}, LIMIT_MS);

interface Exchange {
  readonly frames: Record<string, unknown>[];
  /** The connection has answered a ping behind the frame. */
  readonly stayed: boolean;
}

/** Sends one frame on a connection of its own and answers every frame that came before the pong to a ping behind it, or before the close. */
function exchange(frame: unknown): Promise<Exchange> {
  return new Promise((resolve) => {
    const frames: Record<string, unknown>[] = [];
    let ponged = false;
    const socket = new WebSocket(`${service.url.replace(/^http/, "ws")}/v1/ws`, ["taskwire.v1", `bearer.${token}`]);
    const done = (): void => {
      clearTimeout(late);
      socket.close();
      resolve({ frames, stayed: ponged });
    };
    // An answer that needs the log comes behind the pong: the frame's own answer is waited for as well.
    const late = setTimeout(done, 2_000);
    socket.onopen = () => {
      socket.send(JSON.stringify(frame));
      socket.send(JSON.stringify({ type: "ping", nonce: "behind" }));
    };
    socket.onmessage = ({ data }) => {
      const got = JSON.parse(String(data)) as Record<string, unknown>;
      ponged ||= got.type === "stream.pong" && got.nonce === "behind";
      if (got.type !== "stream.ready" && got.nonce !== "behind") frames.push(got);
      if (ponged && frames.length > 0) done();
    };
    socket.onclose = done;
  });
}

test("client frames: each is answered as the contract says, by frames that keep it, and the connection stays", async () => {
  const { valid, invalid, forward = [] } = readVectors<Cases>("client-frames.json");
  // The vectors' token and tasks are examples: what is right in form is answered by a frame, if only by an error of the table.
  const wrong = await wrongOf([...valid, ...forward.filter(({ unknown_type: unknown }) => !unknown)], async ({ value }) => {
    const { frames, stayed } = await exchange(value);
    const unlike = frames.filter((each) => !streamFrame.safeParse(each).success);
    const misread = frames.filter(({ code }) => code === "frame_invalid" || code === "frame_unknown" || code === "internal");
    // The examples' token is none that this service takes, and ends the connection; an error of a task does not.
    const ends = frames.some(({ code }) => code === "token_invalid");
    return frames.length > 0 && unlike.length === 0 && misread.length === 0 && stayed !== ends ? null : { value, stayed, frames };
  });
  const refused = await wrongOf(invalid, async ({ value, code, path }) => {
    const { frames, stayed } = await exchange(value);
    const told = frames.find(({ type }) => type === "stream.error");
    const asked = (value as { request_id?: unknown } | null)?.request_id;
    const fits = stayed === (code === undefined || ERRORS[code].close === null) && told?.code === code && (path === undefined || told?.path === path) && (typeof asked !== "string" || told?.request_id === undefined || told?.request_id === asked);
    return fits ? null : { value, frames, stayed, expected: { code, path } };
  });
  expect({ wrong, refused }).toEqual({ wrong: [], refused: [] });
}, LIMIT_MS);
