/** Taking what is there from a pull consumer: one request, everything that it brings, and no more waiting than that. */
import { type Msg, createInbox } from "@nats-io/nats-core/internal";
import type { Environment } from "../domain/environment.ts";
import { type Broker, REQUEST_LIMIT_MS } from "./jetstream-connection.ts";
import { headersOf } from "./jetstream-headers.ts";
import { LogUnavailable } from "./port.ts";

/** A message in our hands until it is acknowledged, or its time is over. */
export interface Pulled {
  readonly message: Msg;
  /** Where it stands in its stream. */
  readonly position: number;
  /** Where an acknowledgement goes; empty where none is wanted. */
  readonly reply: string;
}

export interface PullRequest {
  readonly stream: string;
  readonly consumer: string;
  /** At most so many. */
  readonly batch: number;
}

/** The consumer is not there (any more): it must be made. */
class ConsumerMissing extends Error {
  override readonly name = "ConsumerMissing";
}

const NO_MESSAGES = 404;
const REQUEST_OVER = 408;
const NO_RESPONDERS = 503;

/** In a cluster a consumer that was just made is known everywhere after a moment only: it is asked again after these pauses. Milliseconds. */
const AGAIN_MS = [10, 30, 100, 300, 600];

/** What the consumer has now, at most `batch`. One that does not answer is made anew by `make`, and asked again for a second. Throws `LogUnavailable`. */
export async function pull(broker: Broker, environment: Environment, request: PullRequest, make: () => Promise<unknown> = () => Promise.resolve()): Promise<readonly Pulled[]> {
  let missing = "";
  for (const pauseMs of [...AGAIN_MS, 0]) {
    try {
      return await pullOnce(broker, environment, request);
    } catch (error) {
      if (!(error instanceof ConsumerMissing)) throw error;
      missing = error.message;
    }
    if (pauseMs === 0) break;
    await new Promise<void>((resolve) => void environment.clock.after(pauseMs, resolve));
    await make();
  }
  throw new LogUnavailable(`the broker gives nothing out of ${request.consumer}: ${missing || "nobody serves it"}`);
}

function pullOnce(broker: Broker, { clock }: Environment, { stream, consumer, batch }: PullRequest): Promise<readonly Pulled[]> {
  if (!broker.connected) return Promise.reject(new LogUnavailable("there is no connection to the broker"));
  return new Promise((resolve, reject) => {
    const pulled: Pulled[] = [];
    const inbox = createInbox();
    const subscription = broker.nats.subscribe(inbox, { callback: (error, message) => (error ? end(new LogUnavailable(error.message)) : take(message)) });
    let stall = clock.after(REQUEST_LIMIT_MS, () => end(new LogUnavailable("the broker does not answer")));

    function end(fault: Error | null): void {
      stall();
      subscription.unsubscribe();
      // What has come is ours, and has to be answered for.
      if (fault !== null && pulled.length === 0) reject(fault);
      else resolve(pulled);
    }
    function take(message: Msg): void {
      const { code, description } = headersOf(message);
      const { reply = "" } = message;
      if (code !== 0 || !reply.startsWith("$JS.ACK.")) return end(faultOf(code, description));
      pulled.push({ message, position: positionOf(reply), reply });
      if (pulled.length === batch) return end(null);
      stall();
      stall = clock.after(REQUEST_LIMIT_MS, () => end(null));
    }
    broker.nats.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify({ batch, no_wait: true }), { reply: inbox });
  });
}

function faultOf(code: number, description: string): Error | null {
  if (code === NO_MESSAGES || code === REQUEST_OVER) return null;
  if (code === NO_RESPONDERS || /consumer/i.test(description)) return new ConsumerMissing(description);
  return new LogUnavailable(`the broker gives nothing out: ${code} ${description}`);
}

/** The place in the stream, out of `$JS.ACK.[domain.account.]stream.consumer.delivered.POSITION.….pending`. */
function positionOf(reply: string): number {
  const tokens = reply.split(".");
  return Number(tokens[tokens.length >= 11 ? 7 : 5]);
}
