/** Short ways to ask a running service over plain HTTP, for tests that look at the bare answers. */
import { expect } from "bun:test";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; `{}` where it is none. */
  readonly json: Record<string, unknown>;
}

export interface Ask {
  readonly token?: string | null;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON, unless it is a text, bytes or a stream. */
  readonly body?: unknown;
  readonly type?: string;
}

/** Asks, and reads the whole answer. */
export async function ask(url: string, path: string, { token, method, headers = {}, body, type }: Ask = {}): Promise<Answer> {
  const raw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  const answer = await fetch(`${url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": type ?? "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Not JSON: the text tells.
  }
  return { status: answer.status, headers: answer.headers, text, json };
}

/** Creates a task and answers its id. */
export async function createTask(url: string, token: string, body: Record<string, unknown> = { kind: "test" }): Promise<string> {
  const made = await ask(url, "/v1/tasks", { token, body });
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  return String(made.json.task_id);
}

/** Appends events and expects that they are taken. */
export async function append(url: string, token: string, taskId: string, events: unknown): Promise<Record<string, unknown>> {
  const done = await ask(url, `/v1/tasks/${taskId}/events`, { token, body: events });
  expect([done.status, done.text]).toEqual([200, expect.any(String)]);
  return done.json;
}

/** Expects a problem of exactly this status and code, complete and without anything that is not the caller's business. */
export function expectProblem(answer: Answer, status: number, code: string, more: Record<string, unknown> = {}): void {
  expect([answer.status, answer.json.code, answer.text]).toEqual([status, code, expect.any(String)]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.json).toMatchObject({ type: `/problems/${code}`, status, code, ...more });
  for (const field of ["title", "detail", "advice", "request_id"]) expect(answer.json[field]).toBeString();
  expect(answer.json.retryable).toBeBoolean();
  expect(answer.headers.get("x-request-id")).toBe(String(answer.json.request_id));
  expect(answer.text).not.toMatch(/\.ts:\d|node_modules|eyJ/);
  if ([429, 503, 507].includes(status)) {
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(answer.json.retry_after_ms).toBeNumber();
  }
}

export interface SocketTranscript {
  readonly frames: readonly Record<string, unknown>[];
  readonly code: number;
  readonly reason: string;
}

export interface SocketOptions {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
  /** Called for each frame; what it answers is sent. */
  readonly onFrame?: (frame: Record<string, unknown>) => string | Uint8Array | null | undefined;
  /** Sent when the connection is open. */
  readonly first?: readonly (string | Uint8Array<ArrayBuffer>)[];
}

/** Longest time for one of these conversations. Milliseconds. */
const TALK_LIMIT_MS = 10_000;

/** Talks over a WebSocket until the service closes it, and answers everything that was said. */
export function talk(url: string, path: string, { protocols = ["taskwire.v1"], headers = {}, onFrame, first = [] }: SocketOptions = {}): Promise<SocketTranscript> {
  return new Promise((resolve, reject) => {
    const frames: Record<string, unknown>[] = [];
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}${path}`, { protocols, headers } as unknown as string[]);
    const limit = setTimeout(() => (socket.close(), reject(new Error(`the service did not close; it said ${JSON.stringify(frames)}`))), TALK_LIMIT_MS);
    socket.onopen = () => first.forEach((each) => socket.send(each));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Record<string, unknown>;
      frames.push(frame);
      const reply = onFrame?.(frame);
      if (reply) socket.send(reply as string);
    };
    socket.onclose = ({ code, reason }) => (clearTimeout(limit), resolve({ frames, code, reason }));
  });
}
