/**
 * What the service delivers, held to the vectors: every event and every history of the contract is put into a real log as
 * it is (also what only a later version could have written), and read back through the running service on every way there is.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createParser } from "eventsource-parser";
import { SERVICE_ONLY_TYPES, TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { anyEvent, eventPage, streamFrame } from "../../generated/typescript/validators.ts";
import { emptyView, fold, type FoldEvent } from "../../src/domain/fold.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { LIMITS } from "../../src/limits.ts";
import { openJetStream } from "../../src/log/jetstream.ts";
import type { Store } from "../../src/log/port.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { realEnvironment } from "../support/environment.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { foldedTo, readVectors, vectorsIn } from "../support/vectors.ts";

/** How long a stream may take to say that it is caught up. Milliseconds. */
const STREAM_LIMIT_MS = 10_000;

interface Event extends FoldEvent {
  readonly cursor?: string;
}
interface Frame extends Event {
  readonly first_seq?: number;
  readonly events?: readonly Event[];
}
interface History {
  readonly events: readonly Event[];
  readonly folds_to: Readonly<Record<string, unknown>>;
}

let nats: NatsServer;
let store: Store;
let service: Service;
let authorization: string;
let owner: string;

beforeAll(async () => {
  nats = await startNats();
  service = await startService({ env: { NATS_URL: brokerUrl(nats) } });
  store = await openJetStream({ servers: nats.url, credentials: nats.credentials, replicas: 1, environment: realEnvironment(), limits: LIMITS, meter: silentMeter });
  authorization = `Bearer ${await signUp(service.url)}`;
  owner = ((await (await get("/v1/me")).json()) as { user: string }).user;
}, 90_000);
afterAll(async () => {
  await store?.close();
  await service?.[Symbol.asyncDispose]();
  await nats?.stop();
});

const get = (path: string, accept = "application/json", signal?: AbortSignal): Promise<Response> => fetch(`${service.url}${path}`, { headers: { authorization, accept }, signal: signal ?? null });

/** Puts events into the log as the events 1..n of a new task of this user; two of three are batches of their own. Answers the task and its events. */
async function keep(events: readonly Event[], status: string): Promise<{ readonly task: string; readonly stored: readonly Event[] }> {
  const task = crypto.randomUUID();
  const stored = events.map(({ cursor: _cursor, ...event }, at) => ({ ...event, task_id: task, seq: at + 1 }));
  let position = 0;
  for (let at = 0; at < stored.length; ) {
    const batch = stored.slice(at, at + (at % 3 === 0 ? 2 : 1));
    at += batch.length;
    const header = {
      firstSeq: at - batch.length + 1, lastSeq: at, nonce: crypto.randomUUID().slice(0, 8), owner, creator: null, conversation: null, kind: "vectors", access: "owner",
      status: at === stored.length ? status : "running", attempt: 1, state: position === 0 ? "{}" : null, stateAt: position === 0 ? 0 : 1, delta: null,
    };
    const body = new TextEncoder().encode(batch.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const outcome = await store.log.append({ taskId: task, expected: position, header, body });
    if (outcome.kind !== "stored") throw new Error(`The log answered ${outcome.kind}.`);
    position = outcome.position;
  }
  return { task, stored };
}

/** Reads the log in pages of `limit` events, as far as it goes. */
async function byPages(task: string, limit: number): Promise<Event[]> {
  const events: Event[] = [];
  for (let after = "0"; ; ) {
    const page = (await (await get(`/v1/tasks/${task}/events?limit=${limit}&after=${encodeURIComponent(after)}`)).json()) as { events: Event[]; cursor: string; more: boolean };
    if (!eventPage.safeParse(page).success) throw new Error(`no page of the contract: ${JSON.stringify(page)}`);
    events.push(...page.events);
    if (!page.more) return events;
    after = page.cursor;
  }
}

/** The frame behind which nothing comes any more, as nobody writes to these tasks. */
const lastOf = (status: string): string => (TERMINAL_STATUSES.has(status) ? "stream.end" : "stream.caught_up");

/** Every frame up to the `last`. */
async function bySse(task: string, replay: string, last: string): Promise<Frame[]> {
  const gone = new AbortController();
  const answer = await get(`/v1/tasks/${task}/events?replay=${replay}`, "text/event-stream", AbortSignal.any([gone.signal, AbortSignal.timeout(STREAM_LIMIT_MS)]));
  const frames: Frame[] = [];
  const parser = createParser({ onEvent: ({ data }) => void frames.push(JSON.parse(data) as Frame) });
  const text = new TextDecoder();
  for await (const bytes of answer.body as ReadableStream<Uint8Array>) {
    // Byte by byte: wherever a network cuts.
    for (let at = 0; at < bytes.length; at += 1) parser.feed(text.decode(bytes.subarray(at, at + 1), { stream: true }));
    if (frames.some(({ type }) => type === last)) break;
  }
  gone.abort();
  return frames;
}

function bySocket(task: string, replay: string, last: string): Promise<Frame[]> {
  return new Promise((resolve, reject) => {
    const frames: Frame[] = [];
    const socket = new WebSocket(`${service.url.replace(/^http/, "ws")}/v1/tasks/${task}/ws?replay=${replay}`, ["taskwire.v1", authorization.replace("Bearer ", "bearer.")]);
    const late = setTimeout(() => reject(new Error(`not caught up: ${JSON.stringify(frames)}`)), STREAM_LIMIT_MS);
    const done = (): void => {
      clearTimeout(late);
      socket.close();
      resolve(frames);
    };
    socket.onmessage = ({ data }) => {
      frames.push(JSON.parse(String(data)) as Frame);
      if (frames.at(-1)?.type === last) done();
    };
    socket.onclose = done;
  });
}

const WAYS: Readonly<Record<string, (task: string, last: string) => Promise<Frame[]>>> = {
  "one page": (task) => byPages(task, LIMITS.pageEvents),
  "pages of four": (task) => byPages(task, 4),
  "Server-Sent Events": (task, last) => bySse(task, "full", last),
  WebSocket: (task, last) => bySocket(task, "full", last),
  "Server-Sent Events, compacted": (task, last) => bySse(task, "compact", last),
  "WebSocket, compacted": (task, last) => bySocket(task, "compact", last),
};

/** What is wrong with frames as such: with their form, with cursors, with seq. */
function formOf(frames: readonly Frame[]): unknown[] {
  const wrong: unknown[] = frames.filter((frame) => !(frame.type.startsWith("stream.") ? streamFrame : anyEvent).safeParse(frame).success);
  let seq = 0;
  for (const frame of frames) {
    if (frame.type.startsWith("stream.") && frame.type !== "stream.replayed") continue;
    if ((frame.first_seq ?? frame.seq) !== seq + 1 || !frame.cursor) wrong.push({ after: seq, frame });
    seq = frame.seq ?? 0;
  }
  return wrong;
}

/** What a frame tells of the task. */
const told = ({ type, events = [], ...rest }: Frame): readonly Event[] => (type === "stream.replayed" ? events : type.startsWith("stream.") ? [] : [{ type, ...rest }]);
const bare = ({ cursor: _cursor, ...event }: Event): Event => event;

describe("every event of the vectors comes out as it went in, but for its cursor", () => {
  const cases = readVectors<{ valid: readonly { value: Event }[]; forward: readonly { value: Event }[] }>("events.json");
  // A snapshot is not stored; it is made where a watcher has missed what is no longer there.
  const events = [...cases.valid, ...cases.forward].map(({ value }) => value).filter(({ type }) => type !== "task.snapshot");
  for (const [way, follow] of Object.entries(WAYS).filter(([name]) => !name.includes("compacted"))) {
    test(way, async () => {
      const { task, stored } = await keep(events, "running");
      const frames = await follow(task, lastOf("running"));
      expect(formOf(frames)).toEqual([]);
      expect(frames.flatMap(told).map(bare)).toEqual([...stored]);
    });
  }
});

describe("every history folds to what it says, however it is watched", () => {
  for (const { file, vector: { events, folds_to } } of vectorsIn<History>("streams")) {
    const status = String(folds_to.status);

    test(file, async () => {
      const { task, stored } = await keep(events, status);
      for (const [way, follow] of Object.entries(WAYS)) {
        const frames = await follow(task, lastOf(status));
        expect({ way, wrong: formOf(frames) }).toEqual({ way, wrong: [] });
        expect({ way, ...foldedTo(frames.flatMap(told).reduce(fold, emptyView()), folds_to) }).toEqual({ way, ...folds_to });
        if (!way.includes("compacted")) expect(frames.flatMap(told).map(bare)).toEqual([...stored]);
        if (frames.some(({ type }) => type.startsWith("stream."))) expect(frames.at(-1)?.type).toBe(lastOf(status));
      }
      const { task: summary, snapshot } = (await (await get(`/v1/tasks/${task}`)).json()) as { task: Record<string, unknown>; snapshot: Record<string, unknown> };
      expect({ status: summary.status, last_seq: summary.last_seq, snapshot: snapshot.status, as_of_seq: snapshot.as_of_seq }).toEqual({ status, last_seq: events.length, snapshot: status, as_of_seq: events.length });
    });

    if (events.slice(1).some(({ type }) => SERVICE_ONLY_TYPES.has(type)) || file === "from-the-future.json") continue;
    test(`${file}: sent by its producer, it folds to the same`, async () => {
      const headers = { authorization, "content-type": "application/json" };
      const made = (await (await fetch(`${service.url}/v1/tasks`, { method: "POST", headers, body: JSON.stringify({ kind: "vectors" }) })).json()) as { task_id: string };
      for (const { type, data, message, time } of events.slice(1)) {
        const answer = await fetch(`${service.url}/v1/tasks/${made.task_id}/events`, { method: "POST", headers, body: JSON.stringify({ type, data, message, time }) });
        expect({ type, told: answer.ok ? null : await answer.json() }).toEqual({ type, told: null });
      }
      expect(foldedTo((await byPages(made.task_id, LIMITS.pageEvents)).reduce(fold, emptyView()), folds_to)).toEqual({ ...folds_to });
    });
  }
});
