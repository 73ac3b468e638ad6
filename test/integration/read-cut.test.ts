/** A connection that is cut in the middle of a long answer: what had been sent before is lost, what the broker sends after the reconnect is not. */
import { expect, test } from "bun:test";
import { body, header, openStore } from "../support/broker.ts";
import { startNats } from "../support/nats.ts";
import { startProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

const BATCHES = 400;
const BATCH_BYTES = 8 * 1024;
const CUTS = 6;
/** Answers under way at each cut: some of them have not come to their first message yet. */
const READS = 24;

test("a stretch of the log begins where it was asked to, whatever is lost of the answer", async () => {
  await using nats = await startNats();
  await using proxy = await startProxy(nats.port);
  await using opened = await openStore({ url: proxy.url, credentials: nats.credentials });
  const { log } = opened;
  const filling = new Uint8Array(BATCH_BYTES).fill(0x20);
  let expected = 0;
  for (let seq = 1; seq <= BATCHES; seq += 1) {
    const outcome = await log.append({ taskId: "cut", expected, header: header(seq), body: Buffer.concat([body(seq), filling]) });
    if (outcome.kind !== "stored") throw new Error(`batch ${seq} was not stored: ${outcome.kind}`);
    expected = outcome.position;
  }
  const holes: string[] = [];
  const counts = { refused: 0, short: 0 };
  async function read(after: number): Promise<void> {
    const page = await log.read({ taskId: "cut", after, maxBytes: 8 * 1024 * 1024 }).catch(() => null);
    if (page === null) return void (counts.refused += 1);
    const seqs = page.batches.map(({ header: { firstSeq } }) => firstSeq);
    if (after + seqs.length < BATCHES) counts.short += 1;
    if (seqs.some((seq, at) => seq !== after + at + 1)) holes.push(`after ${after} came ${seqs[0]} to ${seqs.at(-1)}, ${seqs.length} batches`);
    if (page.end && seqs.at(-1) !== BATCHES) holes.push(`after ${after} the end was told at ${seqs.at(-1)}`);
  }
  for (let cut = 0; cut < CUTS; cut += 1) {
    await until("the broker is there", 10_000, () => log.connected);
    const reading = Array.from({ length: READS }, (_, at) => read(at));
    proxy.resetAfter(1 + cut * 2 * BATCHES * BATCH_BYTES);
    await Promise.all(reading);
  }
  expect(holes).toEqual([]);
  // It was cut while answers were under way.
  expect(counts.refused + counts.short).toBeGreaterThan(READS);
}, { timeout: 60_000 });
