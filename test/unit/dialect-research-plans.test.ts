/** Research plans: what each event comes to, and the talk of a connection. */
import { describe, expect, test } from "bun:test";
import { Projector } from "../../src/delivery/projector.ts";
import { Stories } from "../../src/delivery/dialect-stories.ts";
import { DialectSession } from "../../src/delivery/dialect-session.ts";
import type { Frame, Projection, TalkAction, TalkInput } from "../../src/dialects/port.ts";
import { researchPlansProjection as projection } from "../../src/dialects/research-plans-projection.ts";
import { researchPlans } from "../../src/dialects/research-plans.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { emptyView, fold, snapshotOf } from "../../src/domain/fold.ts";
import { uuidOf } from "../../src/domain/uuid.ts";
import { takesGzip } from "../../src/http/compressed.ts";
import type { TaskView } from "../../src/domain/view.ts";
import { LIMITS } from "../../src/limits.ts";
import { legal } from "../support/dialect-research-plans.ts";
import { tell } from "../support/telling.ts";

interface Told {
  readonly type: string;
  readonly data?: Record<string, unknown>;
  readonly message?: string;
  readonly step_id?: string;
}

const TIME = "2026-01-31T12:00:00.000Z";
const NOW = Date.parse(TIME);

/** A task's events as stored. */
const events = (told: readonly Told[]) => told.map((event, at) => ({ task_id: "plan-1", seq: at + 1, time: TIME, data: {}, ...event }));

function framesOf(told: readonly Told[]): Frame[] {
  const all = tell(projection, "plan-1", events(told));
  expect(legal(all)).toBeNull();
  return all;
}

/** Type, step and data of what a client reads. */
function frames(...told: readonly Told[]): unknown[] {
  return framesOf(told).map((frame) => {
    const { event_type: type, step_id: step, data, plan_id: plan, timestamp } = frame as Record<string, unknown>;
    expect([plan, timestamp]).toEqual(["plan-1", TIME]);
    return [`${String(type)}${step === undefined ? "" : ` ${String(step)}`}`, data];
  });
}

const CREATED: Told = { type: "task.created", data: { kind: "research", title: "Bees", input: { query: "Why do bees dance?", research_type: "literature" } } };
const STARTED: Told = { type: "task.started", data: { attempt: 1, total_steps: 2 } };
const BEGUN = ["plan_started", { query: "Why do bees dance?", total_steps: 2, research_type: "literature" }];

describe("a task as a research plan", () => {
  test("a plan of steps is told from its beginning to its end", () => {
    expect(frames(
      CREATED,
      { type: "task.queued", data: { position: 1 } },
      STARTED,
      { type: "step.started", data: { step_id: "s1", name: "search", index: 1, total: 2 } },
      { type: "step.progress", data: { step_id: "s1", percent: 25, message: "Searching" } },
      { type: "step.progress", data: { step_id: "s1", current: 1, total: 3 } },
      { type: "step.completed", data: { step_id: "s1", status: "ok", quality_score: 0.9, output: { found: 12 }, duration_ms: 30 } },
      { type: "quality.checked", data: { check: "sources", passed: true, score: 0.92, threshold: 0.8, step_id: "s1" } },
      { type: "step.started", data: { step_id: "s2", name: "write" } },
      { type: "step.failed", data: { step_id: "s2", will_retry: false, error: { code: "no_ink", message: "No ink is left.", retryable: false } } },
      { type: "task.completed", data: { result: { pages: 3 }, response: "They tell where flowers are.", duration_ms: 900 } },
    )).toEqual([
      BEGUN,
      ["step_started s1", { name: "search", index: 1, total: 2 }],
      ["step_progress s1", { progress: 0.25, message: "Searching" }],
      ["step_progress s1", { progress: 0.3333, message: "search", current: 1, total: 3 }],
      ["step_completed s1", { status: "ok", quality_score: 0.9, data: { found: 12 }, duration_ms: 30 }],
      ["quality_check s1", { quality_score: 0.92, check: "sources", passed: true, score: 0.92, threshold: 0.8 }],
      ["step_started s2", { name: "write" }],
      ["step_failed s2", { will_retry: false, code: "no_ink", retryable: false, error: "No ink is left." }],
      ["plan_completed", { pages: 3, response: "They tell where flowers are.", duration_ms: 900 }],
    ]);
  });

  test("a plan whose producer never said that it begins, begins with its first work; the number of its steps is its plan's", () => {
    const steps = (count: number) => Array.from({ length: count }, (_, at) => ({ step_id: `s${at}`, title: "T" }));
    expect(frames(CREATED, { type: "plan.created", data: { steps: steps(3) } }, { type: "plan.updated", data: { steps: steps(4) } }, { type: "task.completed" })).toEqual([
      ["plan_started", { query: "Why do bees dance?", total_steps: 3, research_type: "literature" }],
      ["metrics_update", { total_steps: 4 }],
      ["plan_completed", {}],
    ]);
    expect(frames({ type: "task.created", data: { kind: "fraud-check", title: "A check" } }, { type: "task.progress", data: { percent: 12.5, stage: "tools", message: "Looking" } }, { type: "task.progress", data: { percent: 10 } })).toEqual([
      ["plan_started", { query: "A check", total_steps: 0, research_type: "fraud-check" }],
      ["metrics_update", { progress: 0.125, message: "Looking", stage: "tools" }],
      ["metrics_update", { progress: 0.125 }],
    ]);
    expect(frames(CREATED, { type: "message.started", data: { message_id: "m", role: "assistant" } }, { type: "message.delta", data: { message_id: "m", delta: "x" } }).length).toBe(1);
  });

  test("people, figures and troubles have their messages", () => {
    expect(frames(
      CREATED, STARTED,
      { type: "task.paused", data: { by: "ann", reason: "Lunch" } },
      { type: "task.resumed", data: { by: "ann" } },
      { type: "input.requested", data: { request_id: "r", kind: "review", prompt: "Is this right?" }, step_id: "s1" },
      { type: "input.resolved", data: { request_id: "r", outcome: "approved" } },
      { type: "metrics.updated", data: { values: { tokens: 12 }, model: "m" } },
      { type: "health.updated", data: { status: "degraded", checks: { search: "slow" } } },
      { type: "log.line", data: { level: "info", text: "not for clients" } },
      { type: "log.line", data: { level: "error", text: "The search is away.", fields: { source: "web" } } },
      { type: "quality.checked", data: { check: "tone", passed: false } },
      { type: "quality.checked", data: { check: "depth", passed: true, score: 85 } },
      { type: "step.skipped", data: { step_id: "s9", reason: "Not needed" } },
    )).toEqual([
      BEGUN,
      ["plan_paused", { by: "ann", reason: "Lunch" }],
      ["plan_resumed", { by: "ann" }],
      ["review_required s1", { request_id: "r", kind: "review", prompt: "Is this right?" }],
      ["metrics_update", { model: "m", tokens: 12 }],
      ["health_update", { status: "degraded", checks: { search: "slow" } }],
      ["error", { source: "web", message: "The search is away." }],
      ["quality_check", { check: "tone", passed: false, quality_score: 0 }],
      ["quality_check", { check: "depth", passed: true, score: 85, quality_score: 0.85 }],
      ["step_completed s9", { reason: "Not needed", status: "skipped", quality_score: null, data: {} }],
    ]);
  });

  test("an attempt that is given up pauses the plan, the next resumes it; a step that is tried again starts again", () => {
    expect(frames(
      CREATED, STARTED,
      { type: "step.started", data: { step_id: "s1", name: "search" } },
      { type: "step.progress", data: { step_id: "s1", percent: 80 } },
      { type: "step.failed", data: { step_id: "s1", will_retry: true, error: { code: "busy", message: "Busy.", retryable: true } } },
      { type: "step.retrying", data: { step_id: "s1", attempt: 2, max_attempts: 3 } },
      { type: "task.recovering", data: { reason: "worker_lost", attempt: 1 } },
      { type: "task.started", data: { attempt: 2 } },
      { type: "step.started", data: { step_id: "s1", name: "search" } },
      { type: "step.progress", data: { step_id: "s1", percent: 10 } },
      { type: "task.retrying", data: { attempt: 3, max_attempts: 3, delay_ms: 10, error: { code: "busy", message: "Busy.", retryable: true } } },
      { type: "step.started", data: { step_id: "s1", name: "search" } },
    )).toEqual([
      BEGUN,
      ["step_started s1", { name: "search" }],
      ["step_progress s1", { progress: 0.8, message: "search" }],
      ["step_failed s1", { will_retry: true, code: "busy", retryable: true, error: "Busy." }],
      ["step_started s1", { name: "search", attempt: 2, max_attempts: 3 }],
      ["plan_paused", { reason: "worker_lost", attempt: 1 }],
      ["plan_resumed", { attempt: 2 }],
      ["step_started s1", { name: "search" }],
      ["step_progress s1", { progress: 0.1, message: "search" }],
      ["plan_paused", { attempt: 3, max_attempts: 3, delay_ms: 10, reason: "retrying", code: "busy", retryable: true, error: "Busy." }],
      ["plan_resumed", {}],
      ["step_started s1", { name: "search" }],
    ]);
  });

  test("what failed, was canceled or was deleted ends as a failure that says why", () => {
    const end = (type: string, data: Record<string, unknown>) => frames(CREATED, STARTED, { type, data }).slice(1);
    expect(end("task.failed", { error: { code: "no_sources", message: "Nothing was found.", retryable: false, details: { tried: 3 } }, step_id: "s1" })).toEqual([["plan_failed s1", { tried: 3, code: "no_sources", retryable: false, error: "Nothing was found." }]]);
    expect(end("task.canceled", { by: "ann", reason: "Changed my mind" })).toEqual([["plan_failed", { by: "ann", reason: "Changed my mind", error: "Changed my mind", code: "canceled", retryable: false }]]);
    expect(end("task.deleted", {})).toEqual([["plan_failed", { error: "The plan was deleted.", code: "deleted", retryable: false }]]);
    expect(frames(CREATED, { type: "task.canceled" }).map((frame) => (frame as unknown[])[0])).toEqual(["plan_failed"]);
  });

  test("each message has an id of its own, the same whenever and wherever it is told", () => {
    const told = [CREATED, { type: "step.started", data: { step_id: "s1", name: "search" } }, { type: "task.completed" }];
    const ids = framesOf(told).map((frame) => (frame as { event_id: string }).event_id);
    expect(ids).toEqual(framesOf(told).map((frame) => (frame as { event_id: string }).event_id));
    // Written into what clients remember: these never change.
    expect(ids.slice(1)).toEqual([uuidOf("plan-1\n2"), uuidOf("plan-1\n3")]);
    expect(uuidOf("plan-1\n2")).toBe("499a833d-60b8-8f5f-8712-5ee2521e845e");
  });

  test("a plan whose first events are kept no more is told in sum, its end under the id that it always had", () => {
    const told: Told[] = [
      CREATED, STARTED,
      { type: "step.started", data: { step_id: "s1", name: "search" } }, { type: "step.completed", data: { step_id: "s1", status: "ok", quality_score: 1, output: { found: 1 } } },
      { type: "step.started", data: { step_id: "s2", name: "write" } }, { type: "step.progress", data: { step_id: "s2", percent: 40, message: "Writing" } },
      { type: "metrics.updated", data: { values: { tokens: 7 } } }, { type: "task.completed", data: { result: { pages: 3 } } },
    ];
    const all = events(told);
    const leap = (count: number) => projection.leap("plan-1", all.slice(0, count).reduce<TaskView>((view, event) => fold(view, event), emptyView()));
    expect(leap(7).frames.map((frame) => [(frame as Record<string, unknown>).event_type, (frame as Record<string, unknown>).data])).toEqual([
      BEGUN, ["step_started", { name: "search" }], ["step_completed", { status: "ok", quality_score: 1, data: { found: 1 } }],
      ["step_started", { name: "write" }], ["step_progress", { progress: 0.4, message: "Writing" }], ["metrics_update", { tokens: 7 }],
    ]);
    expect(leap(8).frames.at(-1)).toEqual(framesOf(told).at(-1) as Frame);
    expect(legal(leap(8).frames)).toBeNull();
  });
});

describe("ids made from text", () => {
  test("are different for different texts, and every bit of them is as often set as not", () => {
    const seen = new Set<string>();
    const set = new Array<number>(128).fill(0);
    const count = 40_000;
    for (let at = 0; at < count; at++) {
      const id = uuidOf(`plan-${at % 8}\n${Math.floor(at / 8)}`);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      seen.add(id);
      const bits = BigInt(`0x${id.replaceAll("-", "")}`);
      for (let bit = 0; bit < 128; bit++) set[bit] = (set[bit] as number) + Number((bits >> BigInt(bit)) & 1n);
    }
    expect(seen.size).toBe(count);
    // Halves of the ids alone are different too.
    expect(new Set([...seen].map((id) => id.slice(0, 18))).size).toBe(count);
    expect(new Set([...seen].map((id) => id.slice(19))).size).toBe(count);
    const free = set.filter((_, bit) => !(bit >= 76 && bit < 80) && !(bit >= 62 && bit < 64));
    expect(Math.max(...free.map((many) => Math.abs(many / count - 0.5)))).toBeLessThan(0.02);
  });
});

const socket = researchPlans.sockets[0] as (typeof researchPlans.sockets)[number];

function opened(query: Record<string, string> = {}) {
  const talk = socket.open({ params: { client_id: "web-1" }, query, identity: null, now: NOW });
  const take = (input: TalkInput): readonly TalkAction[] => talk.take(input, NOW);
  return { talk, take, say: (frame: unknown) => take({ kind: "text", text: typeof frame === "string" ? frame : JSON.stringify(frame) }).map(brief), first: take({ kind: "opened" }).map(brief) };
}

/** An action in few words. */
function brief(action: TalkAction): string {
  if (action.do === "watch") return `watch ${action.taskId} ${String(action.waits)}`;
  if (action.do === "unwatch") return `unwatch ${action.taskId}`;
  if (action.do !== "send") return action.do;
  expect(legal([action.frame])).toBeNull();
  const { event_type: type, plan_id: plan, data } = action.frame as { event_type: string; plan_id: string; data: Record<string, unknown> };
  return `${type}${plan === "" ? "" : ` ${plan}`}${data.code === undefined ? "" : ` ${String(data.code)}`}`;
}

describe("a client of research plans", () => {
  test("is welcomed by a ping, and may have subscribed in the address", () => {
    expect(opened().first).toEqual(["ping"]);
    expect(opened({ plan_id: "" }).first).toEqual(["ping"]);
    expect(opened({ plan_id: "p1" }).first).toEqual(["ping", "watch p1 null"]);
    expect(opened({ plan_id: "no such id" }).first).toEqual(["ping", "error id_invalid"]);
  });

  test("subscribes to any number of plans, to each once, and leaves each", () => {
    const { say, take, talk } = opened({ plan_id: "p1" });
    expect([say({ action: "subscribe", plan_id: "p1" }), say({ action: "subscribe", plan_id: "p2" }), say({ action: "unsubscribe", plan_id: "p1" }), say({ action: "unsubscribe", plan_id: "p1" })]).toEqual([[], ["watch p2 null"], ["unwatch p1"], []]);
    expect(take({ kind: "over", taskId: "p2", status: "completed" })).toEqual([]);
    expect([say({ action: "subscribe", plan_id: "p2" }), say({ action: "subscribe", plan_id: "p1" })]).toEqual([[], ["watch p1 null"]]);
    expect(talk.about?.()).toEqual({ client_id: "web-1", subscribed_plans: ["p2", "p1"], connected_at: TIME, last_ping: TIME });
  });

  test("what cannot be read, is not known or is too much is answered by an error, and the connection stays", () => {
    const { say, take } = opened();
    for (const text of ["", "ping", "null", "[]", "{", '"subscribe"']) expect([text, say(text)]).toEqual([text, ["error frame_invalid"]]);
    for (const frame of [{}, { action: "dance" }, { action: 7 }, { type: "subscribe", plan_id: "p" }]) expect(say(frame)).toEqual(["error frame_unknown"]);
    for (const planId of [undefined, null, 7, "", "a.b", "a*", "x".repeat(65)]) expect(say({ action: "subscribe", plan_id: planId })).toEqual(["error id_invalid"]);
    for (const code of ["frame_binary", "frame_too_large", "rate_limited"] as const) expect(take({ kind: "unread", error: new TaskwireError(code, "Too much.") }).map(brief)).toEqual([`error ${code}`]);
    expect([say({ action: "ping" }), say({ action: "subscribe", plan_id: "p" })]).toEqual([["pong"], ["watch p null"]]);
  });

  test("a plan that cannot be watched is an error, and may be asked for again; one that was deleted has failed", () => {
    const { say, take } = opened({ plan_id: "p1" });
    expect(take({ kind: "unwatched", taskId: "p1", error: new TaskwireError("too_many_subscriptions", "Too many.") }).map(brief)).toEqual(["error p1 too_many_subscriptions"]);
    expect(say({ action: "subscribe", plan_id: "p1" })).toEqual(["watch p1 null"]);
    expect(take({ kind: "unwatched", taskId: "p1", error: new TaskwireError("task_deleted", "Gone.") }).map(brief)).toEqual(["plan_failed p1 deleted"]);
    expect(say({ action: "subscribe", plan_id: "p1" })).toEqual([]);
  });

  test("plans that are over do not gather without end", () => {
    const { say, take, talk } = opened({ plan_id: "open" });
    for (let at = 0; at < 2_500; at++) {
      say({ action: "subscribe", plan_id: `p${at}` });
      take({ kind: "over", taskId: `p${at}`, status: "completed" });
    }
    const plans = (talk.about?.() as { subscribed_plans: string[] }).subscribed_plans;
    expect([plans.length, plans[0]]).toEqual([1_000, "open"]);
  });

  test("is pinged every so often, and remembers when", () => {
    const { talk } = opened();
    const session = new DialectSession({ talk, socket, limits: { ...LIMITS, researchPlansPingMs: 500 }, identity: null, proves: false }, NOW);
    expect(session.tick(NOW + 499, false)).toEqual([]);
    expect(session.tick(NOW + 500, false).map((action) => brief(action as TalkAction))).toEqual(["ping"]);
    expect(talk.about?.().last_ping).toBe(new Date(NOW + 500).toISOString());
    // A wire that takes nothing was not pinged.
    session.tick(NOW + 1_000, true);
    expect(talk.about?.().last_ping).toBe(new Date(NOW + 500).toISOString());
  });

  test("one client too many, or with a name too long, is refused at the handshake", () => {
    const opening = (client_id: string) => ({ params: { client_id }, query: {}, identity: null, now: NOW });
    const limits = { ...LIMITS, researchPlansClients: 2 };
    expect([1, 2].map((open) => socket.refuses?.(opening("a"), open, limits)?.code ?? null)).toEqual([null, "too_many_connections"]);
    expect(socket.refuses?.(opening("x".repeat(257)), 0, limits)?.code).toBe("id_invalid");
  });
});

describe("a history that was cleared", () => {
  test("is not told to who joins, in events or in sum", () => {
    const stories = new Stories(new Projector(projection as Projection));
    const view = events([CREATED, STARTED]).reduce<TaskView>((before, event) => fold(before, event), emptyView());
    const snapshot = JSON.stringify({ type: "task.snapshot", task_id: "plan-1", seq: 2, data: snapshotOf(view, LIMITS.snapshotBytes) });
    stories.begin("plan-1", 2);
    expect(stories.leap("plan-1", snapshot)).toEqual([]);
    stories.begin("plan-1", 1);
    expect(stories.leap("plan-1", snapshot).length).toBe(1);
  });
});

test("an answer is compressed for who asks for that alone", () => {
  for (const accepted of ["gzip", "br, GZIP", "deflate,gzip;q=0.5", "x-gzip", "gzip;q=1.0"]) expect([accepted, takesGzip(accepted)]).toEqual([accepted, true]);
  for (const accepted of [null, "", "br", "gzip;q=0", "gzip; q=0.000", "identity", "gzipped"]) expect([accepted, takesGzip(accepted)]).toEqual([accepted, false]);
});
