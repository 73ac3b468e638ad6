/** Stores on real brokers, batches to put into them, and a writer that knows what was acknowledged. */
import type { Environment } from "../../src/domain/environment.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { LIMITS } from "../../src/limits.ts";
import { openJetStream } from "../../src/log/jetstream.ts";
import type { BatchHeader, Log, Store } from "../../src/log/port.ts";
import { type TestEnvironment, realEnvironment } from "./environment.ts";

/** Where a broker is, and how it lets us in. */
export interface BrokerAddress {
  readonly url: string;
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
}

export interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
  readonly log: Log;
  readonly environment: TestEnvironment;
}

/** Opens a store on a broker; closed by `await using`. */
export async function openStore(broker: BrokerAddress, replicas = 1): Promise<OpenedStore> {
  const environment = realEnvironment();
  const store = await openJetStream({ servers: broker.url, credentials: broker.credentials, replicas, environment, limits: LIMITS, meter: silentMeter });
  return { store, log: store.log, environment, [Symbol.asyncDispose]: () => store.close() };
}

/** Two clients of one broker, as the suites over all logs want them. */
export async function openPair(broker: BrokerAddress, replicas = 1): Promise<{ store: Store; other: Store; environment: TestEnvironment; close(): Promise<void> }> {
  const [one, two] = [await openStore(broker, replicas), await openStore(broker, replicas)];
  return {
    store: one.store,
    other: two.store,
    environment: one.environment,
    async close() {
      await Promise.all([one.store.close(), two.store.close()]);
    },
  };
}

/** A header for a test's batch. */
export function header(firstSeq: number, lastSeq = firstSeq, more: Partial<BatchHeader> = {}): BatchHeader {
  return {
    firstSeq, lastSeq, nonce: crypto.randomUUID(), owner: "owner", creator: null, conversation: null, kind: "test", access: "owner",
    status: "running", attempt: 1, state: null, stateAt: 0, delta: null, ...more,
  };
}

/** A body of `count` lines. */
export function body(firstSeq: number, count = 1): Uint8Array {
  return new TextEncoder().encode(Array.from({ length: count }, (_, at) => `{"seq":${firstSeq + at}}\n`).join(""));
}

export interface Acknowledged {
  readonly seq: number;
  readonly nonce: string;
}

/**
 * Appends one event after another to a task until `done` says so, each until it is acknowledged or found in the log: what an
 * appender does, without its queue. Answers what was acknowledged.
 */
export async function appendUntil(log: Log, taskId: string, environment: Environment, done: (acknowledged: number) => boolean): Promise<readonly Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  let position = 0;
  while (!done(acknowledged.length)) {
    const seq = acknowledged.length + 1;
    const nonce = crypto.randomUUID();
    for (;;) {
      const outcome = await log.append({ taskId, expected: position, header: header(seq, seq, { nonce }), body: body(seq) });
      if (outcome.kind === "stored") {
        position = outcome.position;
        break;
      }
      const head = outcome.kind === "unavailable" ? null : await log.head(taskId).catch(() => null);
      if (head?.batch.header.nonce === nonce) {
        position = head.position;
        break;
      }
      await new Promise<void>((resolve) => void environment.clock.after(10, resolve));
    }
    acknowledged.push({ seq, nonce });
  }
  return acknowledged;
}

/** Every batch of a task, read page by page. */
export async function readAll(log: Log, taskId: string, maxBytes = 64 * 1024): Promise<readonly { readonly seq: number; readonly nonce: string; readonly position: number }[]> {
  const found: { seq: number; nonce: string; position: number }[] = [];
  for (let after = 0; ; ) {
    const page = await log.read({ taskId, after, maxBytes });
    for (const { header: { firstSeq, nonce }, position } of page.batches) found.push({ seq: firstSeq, nonce, position });
    after = page.batches.at(-1)?.position ?? after;
    if (page.end) return found;
  }
}
