/** Any sequence of inputs leaves a session within its rules. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Identity } from "../../src/domain/access.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { Session } from "../../src/delivery/session.ts";
import type { Action, Input } from "../../src/delivery/session-port.ts";
import type { Notice } from "../../src/feed/port.ts";
import type { SelectorNotice } from "../../src/feed/selector-port.ts";
import { LIMITS } from "../../src/limits.ts";

const START = Date.UTC(2030, 0, 1);
const TASKS = ["t1", "t2", "t3", "theirs"];
const limits = { ...LIMITS, subscriptions: 3, frameBytes: 600 };

function identity(user: string, expiresAt: number | null, admin: boolean): Identity {
  return { user, name: null, email: null, scopes: new Set(admin ? ["admin"] : []), kinds: null, expiresAt };
}

/** What may happen next, as it is drawn; answers are made only to what the session has asked for. */
type Step =
  | { readonly kind: "client"; readonly frame: object | string; readonly asks: boolean }
  | { readonly kind: "answer"; readonly nth: number; readonly good: boolean; readonly user: string; readonly lifetime: number | null; readonly admin: boolean }
  | { readonly kind: "feed"; readonly nth: number; readonly notice: Notice["type"] }
  | { readonly kind: "set"; readonly nth: number; readonly notice: SelectorNotice["type"] }
  | { readonly kind: "wait"; readonly ms: number; readonly full: boolean }
  | { readonly kind: "input"; readonly input: Input };

const taskId = fc.constantFrom(...TASKS);
const client = fc.oneof(
  fc.record({ type: fc.constant("subscribe"), task_id: taskId, replay: fc.constantFrom("full", "compact", "none") }),
  fc.record({ type: fc.constant("subscribe"), task_id: taskId }),
  fc.record({ type: fc.constant("unsubscribe"), task_id: taskId }),
  fc.record({ type: fc.constantFrom("subscribe", "unsubscribe"), scope: fc.constant("mine") }),
  fc.record({ type: fc.constantFrom("subscribe", "subscribe", "unsubscribe"), task_ids: fc.constantFrom(["t1"], ["t1", "t2"], ["t2", "t1"], ["t1", "t2", "t3"]) }),
  fc.record({ type: fc.constant("subscribe"), task_id: taskId, scope: fc.constant("mine") }),
  fc.record({ type: fc.constant("subscribe"), task_id: fc.constant("a.b") }),
  fc.record({ type: fc.constant("auth"), token: fc.constant("a token") }),
  fc.record({ type: fc.constant("ping"), nonce: fc.constant("n") }),
  fc.record({ type: fc.constant("command"), task_id: taskId, command_id: fc.constant("c"), command: fc.constant("cancel") }),
  fc.record({ type: fc.constant("append"), task_id: taskId, events: fc.constant([{ type: "log.line" }]) }),
  fc.record({ type: fc.constant("nonsense") }),
  fc.record({ type: fc.constant("ping"), nonce: fc.constant("n".repeat(129)) }),
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: client.map((frame): Step => ({ kind: "client", frame, asks: true })) },
  { weight: 1, arbitrary: fc.constantFrom("ping", "ping", "{", "[]", "{}", `{"type":7}`, "x".repeat(700)).map((frame): Step => ({ kind: "client", frame, asks: false })) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("answer" as const), nth: fc.nat(9), good: fc.constantFrom(true, true, true, false), user: fc.constantFrom(...Array<string>(9).fill("me"), "other"), lifetime: fc.constantFrom(null, 30_000, 300_000), admin: fc.boolean() }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("feed" as const), nth: fc.nat(9), notice: fc.constantFrom("subscribed", "replayed", "caught_up", "gap", "end", "failed") }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("set" as const), nth: fc.nat(9), notice: fc.constantFrom("subscribed", "subscribed", "joined", "left", "task", "refused", "caught_up", "failed") }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(40_000), full: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constantFrom<Input>({ kind: "binary" }, { kind: "closed" }, { kind: "part", parting: "drain", retryAfterMs: 500 }).map((input): Step => ({ kind: "input", input })) },
);

function noticeOf(type: Notice["type"], task_id: string): Notice {
  switch (type) {
    case "subscribed": return { type, task_id, cursor: "c", replay: "full", tail_seq: 3 };
    case "replayed": return { type, frame: `{"type":"stream.replayed","task_id":"${task_id}"}`, cursor: "c" };
    case "caught_up": return { type, task_id, cursor: "c" };
    case "gap": return { type, task_id, requested: "a", earliest: "b", reason: "reset", snapshot: `{"type":"task.snapshot","task_id":"${task_id}","cursor":"c"}` };
    case "end": return { type, task_id, status: "completed", cursor: "c" };
    case "failed": return { type, task_id, code: "unavailable", detail: "away" };
  }
}

function setNoticeOf(type: SelectorNotice["type"]): SelectorNotice {
  const task = { taskId: "t1", owner: "me", conversation: null, kind: "k", title: null, access: "owner", status: "running", attempt: 1, percent: null, createdAt: START, updatedAt: START, lastSeq: 1, position: 1, work: null, holder: null, idleMs: 0, alarmAt: null, messages: 0, preview: null };
  switch (type) {
    case "subscribed": return { type, cursor: "c" };
    case "joined": return { type, reason: "created", task };
    case "left": return { type, reason: "ended", task };
    case "task": return { type, notice: { type: "gap", task_id: "t1", requested: "a", earliest: "b", reason: "reset", snapshot: null } };
    case "refused": return { type, taskId: "t2", error: new TaskwireError("task_unknown", "no") };
    case "caught_up": return { type, cursor: "c" };
    case "position": return { type, cursor: "c" };
    case "failed": return { type, error: new TaskwireError("cursor_invalid", "no") };
  }
}

/** Plays the steps, and keeps what the session asked for and said. */
class Play {
  readonly session: Session;
  readonly log: string[] = [];
  readonly asked: Extract<Action, { do: "authenticate" | "judge" | "append" | "command" }>[] = [];
  readonly sets = new Map<number, { words: string; subscribed: boolean }>();
  readonly watched = new Map<string, { ticket: number; subscribed: boolean }>();
  readonly requests = new Set<string>();
  readonly answers = new Map<string, number>();
  readonly faults: string[] = [];
  now = START;
  authenticated: boolean;
  over = false;
  #count = 0;

  constructor(known: boolean, only: string | null) {
    this.authenticated = known;
    this.session = new Session({ id: "c", limits, identity: known ? identity("me", null, false) : null, only: only === null ? null : { taskId: only, after: null, replay: "full", judged: false }, proves: true, phase: 0.5 }, this.now);
    this.input({ kind: "opened" });
  }

  input(input: Input): void {
    const over = this.over;
    const actions = this.session.take(input, this.now);
    if (over && actions.length > 0) this.faults.push(`${actions[0]?.do} after the end`);
    for (const [at, action] of actions.entries()) {
      if (this.over) this.faults.push(`${action.do} behind the close`);
      this.#action(action, at === actions.length - 1);
    }
    if (input.kind === "closed") this.over = true;
    if (this.session.closed && !this.over) this.faults.push("closed without a word");
  }

  #action(action: Action, last: boolean): void {
    switch (action.do) {
      case "send": {
        if (action.frame.kind === "bare") return this.#said("bare", null);
        const frame = JSON.parse(action.frame.text) as { type: string; task_id?: string; selector?: object; request_id?: string };
        if (frame.type === "stream.caught_up" && frame.selector === undefined && !this.watched.has(frame.task_id as string)) this.faults.push("news of a task that is not watched");
        if (frame.selector !== undefined && frame.type !== "stream.unsubscribed" && ![...this.sets.values()].some(({ words }) => words === JSON.stringify(frame.selector))) this.faults.push("news of a set that is not watched");
        return this.#said(frame.type, frame.request_id ?? null);
      }
      case "heartbeat":
      case "ping":
        return this.#said(action.do, null);
      case "watch":
        if (this.watched.has(action.taskId)) this.faults.push("watched twice");
        this.watched.set(action.taskId, { ticket: action.ticket, subscribed: false });
        if (this.watched.size > limits.subscriptions) this.faults.push("too many watches");
        return;
      case "unwatch":
        if (!this.watched.delete(action.taskId)) this.faults.push("unwatched what is not watched");
        return;
      case "select": {
        const words = JSON.stringify(action.request.words);
        if ([...this.sets.values()].some((each) => each.words === words)) this.faults.push("a set is watched twice");
        this.sets.set(action.ticket, { words, subscribed: false });
        const places = [...this.sets.values()].reduce((sum, each) => sum + Math.max(1, (JSON.parse(each.words) as { task_ids?: string[] }).task_ids?.length ?? 0), this.watched.size);
        if (places > limits.subscriptions) this.faults.push("too many places");
        return;
      }
      case "unselect":
        if (!this.sets.delete(action.ticket)) this.faults.push("a set is ended that is not watched");
        return;
      case "judge_set":
        if (!this.sets.has(action.ticket)) this.faults.push("a set is judged that is not watched");
        return;
      case "refused":
        return;
      case "close":
        this.over = true;
        if (!last) this.faults.push("close is not the last action");
        if (this.log.length === 0 || !/stream\.(error|closing|end)/.test(this.log.at(-1) as string)) this.faults.push(`close behind ${this.log.at(-1)}`);
        return;
      default:
        this.asked.push(action);
    }
  }

  #said(what: string, requestId: string | null): void {
    this.log.push(what);
    if (!this.authenticated && !["stream.error", "stream.closing"].includes(what)) this.faults.push(`${what} before auth`);
    if (requestId === null) return;
    if (!this.requests.has(requestId)) this.faults.push(`an answer to ${requestId}, which nobody asked`);
    this.answers.set(requestId, (this.answers.get(requestId) ?? 0) + 1);
  }

  step(step: Step): void {
    this.now += 1;
    switch (step.kind) {
      case "client": {
        if (typeof step.frame === "string") return this.input({ kind: "text", text: step.frame });
        const request_id = `r${++this.#count}`;
        if (!this.over) this.requests.add(request_id);
        return this.input({ kind: "text", text: JSON.stringify({ ...step.frame, request_id }) });
      }
      case "answer":
        return this.answer(step.nth, step.good, identity(step.user, step.lifetime === null ? null : this.now + step.lifetime, step.admin));
      case "feed": {
        const [task, place] = [...this.watched][step.nth % Math.max(1, this.watched.size)] ?? [];
        if (task === undefined || place === undefined) return;
        // The hub says `subscribed` first, once.
        if (place.subscribed === (step.notice === "subscribed") && step.notice !== "failed") return;
        place.subscribed = true;
        if (step.notice === "end" || step.notice === "failed") this.watched.delete(task);
        return this.input({ kind: "notice", taskId: task, ticket: place.ticket, notice: noticeOf(step.notice, task) });
      }
      case "set": {
        const [ticket, place] = [...this.sets][step.nth % Math.max(1, this.sets.size)] ?? [];
        if (ticket === undefined || place === undefined) return;
        if (place.subscribed === (step.notice === "subscribed") && step.notice !== "failed") return;
        place.subscribed = true;
        this.input({ kind: "selection", ticket, notice: setNoticeOf(step.notice) });
        if (step.notice === "failed") this.sets.delete(ticket);
        return;
      }
      case "wait":
        this.now += step.ms;
        if (this.now >= this.session.due()) this.input({ kind: "tick", full: step.full });
        return;
      case "input":
        return this.input(step.input);
    }
  }

  answer(nth: number, good: boolean, who: Identity): void {
    const asked = this.asked.splice(nth % Math.max(1, this.asked.length), 1)[0];
    if (asked === undefined) return;
    const error = new TaskwireError("unavailable", "away");
    switch (asked.do) {
      case "authenticate":
        if (good) this.authenticated = true;
        return this.input(good ? { kind: "authenticated", identity: who } : { kind: "unauthenticated", error });
      case "judge": {
        const facts = asked.taskId === "theirs" ? "somebody" : "me";
        return this.input({ kind: "judged", taskId: asked.taskId, ticket: asked.ticket, error: good ? null : error, facts: good ? { taskId: asked.taskId, owner: facts, creator: null, access: "owner", kind: "k", conversation: null, status: "running", attempt: 1, lastSeq: 3 } : null });
      }
      case "command":
        return this.input({ kind: "unappended", taskId: asked.taskId, requestId: asked.requestId, error });
      case "append":
        return this.input(good ? { kind: "appended", taskId: asked.taskId, requestId: asked.options.requestId, ack: { first_seq: 1, last_seq: 1, cursor: "c", duplicate: false } } : { kind: "unappended", taskId: asked.taskId, requestId: asked.options.requestId, error });
    }
  }

  /** Answers everything that is still asked for, and has the hub say its first word. */
  settle(): void {
    for (let rounds = 0; this.asked.length > 0 && rounds < 1_000; rounds++) this.answer(0, true, identity("me", null, false));
    for (const [task, place] of [...this.watched]) if (!place.subscribed) this.input({ kind: "notice", taskId: task, ticket: place.ticket, notice: noticeOf("subscribed", task) });
    for (const [ticket, place] of this.sets) if (!place.subscribed) this.input({ kind: "selection", ticket, notice: setNoticeOf("subscribed") });
  }
}

test("no sequence of inputs makes a session speak after its end, answer before auth, or answer a request twice or never", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.constantFrom(null, null, null, "t1", "theirs"), fc.array(steps, { maxLength: 120, size: "max" }), (known, only, taken) => {
      const play = new Play(known, only);
      for (const step of taken) play.step(step);
      play.settle();
      expect(play.faults).toEqual([]);
      const twice = [...play.answers].filter(([, times]) => times > 1);
      expect(twice).toEqual([]);
      if (!play.over && play.authenticated) expect([...play.requests].filter((id) => !play.answers.has(id))).toEqual([]);
      if (play.over) for (const step of taken) play.step(step);
      expect(play.faults).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});
