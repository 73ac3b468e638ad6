/**
 * Research plans: any number of plans on one socket, each told from its first event on to whoever subscribes to it. Errors come as
 * messages of the type `error`, and the connection stays. `research-plans-projection.ts` tells a task in these words.
 */
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import { uuidOf } from "../domain/uuid.ts";
import { fieldsIn } from "./fields.ts";
import type { Dialect, Fields, Frame, Opening, Projection, Talk, TalkAction, TalkInput } from "./port.ts";
import { researchPlansProjection } from "./research-plans-projection.ts";

/** A client's own name for itself: anything that fits into an address. UTF-16 units. */
const CLIENT_ID = 256;
/** Plans that are over stay subscribed to, so that asking for them again is asking twice; the oldest of so many are forgotten. */
const REMEMBERED = 1_000;

/** A message that is no plan's event. */
function frameOf(event_type: string, planId: string, data: Fields, now: number, seed: string): Frame {
  return { event_type, plan_id: planId, data, timestamp: new Date(now).toISOString(), event_id: uuidOf(`${event_type}\n${seed}\n${now}`) };
}

/** What a client has asked for. */
type Request = { readonly action: "subscribe" | "unsubscribe"; readonly planId: string } | { readonly action: "ping" };

/** Reads a frame. Throws `frame_invalid`, `frame_unknown`, `id_invalid`. */
function requestIn(text: string): Request {
  const frame = fieldsIn(text);
  if (frame === null) throw new TaskwireError("frame_invalid", 'The frame cannot be read; expected a JSON object such as {"action":"subscribe","plan_id":"…"}.');
  const { action, plan_id: planId } = frame;
  if (action === "ping") return { action };
  if (action !== "subscribe" && action !== "unsubscribe") throw new TaskwireError("frame_unknown", `The action ${typeof action === "string" ? JSON.stringify(action.slice(0, 64)) : "of the frame"} is not known; expected "subscribe", "unsubscribe" or "ping".`);
  if (typeof planId !== "string" || !isLegalId(planId)) throw new TaskwireError("id_invalid", "plan_id is not as expected: 1 to 64 characters of A-Z, a-z, 0-9, _ and -.");
  return { action, planId };
}

/** One client, and the plans it has subscribed to. */
class PlanTalk implements Talk {
  readonly #clientId: string;
  readonly #connectedAt: number;
  readonly #first: string | undefined;
  /** Insertion order is age. True: the plan is over. */
  readonly #plans = new Map<string, boolean>();
  #lastPing: number;
  /** Messages of the connection itself, so that each has an id of its own. */
  #said = 0;

  constructor({ params, query, now }: Opening) {
    this.#clientId = params.client_id ?? "";
    this.#first = query.plan_id;
    this.#connectedAt = this.#lastPing = now;
  }

  take(input: TalkInput, now: number): readonly TalkAction[] {
    switch (input.kind) {
      case "opened":
        return [this.#send("ping", "", {}, now), ...(this.#first ? this.#heard({ action: "subscribe", plan_id: this.#first }, now) : [])];
      case "text":
        return this.#heard(input.text, now);
      case "unread":
        return [this.#error("", input.error, now)];
      case "over":
        this.#over(input.taskId);
        return [];
      case "unwatched":
        return this.#unwatched(input.taskId, input.error, now);
      default:
        // Why the service parts, its close code says.
        return [];
    }
  }

  kept(now: number): void {
    this.#lastPing = now;
  }

  about(): Fields {
    return { client_id: this.#clientId, subscribed_plans: [...this.#plans.keys()], connected_at: new Date(this.#connectedAt).toISOString(), last_ping: new Date(this.#lastPing).toISOString() };
  }

  #heard(frame: string | Fields, now: number): readonly TalkAction[] {
    try {
      const request = requestIn(typeof frame === "string" ? frame : JSON.stringify(frame));
      if (request.action === "ping") {
        this.#lastPing = now;
        return [this.#send("pong", "", {}, now)];
      }
      const { action, planId } = request;
      if (action === "unsubscribe") return this.#plans.delete(planId) ? [{ do: "unwatch", taskId: planId }] : [];
      if (this.#plans.has(planId)) return [];
      this.#plans.set(planId, false);
      return [{ do: "watch", taskId: planId, waits: null }];
    } catch (error) {
      if (!(error instanceof TaskwireError)) throw error;
      return [this.#error("", error, now)];
    }
  }

  #over(planId: string): void {
    if (!this.#plans.has(planId)) return;
    this.#plans.set(planId, true);
    if (this.#plans.size <= REMEMBERED) return;
    for (const [each, over] of this.#plans) if (over) return void this.#plans.delete(each);
  }

  #unwatched(planId: string, error: TaskwireError, now: number): readonly TalkAction[] {
    if (error.code === "task_deleted") {
      this.#over(planId);
      return [this.#send("plan_failed", planId, { error: "The plan was deleted.", code: "deleted", retryable: false }, now)];
    }
    this.#plans.delete(planId);
    return [this.#error(planId, error, now)];
  }

  #error(planId: string, { code, detail }: TaskwireError, now: number): TalkAction {
    return this.#send("error", planId, { message: detail, code }, now);
  }

  #send(type: string, planId: string, data: Fields, now: number): TalkAction {
    return { do: "send", frame: frameOf(type, planId, data, now, `${this.#clientId}\n${++this.#said}`) };
  }
}

/** Its one address, open to anybody where the open form is on. */
export const researchPlans: Dialect = {
  name: "research-plans",
  projection: researchPlansProjection as Projection,
  clearable: true,
  sockets: [{
    path: "/api/v1/streaming/ws/:client_id",
    entrance: "link",
    refuses: ({ params: { client_id: clientId = "" } }, open, { researchPlansClients: most }) => {
      if (clientId.length > CLIENT_ID) return new TaskwireError("id_invalid", `A client's id has at most ${CLIENT_ID} characters.`);
      return open < most ? null : new TaskwireError("too_many_connections", `${most} clients are connected, as many as may be. Come back later.`, { limit: "research_plans_clients" });
    },
    open: (opening) => new PlanTalk(opening),
    keepalive: { every: "researchPlansPingMs", frame: (now) => frameOf("ping", "", {}, now, "keepalive"), afterEnd: true },
  }],
};
