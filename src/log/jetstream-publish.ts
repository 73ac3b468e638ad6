/** Publishing with compare-and-set, and what the broker's answers mean for whoever published. */
import type { MsgHdrs } from "@nats-io/transport-node";
import type { Broker } from "./jetstream-connection.ts";
import type { AppendOutcome } from "./port.ts";

/** Another message came first: with its number, or (half of them in a cluster) without. */
const CONFLICTS: ReadonlySet<number> = new Set([10_071, 10_164]);

/** Certainly not stored, worth another attempt: elections, overload, JetStream starting or off. */
const RETRYABLE: ReadonlySet<number> = new Set([10_158, 10_163, 10_167, 10_008, 10_039, 10_076, 10_118]);

/** The account's or the machine's store is full. */
const FULL: ReadonlySet<number> = new Set([10_002, 10_023, 10_028, 10_047]);

/** The store failed, for the reason that the description says. */
const STORE_FAILED = 10_077;
const STORE_IS_FULL = /maximum (bytes|messages)|exceeded|no space left|insufficient/i;

interface Acknowledgement {
  readonly seq?: number;
  readonly error?: { readonly err_code: number; readonly description: string };
}

const text = new TextDecoder();

/** Translates the broker's answer to a publish. An answer that is not understood may mean anything, so it is `unknown`. */
function outcomeOf(data: Uint8Array): AppendOutcome {
  let answer: Acknowledgement;
  try {
    answer = JSON.parse(text.decode(data)) as Acknowledgement;
  } catch {
    return { kind: "unknown" };
  }
  if (!answer.error) return typeof answer.seq === "number" ? { kind: "stored", position: answer.seq } : { kind: "unknown" };
  const { err_code: code, description } = answer.error;
  if (CONFLICTS.has(code)) return { kind: "conflict" };
  if (FULL.has(code) || (code === STORE_FAILED && STORE_IS_FULL.test(description))) return { kind: "full" };
  return { kind: RETRYABLE.has(code) ? "unavailable" : "unknown" };
}

/** Publishes and waits for the acknowledgement. While there is no connection nothing is sent: the client would lose it without a word. */
export async function publish(broker: Broker, subject: string, payload: Uint8Array | string, headers: MsgHdrs): Promise<AppendOutcome> {
  const answer = await broker.ask(subject, payload, headers);
  if (answer.kind === "answer") return outcomeOf(answer.message.data);
  return { kind: answer.kind === "refused" ? "unavailable" : "unknown" };
}
