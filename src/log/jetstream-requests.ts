/**
 * Requests to the broker and their answers: one subscription for all of them, and one timer. What was asked before the connection
 * was lost is known to be unknown at once, without waiting for a time-out.
 */
import { type Msg, type MsgHdrs, type NatsConnection, createInbox, errors } from "@nats-io/nats-core/internal";
import type { Clock } from "../domain/environment.ts";
import { headersOf } from "./jetstream-headers.ts";

/** What became of a request: an answer, certainly nobody who could have taken it, or nobody knows. */
export type Answer = { readonly kind: "answer"; readonly message: Msg } | { readonly kind: "refused" } | { readonly kind: "unknown" };

interface Waiting {
  readonly until: number;
  readonly settle: (answer: Answer) => void;
}

export interface Requests {
  /** Sends, and resolves with what became of it within the limit. Throws where the payload is larger than the broker takes. */
  ask(subject: string, payload: Uint8Array | string, headers?: MsgHdrs): Promise<Answer>;
  /** Nothing that is under way will be answered any more. */
  abandon(): void;
}

const REFUSED: Answer = { kind: "refused" };
const UNKNOWN: Answer = { kind: "unknown" };
const NO_RESPONDERS = 503;

/** Requests over this connection, each of which waits for `limitMs` at most. */
export function createRequests(nats: NatsConnection, clock: Clock, limitMs: number): Requests {
  // In order of their deadlines, as all have the same limit.
  const waiting = new Map<string, Waiting>();
  const inbox = `${createInbox()}.`;
  let count = 0;
  let watching = false;

  nats.subscribe(`${inbox}*`, {
    callback: (error, message) => {
      const token = message.subject.slice(inbox.length);
      const found = waiting.get(token);
      if (found === undefined) return;
      waiting.delete(token);
      // Nobody listens: a leader is being elected, or JetStream is off.
      const nobody = error === null && message.data.length === 0 && headersOf(message).code === NO_RESPONDERS;
      found.settle(error !== null ? UNKNOWN : nobody ? REFUSED : { kind: "answer", message });
    },
  });

  function expire(): void {
    watching = false;
    const now = clock.now();
    for (const [token, { until, settle }] of waiting) {
      if (until > now) return watch(until - now);
      waiting.delete(token);
      settle(UNKNOWN);
    }
  }
  function watch(delayMs: number): void {
    if (watching) return;
    watching = true;
    clock.after(delayMs, expire);
  }

  return {
    ask(subject, payload, headers) {
      return new Promise((settle, fail) => {
        const token = (count += 1).toString(36);
        waiting.set(token, { until: clock.now() + limitMs, settle });
        watch(limitMs);
        try {
          nats.publish(subject, payload, headers ? { reply: inbox + token, headers } : { reply: inbox + token });
        } catch (error) {
          waiting.delete(token);
          if (error instanceof errors.InvalidArgumentError) fail(error);
          else settle(UNKNOWN);
        }
      });
    },
    abandon() {
      const all = [...waiting.values()];
      waiting.clear();
      for (const { settle } of all) settle(UNKNOWN);
    },
  };
}
