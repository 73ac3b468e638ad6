/** Latencies: of appending, and of events arriving live over a transport. Real appends to the examination's own task. */
import { type Client, TaskwireError } from "../../clients/typescript/src/client.ts";

/** Latencies in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

/** How long the first and every other event may take before a transport counts as not working. Milliseconds. */
const ARRIVAL_LIMIT_MS = 5_000;

/** The middle and the worst but one percent. */
export function latencyOf(samples: readonly number[]): Latency {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), count: samples.length };
}

/** Two numbers for people. */
export function shown({ p50, p99 }: Latency): string {
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
}

const line = (text: string) => ({ type: "log.line", data: { level: "debug", text } }) as const;

/** Appends one event after another, each when the one before is in the log. The first few are not counted. */
export async function measureAppend(client: Client, taskId: string, count: number, signal: AbortSignal): Promise<Latency> {
  const samples: number[] = [];
  const warmUp = Math.min(10, count);
  for (let at = 1 - warmUp; at <= count; at++) {
    const last = samples.at(-1);
    const began = performance.now();
    await client.publish(taskId, line(at < 1 ? "warming up" : `append ${at}/${count}${last === undefined ? "" : `: the one before took ${last.toFixed(2)} ms`}`), { signal, giveUpMs: ARRIVAL_LIMIT_MS });
    if (at >= 1) samples.push(performance.now() - began);
  }
  return latencyOf(samples);
}

/**
 * From the beginning of an append to the event's arrival at a watcher, one after another. `watcher` is the client whose
 * transport is measured. Throws `TaskwireError` where the transport does not work.
 */
export async function measureLive(client: Client, watcher: Client, taskId: string, name: string, count: number, signal: AbortSignal): Promise<Latency> {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const arrivals = new Map<number, () => void>();
  const caughtUp = Promise.withResolvers<void>();
  const watching = (async () => {
    const options = { signal: until, replay: "none", onFrame: ({ type }: { type: string }) => void (type === "stream.caught_up" && caughtUp.resolve()) } as const;
    for await (const { seq } of watcher.follow(taskId, options)) arrivals.get(seq)?.();
  })();
  watching.catch((error) => caughtUp.reject(error));
  const within = <T>(work: Promise<T>, what: string): Promise<T> => {
    const { promise, reject } = Promise.withResolvers<T>();
    const limit = setTimeout(() => reject(new TaskwireError("silent", { detail: `${what} did not come within ${ARRIVAL_LIMIT_MS / 1000} s.` })), ARRIVAL_LIMIT_MS);
    return Promise.race([work, promise]).finally(() => clearTimeout(limit));
  };
  try {
    await within(caughtUp.promise, `The first frame over ${name}`);
    const samples: number[] = [];
    let seq = await nextSeq(client, taskId, signal);
    for (let at = 1; at <= count; at++, seq++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      arrivals.set(seq, resolve);
      const began = performance.now();
      const arrived = promise.then(() => performance.now() - began);
      await client.publish(taskId, line(`live over ${name} ${at}/${count}`), { signal, giveUpMs: ARRIVAL_LIMIT_MS });
      samples.push(await within(arrived, `Event ${seq} over ${name}`));
      arrivals.delete(seq);
    }
    return latencyOf(samples.slice(Math.min(5, samples.length - 1)));
  } finally {
    stop.abort();
    await watching.catch(() => {});
  }
}

/** The `seq` that the next append will get: nobody else writes to this task. */
async function nextSeq(client: Client, taskId: string, signal: AbortSignal): Promise<number> {
  const { last_seq } = await client.publish(taskId, line("counting from here"), { signal, giveUpMs: ARRIVAL_LIMIT_MS });
  return last_seq + 1;
}
