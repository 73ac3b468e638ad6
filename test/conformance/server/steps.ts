/** The words of a script, and what each does to a connection. */
import { rangeOf } from "../matches.ts";
import type { Channel, Kind, Style } from "./channel.ts";
import { answerOf, type Head, headOf } from "./http.ts";
import { completedOf, endOf, errorFrameOf, eventOf, factsOf, type Json, problemOf, readyOf, replayedOf, snapshotOf } from "./made-up.ts";
import { SET_WORDS } from "./set-steps.ts";
import type { Wire } from "./wire.ts";
import { WORK_WORDS } from "./work-steps.ts";

/** One connection, as steps see it. */
export interface Visit {
  readonly kind: Kind;
  readonly head: Head;
  readonly body: string;
  readonly taskId: string;
  /** Whether several tasks share it. */
  readonly many: boolean;
  readonly channel: Channel;
  readonly wire: Wire;
  readonly style: Style;
  /** Stores the events of the request's body, unless they were stored before; answers what is to be acknowledged. */
  store(): Json;
  /** Resolves when a frame from the client matches, one that was not waited for before; null: it has gone. */
  received(wanted: unknown): Promise<Json | null>;
  /** Resolves when the client has gone. */
  left(): Promise<void>;
  /** Resolves when the case's client side has told this word. */
  told(word: string): Promise<void>;
  /** Resolves when the client's user has what was sent, or does not take it for a while. */
  taken(): Promise<void>;
}

/** A word, or a word with what belongs to it. */
export type Step = string | Readonly<Record<string, unknown>>;

/** What a step leaves of its connection: `over`, and nothing follows. */
export type Outcome = "on" | "over";
export type Word = (visit: Visit, given: unknown) => Promise<Outcome | void>;

const NEWLINES: Readonly<Record<string, string>> = { lf: "\n", crlf: "\r\n", cr: "\r" };
/** What belongs to a word, as an object. */
export const asJson = (given: unknown): Json => (typeof given === "object" && given !== null ? (given as Json) : {});

/** Runs `run` for each task that is meant: by name in an object without `seq`, else the connection's own. */
async function perTask(visit: Visit, given: unknown, run: (taskId: string, rest: unknown) => Promise<unknown>): Promise<void> {
  const named = typeof given === "object" && given !== null && !Array.isArray(given) && !("seq" in given);
  for (const [taskId, rest] of named ? Object.entries(given) : [[visit.taskId, given] as const]) await run(taskId, rest);
}

async function event(visit: Visit, given: unknown): Promise<void> {
  const { seq, ...extra } = typeof given === "object" ? asJson(given) : { seq: given };
  const taskId = typeof extra.task_id === "string" ? extra.task_id : visit.taskId;
  await visit.channel.frame(eventOf(taskId, Number(seq), extra));
}

/** Answers the request: a problem, JSON, or a text. */
export async function answer(visit: Visit, given: unknown): Promise<Outcome> {
  const { status = 200, headers = {}, body = "", problem, json } = asJson(given);
  const type = problem !== undefined ? "application/problem+json" : json !== undefined ? "application/json" : "text/html";
  const content = problem !== undefined ? problemOf(String(asJson(problem).code ?? problem), asJson(problem)) : json;
  const text = content === undefined ? String(body) : JSON.stringify(content);
  const code = problem !== undefined && asJson(given).status === undefined ? factsOf(String(asJson(problem).code ?? problem)).status : Number(status);
  await visit.wire.write(answerOf(code, { "content-type": type, ...(asJson(headers) as Record<string, string>) }, text));
  await visit.wire.finish();
  return "over";
}

async function refuse(visit: Visit, given: unknown): Promise<Outcome> {
  const { code = given, close, stay, retry_after: header, ...extra } = asJson(given);
  const facts = factsOf(String(code));
  if (visit.kind !== "websocket" && !visit.channel.opened) {
    return answer(visit, { problem: { code, ...extra }, headers: header === undefined ? {} : { "retry-after": String(header) } });
  }
  await visit.channel.frame(errorFrameOf(String(code), extra));
  if (stay === true) return "on";
  await visit.channel.close(Number(close ?? facts.close ?? 1008), String(code));
  return "over";
}

const WORDS: Readonly<Record<string, Word>> = {
  ...SET_WORDS,
  ...WORK_WORDS,
  open: ({ channel }) => channel.open(),
  ready: ({ channel }, given) => channel.frame(readyOf(asJson(given))),
  event,
  events: (visit, given) =>
    perTask(visit, given, async (taskId, range) => {
      for (const seq of rangeOf(range)) await visit.channel.frame(eventOf(taskId, seq));
    }),
  big(visit, given) {
    const { seq, bytes } = asJson(given);
    return event(visit, { seq, data: { level: "info", text: "x".repeat(Number(bytes)) } });
  },
  completed: (visit, given) => perTask(visit, given, (taskId, seq) => visit.channel.frame(completedOf(taskId, Number(seq)))),
  async end(visit, given) {
    await perTask(visit, given, async (taskId, seq) => {
      await visit.channel.frame(completedOf(taskId, Number(seq)));
      await visit.channel.frame(endOf(taskId, Number(seq)));
    });
    if (visit.many) return "on";
    await visit.channel.finish();
    return "over";
  },
  frame: ({ channel }, given) => channel.frame(asJson(given)),
  text: ({ channel }, given) => channel.text(String(given), false),
  binary: ({ channel }, given) => channel.binary(Buffer.from(String(given), "hex")),
  bytes: ({ channel }, given) => channel.raw(Buffer.from(String(given), "hex")),
  gap: ({ channel, taskId, head }, given) => channel.frame({ type: "stream.gap", task_id: taskId, requested: head.query.get("after") ?? "0", earliest: "c1", reason: "retention", ...asJson(given) }),
  snapshot: ({ channel, taskId }, given) => channel.frame(snapshotOf(taskId, Number(given))),
  replayed: ({ channel, taskId }, given) => {
    const seqs = rangeOf(given);
    return channel.frame(replayedOf(taskId, seqs[0] ?? 1, seqs.at(-1) ?? 1));
  },
  error: refuse,
  answer,
  ack: (visit, given) => answer(visit, { json: { ...visit.store(), ...asJson(given) } }),
  created: (visit, given) => answer(visit, { status: 201, json: { task_id: "made", first_seq: 1, last_seq: 1, cursor: "c1", duplicate: false, ...asJson(given) } }),
  async store(visit) {
    visit.store();
  },
  async page({ style }, given) {
    style.page = asJson(given);
  },
  heartbeat: ({ channel, style }, given) => channel.frame({ type: "stream.heartbeat", time: "2026-01-01T00:00:00Z", ...(given === undefined ? {} : { selector: style.selector, cursor: given }) }),
  async close({ channel }, given) {
    const { code = given, reason = "" } = asJson(given);
    await channel.close(Number(code), String(reason));
    return "over";
  },
  async finish({ channel }) {
    await channel.finish();
    return "over";
  },
  async cut({ kind, channel, wire, taken }) {
    await channel.beforeCut();
    await wire.flush();
    await taken();
    // Cut before any answer, a request would be repeated by some HTTP stacks themselves, unseen by the client.
    if (kind === "sse") await channel.open();
    else if (kind === "websocket" && !channel.opened) await wire.write(Buffer.from("HTTP/1.1 1"));
    else if (!channel.opened) await wire.write(headOf(200, { "content-type": "application/json", "content-length": 1_000 }));
    await wire.cut();
    return "over";
  },
  async half({ channel, wire, taskId, taken }, given) {
    const { seq = given, ...extra } = asJson(given);
    await wire.flush();
    await taken();
    await channel.half(JSON.stringify(eventOf(taskId, Number(seq), extra)));
    await wire.cut();
    return "over";
  },
  async split({ wire }, given) {
    wire.split(Number(given));
  },
  async coalesce({ wire }) {
    wire.coalesce();
  },
  async hold({ wire }) {
    wire.hold();
  },
  async newline({ style }, given) {
    style.newline = NEWLINES[String(given)] ?? "\n";
  },
  async bom({ style }) {
    style.bom = true;
  },
  async told({ wire, told }, given) {
    await wire.flush();
    await told(String(given));
  },
  async taken({ wire, taken }) {
    await wire.flush();
    await taken();
  },
  async delay({ wire }, given) {
    await wire.flush();
    await new Promise((resolve) => setTimeout(resolve, Number(given)));
  },
  async gone({ channel, wire, left }) {
    await channel.beforeCut();
    await wire.flush();
    await left();
  },
  async received({ channel, wire, received }, given) {
    await channel.open();
    await wire.flush();
    await received(given);
  },
  async mute({ left }) {
    await left();
    return "over";
  },
  async repeat(visit, given) {
    const { times = 1, do: steps = [] } = asJson(given);
    for (let at = 0; at < Number(times); at++) if ((await runSteps(visit, steps as Step[])) === "over") return "over";
    return "on";
  },
};

/** All words that a script may use. */
export const STEP_WORDS: ReadonlySet<string> = new Set(Object.keys(WORDS));

/** Runs steps one after another; answers whether the connection is over. Throws for a word that there is not. */
export async function runSteps(visit: Visit, steps: readonly Step[]): Promise<Outcome> {
  for (const step of steps) {
    for (const [name, given] of typeof step === "string" ? [[step, undefined] as const] : Object.entries(step)) {
      const word = WORDS[name];
      if (!word) throw new Error(`"${name}" is no step of a server's script`);
      if (visit.wire.gone) return "over";
      if ((await word(visit, given)) === "over") return "over";
    }
  }
  return "on";
}
