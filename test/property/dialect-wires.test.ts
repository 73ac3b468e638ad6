/** A task told in a dialect over wires that fill and drain as they like, by a broker that loses, doubles and delays: nothing is missing, nothing comes twice, and it ends once. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createConnections } from "../../src/delivery/connections.ts";
import type { Acceptor, MessageWire, SocketHandler } from "../../src/delivery/transport.ts";
import { chatProjection } from "../../src/dialects/chat-projection.ts";
import type { Fields, Projection, Socket, TaskEvent } from "../../src/dialects/port.ts";
import { researchPlansProjection } from "../../src/dialects/research-plans-projection.ts";
import type { TaskFacts } from "../../src/domain/access.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { createHub } from "../../src/feed/hub.ts";
import { LIMITS } from "../../src/limits.ts";
import { fairWeather } from "../../src/log/memory-faults.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { virtualEnvironment } from "../support/environment.ts";
import { type Draft, TaskWriter, completed, created } from "../support/feed.ts";
import { owner } from "../support/selector-world.ts";

type Step = { readonly do: "append"; readonly count: number } | { readonly do: "wait"; readonly ms: number } | { readonly do: "drain" };
const RUNS = { numRuns: 300 };

interface Scene {
  readonly script: readonly Step[];
  /** Which writes fill the wire, over and over. */
  readonly fills: readonly boolean[];
  /** Of the rings: where they are small, history is read from the store. */
  readonly bytes: number;
  readonly seed: number;
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  script: fc.array(fc.oneof(
    fc.record({ do: fc.constant("append" as const), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 120 }) }),
    fc.constant({ do: "drain" as const }),
  ), { minLength: 5, maxLength: 60, size: "max" }),
  fills: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), bytes: fc.constantFrom(2_000, LIMITS.ringBytes), seed: fc.nat(1e6),
});
const WEATHER = { ...fairWeather(), liveLost: 0.2, liveDoubled: 0.2, liveDelayed: 0.3, liveDelayMs: 80, readFails: 0.05, staleReads: 0.1, latencyMs: 4 };

interface Outcome {
  readonly frames: readonly Fields[];
  readonly events: readonly TaskEvent[];
  /** How often it was told that the task is over, and with what the connection was closed. */
  readonly over: number;
  readonly closed: string;
}

/** A connection with one task, and a wire that takes note of what it is given. */
class Screen implements MessageWire {
  readonly frames: Fields[] = [];
  closed = "";
  over = 0;
  readonly #fills: readonly boolean[];
  #handler: SocketHandler | null = null;
  #writes = 0;
  #full = false;

  constructor(fills: readonly boolean[]) {
    this.#fills = fills;
  }

  readonly ping = (): void => this.#handler?.alive();

  readonly socket: Socket = {
    path: "/", entrance: "frame",
    open: () => ({ take: ({ kind }) => {
      if (kind === "over") this.over += 1;
      return kind === "opened" ? [{ do: "watch", taskId: "t" }] : [];
    } }),
  };

  readonly acceptor = { address: "", socket: (_: unknown, open: (wire: MessageWire) => SocketHandler) => ((this.#handler = open(this)), new Response(null)) } as unknown as Acceptor;

  write(texts: readonly string[]): "ready" | "full" {
    expect(this.closed).toBe("");
    this.frames.push(...texts.map((text) => JSON.parse(text) as Fields));
    this.#full ||= this.#fills[this.#writes++ % this.#fills.length] ?? false;
    return this.#full ? "full" : "ready";
  }

  together(work: () => void): void {
    work();
  }

  waiting(): number {
    return this.#full ? 1 : 0;
  }

  close(code: number, reason: string): void {
    this.closed ||= `${code} ${reason}`;
  }

  drain(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#handler?.drained();
  }
}

async function told(projection: Projection, { script, fills, bytes, seed }: Scene, draftAt: (at: number) => Draft): Promise<Outcome> {
  const environment = virtualEnvironment(seed);
  const store = createMemoryStore({ environment, faults: WEATHER });
  const { log } = store.client();
  const limits = { ...LIMITS, ringBytes: bytes, segmentCacheBytes: bytes };
  const hub = createHub({ log, environment, limits, meter: silentMeter });
  let nonces = 0;
  const writer = new TaskWriter(log, "t", () => `n${nonces++}`);
  const events: TaskEvent[] = [];
  const append = async (...drafts: Draft[]): Promise<void> => {
    for (const { type, data } of drafts) events.push({ type, task_id: "t", seq: events.length + 1, time: "2030-01-01T00:00:00Z", data: data as Fields });
    await environment.run(writer.append(...drafts));
  };
  const facts = async (): Promise<TaskFacts | null> => ({ taskId: "t", owner: owner.user, creator: null, conversation: null, access: "owner", kind: "k", status: "running", attempt: 1, lastSeq: events.length });
  const connections = createConnections({ hub, environment, limits, meter: silentMeter, facts, logConnected: () => true, authenticate: async () => owner } as unknown as Parameters<typeof createConnections>[0]);
  const screen = new Screen(fills);
  await append(created);
  connections.dialect(screen.acceptor, { dialect: "d", projection, socket: screen.socket, opening: { params: {}, query: {}, identity: owner, now: environment.clock.now() }, start: async () => "" });
  for (const step of script) {
    if (step.do === "append") await append(...Array.from({ length: step.count }, (_, at) => draftAt(events.length + at)));
    else if (step.do === "wait") await environment.advance(step.ms);
    else screen.drain();
  }
  await append(completed);
  for (let at = 0; at < 600 && screen.over === 0; at += 1) {
    await environment.advance(200);
    screen.drain();
  }
  hub.close();
  const { frames, over, closed } = screen;
  return { frames, events, over, closed };
}

const PIECES = (at: number): Draft => (at === 1 ? { type: "message.started", data: { message_id: "m", role: "assistant" } } : { type: "message.delta", data: { message_id: "m", delta: `<${at}>` } });
const STEPS = (at: number): Draft => (at === 1 ? { type: "step.started", data: { step_id: "s", name: "s" } } : { type: "step.progress", data: { step_id: "s", percent: at % 100, message: `at ${at}` } });

test("the pieces of a chat make its answer", () =>
  fc.assert(fc.asyncProperty(scenes, async (scene) => {
    const { frames, events, over, closed } = await told(chatProjection as Projection, scene, PIECES);
    const pieces = events.filter(({ type }) => type === "message.delta").map(({ data }) => String(data.delta)).join("");
    const tokens = frames.filter(({ type }) => type === "token");
    expect([over, closed, tokens.map(({ token }) => token).join(""), tokens.at(-1)?.partial_response ?? ""]).toEqual([1, "", pieces, pieces]);
    expect(frames.filter(({ type }) => type === "complete").map(({ response }) => response)).toEqual([pieces]);
  }), RUNS), 60_000);

test("the messages of a plan are those of its events", () =>
  fc.assert(fc.asyncProperty(scenes, async (scene) => {
    const { frames, events, over, closed } = await told(researchPlansProjection as Projection, scene, STEPS);
    let state = researchPlansProjection.start("t");
    const wanted = events.flatMap((event) => {
      const next = researchPlansProjection.step(state, event);
      state = next.state;
      return next.frames;
    });
    expect([over, closed, frames]).toEqual([1, "", wanted as Fields[]]);
  }), RUNS), 60_000);
