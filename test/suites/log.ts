/** What every log promises, whatever keeps it: the port of `src/log/port.ts` as tests. The memory log and JetStream pass the same. */
import { describe, expect, test } from "bun:test";
import { partitionOf } from "../../src/domain/ids.ts";
import type { Batch, BatchHeader, IndexRecord, Log, Position, Store } from "../../src/log/port.ts";
import { until } from "../support/until.ts";

export interface OpenedStore {
  readonly store: Store;
  /** A second client of the same data, where the adapter has one. */
  readonly other?: Store;
  close(): Promise<void>;
}

const LIMIT_MS = 30_000;
const WAIT_MS = 10_000;

let made = 0;
/** Ids that no other test uses, so that one store can serve all. */
const freshId = (): string => `t${Date.now().toString(36)}_${(made += 1).toString(36)}`;

const headerOf = (firstSeq: number, count: number, more: Partial<BatchHeader> = {}): BatchHeader => ({
  firstSeq,
  lastSeq: firstSeq + count - 1,
  nonce: `n${firstSeq}-${Math.random().toString(36).slice(2)}`,
  owner: "owner",
  creator: null,
  conversation: null,
  kind: "build",
  access: "owner",
  status: "running",
  attempt: 1,
  state: null,
  stateAt: 0,
  delta: null,
  ...more,
});

const bodyOf = (text: string): Uint8Array => new TextEncoder().encode(`${JSON.stringify({ text })}\n`);
const textOf = (batch: Batch): string => new TextDecoder().decode(batch.body);

async function mustAppend(log: Log, taskId: string, expected: Position, header: BatchHeader, body = bodyOf(`event ${header.firstSeq}`)): Promise<Position> {
  const outcome = await log.append({ taskId, expected, header, body });
  if (outcome.kind !== "stored") throw new Error(`append at ${expected} was answered ${outcome.kind}`);
  return outcome.position;
}

/** Appends batches of one event each, `from..to` by seq, and answers their positions. */
async function fill(log: Log, taskId: string, from: number, to: number, last: Position = 0): Promise<Position[]> {
  const positions: Position[] = [];
  for (let seq = from; seq <= to; seq += 1) positions.push(await mustAppend(log, taskId, positions.at(-1) ?? last, headerOf(seq, 1)));
  return positions;
}

const seqs = (batches: readonly Batch[]): number[] => batches.map((batch) => batch.header.firstSeq);
/** Reads until as many batches are seen, as a copy may lag behind. */
const readAll = (log: Log, taskId: string, count: number): Promise<readonly Batch[]> =>
  until(`${count} batches can be read`, WAIT_MS, async () => {
    const { batches } = await log.read({ taskId, after: 0, maxBytes: 1e6 });
    return batches.length >= count && batches;
  });

/** Holds a log to the port. `open` is called for every test and may open the same store each time. */
export function logSuite(name: string, open: () => Promise<OpenedStore>): void {
  const promise = (sentence: string, check: (opened: OpenedStore) => Promise<void>): void =>
    test(
      sentence,
      async () => {
        const opened = await open();
        try {
          await check(opened);
        } finally {
          await opened.close();
        }
      },
      LIMIT_MS,
    );

  describe(`log: ${name}`, () => {
    promise("stores a batch whose writer knows the task's end, and answers its rising position", async ({ store: { log } }) => {
      const taskId = freshId();
      const positions = await fill(log, taskId, 1, 5);
      expect(positions.every((position, at) => position > (positions[at - 1] ?? 0))).toBe(true);
      expect(log.epoch).toMatch(/^\S{1,16}$/);
    });

    promise("answers a writer that is behind, ahead or too early with a conflict, and stores nothing", async ({ store: { log } }) => {
      const taskId = freshId();
      expect(await log.append({ taskId, expected: 7, header: headerOf(1, 1), body: bodyOf("early") })).toEqual({ kind: "conflict" });
      const [first = 0, second = 0] = await fill(log, taskId, 1, 2);
      for (const expected of [0, first, second + 1]) {
        expect(await log.append({ taskId, expected, header: headerOf(3, 1), body: bodyOf("no") })).toEqual({ kind: "conflict" });
      }
      expect((await log.head(taskId))?.position).toBe(second);
    });

    promise("knows a task's end, and nothing of a task that has none", async ({ store: { log } }) => {
      const taskId = freshId();
      expect(await log.head(taskId)).toBeNull();
      const [, last = 0] = await fill(log, taskId, 1, 2);
      const head = await log.head(taskId);
      expect(head?.position).toBe(last);
      expect(head?.batch.position).toBe(last);
      expect(head?.batch.taskId).toBe(taskId);
      expect(seqs(head ? [head.batch] : [])).toEqual([2]);
    });

    promise("reads a task's batches in order with nothing between them left out, whatever else is stored", async ({ store: { log } }) => {
      const [taskId, noise] = [freshId(), freshId()];
      const positions: Position[] = [];
      for (let seq = 1, other = 0; seq <= 8; seq += 1) {
        positions.push(await mustAppend(log, taskId, positions.at(-1) ?? 0, headerOf(seq, 1)));
        other = await mustAppend(log, noise, other, headerOf(seq, 1));
      }
      const batches = await readAll(log, taskId, 8);
      expect(seqs(batches)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(batches.map((batch) => batch.position)).toEqual(positions);
      expect(batches.every((batch) => batch.taskId === taskId)).toBe(true);
      const middle = await log.read({ taskId, after: positions[2] ?? 0, upTo: positions[5] ?? 0, maxBytes: 1e6 });
      expect(seqs(middle.batches)).toEqual([4, 5, 6]);
      expect(middle.end).toBe(true);
      expect(await log.read({ taskId, after: positions[7] ?? 0, maxBytes: 1e6 })).toEqual({ batches: [], end: true });
      expect(await log.read({ taskId: freshId(), after: 0, maxBytes: 1e6 })).toEqual({ batches: [], end: true });
    });

    promise("pages by bytes, with one batch at least, until it says that the end is reached", async ({ store: { log } }) => {
      const taskId = freshId();
      const large = bodyOf("x".repeat(3_000));
      let last = 0;
      for (let seq = 1; seq <= 10; seq += 1) last = await mustAppend(log, taskId, last, headerOf(seq, 1), large);
      await readAll(log, taskId, 10);
      const found: Batch[] = [];
      const sizes: number[] = [];
      for (let end = false; !end; ) {
        const page = await log.read({ taskId, after: found.at(-1)?.position ?? 0, maxBytes: 9_500 });
        expect(page.batches.length > 0 || page.end).toBe(true);
        found.push(...page.batches);
        sizes.push(page.batches.reduce((bytes, batch) => bytes + batch.body.byteLength, 0));
        end = page.end;
      }
      expect(seqs(found)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(9_500);
      expect(seqs((await log.read({ taskId, after: 0, maxBytes: 1 })).batches)).toEqual([1]);
    });

    promise("finds the batch at a position, and nothing where another task's stands or none does", async ({ store: { log } }) => {
      const [taskId, other] = [freshId(), freshId()];
      const [first = 0, second = 0] = await fill(log, taskId, 1, 2);
      await fill(log, other, 1, 1);
      expect((await log.at(taskId, first))?.header.firstSeq).toBe(1);
      expect((await log.at(taskId, second))?.header.firstSeq).toBe(2);
      expect(await log.at(other, second)).toBeNull();
      expect(await log.at(taskId, second + 100_000)).toBeNull();
    });

    promise("says what a partition ends with and what stands at a position of it, whichever task's", async ({ store: { log } }) => {
      const taskId = freshId();
      const partition = partitionOf(taskId, log.partitions);
      const headers = [1, 2, 3].map((seq) => headerOf(seq, 1));
      const positions: Position[] = [];
      for (const header of headers) positions.push(await mustAppend(log, taskId, positions.at(-1) ?? 0, header));
      const last = positions[2] as Position;
      expect(await log.edge(partition)).toEqual({ position: last, nonce: (headers[2] as BatchHeader).nonce });
      expect(await log.edge(partition, positions[1])).toEqual({ position: positions[1] as Position, nonce: (headers[1] as BatchHeader).nonce });
      expect(await log.edge(partition, last + 1)).toBeNull();
      await log.purge(taskId, 1);
      expect(await log.edge(partition, positions[1])).toEqual({ position: positions[1] as Position, nonce: "" });
      expect((await log.edge(partition))?.position).toBe(last);
    });

    promise("gives headers and bodies back as they were, whatever signs are in them", async ({ store: { log }, other }) => {
      const taskId = freshId();
      const header = headerOf(1, 3, {
        owner: "nutzer 1",
        creator: "créateur, 2",
        holder: "ouvrière 3",
        conversation: "c-1",
        kind: "100 % böse\r\nTw-Seq: 9-9",
        access: "link",
        status: "waiting",
        attempt: 7,
        nonce: "a/b%2F c",
        state: JSON.stringify({ open: { "step:größe": { percent: 3 } }, text: "line\nbreak\t%0A" }),
        stateAt: 12,
        delta: '{"v":1,"title":"日本 \\n"}',
      });
      const body = new TextEncoder().encode('{"a":"\u{1f600}\\n"}\n{"b":2}\n{"c":"ü"}\n');
      const position = await mustAppend(log, taskId, 0, header, body);
      const found = [(await log.head(taskId))?.batch, await log.at(taskId, position), (await readAll((other ?? { log }).log, taskId, 1))[0]];
      for (const batch of found) expect(batch).toEqual({ taskId, position, header, body });
    });

    promise("keeps an absent state, change and conversation absent", async ({ store: { log } }) => {
      const taskId = freshId();
      const header = headerOf(1, 1);
      await mustAppend(log, taskId, 0, header);
      expect((await log.head(taskId))?.batch.header).toEqual(header);
    });

    promise("hands followers what is stored from then on, by whichever client, and only their own task's", async ({ store, other }) => {
      const [taskId, noise] = [freshId(), freshId()];
      const [before = 0] = await fill(store.log, taskId, 1, 1);
      const heard: Batch[][] = [[], []];
      const clients = [store.log, (other ?? store).log];
      const cancels = await Promise.all(clients.map((log, at) => log.follow(taskId, (batch) => void heard[at]?.push(batch))));
      await fill(store.log, noise, 1, 1);
      const [second = 0] = await fill(store.log, taskId, 2, 2, before);
      await fill((other ?? store).log, taskId, 3, 3, second);
      await until("both followers have heard both", WAIT_MS, () => heard.every((batches) => batches.some((batch) => batch.header.firstSeq === 3)));
      const stored = await readAll(store.log, taskId, 3);
      for (const batches of heard) expect(batches).toEqual(stored.slice(1) as Batch[]);
      for (const cancel of cancels) cancel();
      const third = (stored.at(-1) as Batch).position;
      const later: Batch[] = [];
      await store.log.follow(taskId, (batch) => void later.push(batch));
      await fill(store.log, taskId, 4, 4, third);
      await until("the new follower has heard it", WAIT_MS, () => later.length > 0);
      for (const batches of heard) expect(seqs(batches)).toEqual([2, 3]);
    });

    promise("keeps compare-and-set safe after a purge to the last batch", async ({ store: { log } }) => {
      const taskId = freshId();
      const positions = await fill(log, taskId, 1, 4);
      const last = positions.at(-1) ?? 0;
      await log.purge(taskId, 1);
      await until("only the last is left", WAIT_MS, async () => (await log.read({ taskId, after: 0, maxBytes: 1e6 })).batches.length === 1);
      expect((await log.head(taskId))?.position).toBe(last);
      expect(await log.at(taskId, positions[0] ?? 0)).toBeNull();
      expect(await log.append({ taskId, expected: 0, header: headerOf(1, 1), body: bodyOf("twice") })).toEqual({ kind: "conflict" });
      await mustAppend(log, taskId, last, headerOf(5, 1));
      await log.purge(freshId(), 1);
    });

    promise("purges all where nothing shall stay", async ({ store: { log } }) => {
      const taskId = freshId();
      await fill(log, taskId, 1, 3);
      await log.purge(taskId, 0);
      expect(await log.head(taskId)).toBeNull();
    });

    promise("refuses ids that would mean another subject", async ({ store: { log, index, keys } }) => {
      for (const taskId of ["", "a.b", "*", ">", "a b", "ä", "x".repeat(65), "a\r\nb"]) {
        const append = async (): Promise<unknown> => log.append({ taskId, expected: 0, header: headerOf(1, 1), body: bodyOf("no") });
        const calls = [append, async () => log.head(taskId), async () => log.at(taskId, 1), async () => log.read({ taskId, after: 0, maxBytes: 1 }), async () => log.follow(taskId, () => {}), async () => log.purge(taskId, 0)];
        for (const call of calls) await expect(call()).rejects.toBeInstanceOf(RangeError);
        await expect((async () => index.write({ owner: taskId, conversation: null, taskId: "t" }, "{}", 0))()).rejects.toBeInstanceOf(RangeError);
        await expect((async () => keys.get("bucket", taskId))()).rejects.toBeInstanceOf(RangeError);
      }
    });

    promise("lets exactly one of several writers have each place", async ({ store, other }) => {
      const taskId = freshId();
      const clients = [store.log, (other ?? store).log, store.log];
      const target = 40;
      const own = clients.map(() => 0);
      await Promise.all(
        clients.map(async (log, writer) => {
          for (let head = await log.head(taskId); (head?.batch.header.lastSeq ?? 0) < target; head = await log.head(taskId)) {
            const seq = (head?.batch.header.lastSeq ?? 0) + 1;
            const outcome = await log.append({ taskId, expected: head?.position ?? 0, header: headerOf(seq, 1, { nonce: `w${writer}` }), body: bodyOf(`${writer}`) });
            if (outcome.kind === "stored") own[writer] = (own[writer] ?? 0) + 1;
            else expect(outcome.kind).toBe("conflict");
          }
        }),
      );
      const batches = await readAll(store.log, taskId, target);
      expect(seqs(batches)).toEqual(Array.from({ length: batches.length }, (_, at) => at + 1));
      expect(clients.map((_, writer) => batches.filter((batch) => batch.header.nonce === `w${writer}`).length)).toEqual(own);
    });

    promise("takes a batch as large as a request may become, and its event as it was", async ({ store: { log } }) => {
      const taskId = freshId();
      const body = bodyOf("y".repeat(400 * 1024));
      await mustAppend(log, taskId, 0, headerOf(1, 1, { state: "s".repeat(16 * 1024) }), body);
      const head = await log.head(taskId);
      expect(head?.batch.body.byteLength).toBe(body.byteLength);
      expect(head && textOf(head.batch)).toBe(new TextDecoder().decode(body));
    });

    indexPromises(promise);

    promise("keeps named values, replaced only by who knows them", async ({ store, other }) => {
      const key = freshId();
      expect(await store.keys.get("suite", key)).toBeNull();
      const first = await store.keys.put("suite", key, "one", 0);
      expect(first).toBeGreaterThan(0);
      expect(await (other ?? store).keys.put("suite", key, "two", 0)).toBeNull();
      const second = await (other ?? store).keys.put("suite", key, "zwei\n%", first ?? 0);
      expect(second).toBeGreaterThan(first ?? 0);
      expect(await store.keys.put("suite", key, "three", first ?? 0)).toBeNull();
      expect(await store.keys.get("suite", key)).toEqual({ value: "zwei\n%", revision: second ?? 0 });
      expect(await store.keys.get("other-suite", key)).toBeNull();
    });

    promise("says how long a round trip takes, and that it is connected", async ({ store }) => {
      expect(await store.ping()).toBeGreaterThanOrEqual(0);
      expect(store.log.connected).toBe(true);
    });
  });
}

type PromiseTest = (sentence: string, check: (opened: OpenedStore) => Promise<void>) => void;

function indexPromises(promise: PromiseTest): void {
  const mustWrite = async (store: Store, key: IndexRecord["key"], value: string, expected: number): Promise<number> => {
    const outcome = await store.index.write(key, value, expected);
    if (outcome.kind !== "stored") throw new Error(`an index write was answered ${outcome.kind}`);
    return outcome.revision;
  };

  promise("replaces an index entry only for a writer who knows it", async ({ store, other }) => {
    const key = { owner: freshId(), conversation: null, taskId: "a" };
    expect(await store.index.read(key)).toBeNull();
    const first = await mustWrite(store, key, '{"n":1}', 0);
    expect(await (other ?? store).index.write(key, '{"n":2}', 0)).toEqual({ kind: "conflict" });
    const second = await mustWrite(other ?? store, key, '{"n":"zwei"}', first);
    expect(second).toBeGreaterThan(first);
    expect(await store.index.write(key, '{"n":3}', first)).toEqual({ kind: "conflict" });
    expect(await store.index.read(key)).toEqual({ key, value: '{"n":"zwei"}', revision: second });
  });

  promise("lists a user's entries and nobody else's, the last written last", async ({ store }) => {
    const [owner, stranger] = [freshId(), freshId()];
    const keys = [null, "talk", "_", "__", null].map((conversation, at) => ({ owner, conversation, taskId: `t${at}` }));
    const revisions: number[] = [];
    for (const key of keys) revisions.push(await mustWrite(store, key, key.taskId, 0));
    await mustWrite(store, { owner: stranger, conversation: null, taskId: "t0" }, "no", 0);
    await mustWrite(store, keys[1] as IndexRecord["key"], "again", revisions[1] ?? 0);
    const listed = await until("all are listed", WAIT_MS, async () => {
      const records = await store.index.list(owner);
      return records.some((record) => record.value === "again") && records;
    });
    expect(listed.map((record) => [record.key.taskId, record.key.conversation, record.value])).toEqual([
      ["t0", null, "t0"],
      ["t2", "_", "t2"],
      ["t3", "__", "t3"],
      ["t4", null, "t4"],
      ["t1", "talk", "again"],
    ]);
    expect(await store.index.list(freshId())).toEqual([]);
  });

  promise("lists what was written behind a revision", async ({ store }) => {
    const owner = freshId();
    const [one, two] = ["a", "b"].map((taskId) => ({ owner, conversation: null, taskId })) as [IndexRecord["key"], IndexRecord["key"]];
    const first = await mustWrite(store, one, "1", 0);
    const second = await mustWrite(store, two, "2", 0);
    const third = await mustWrite(store, one, "3", first);
    const listed = async (after?: number): Promise<string> => JSON.stringify((await store.index.list(owner, after)).map(({ revision }) => revision));
    for (const [after, wanted] of [[undefined, [second, third]], [first, [second, third]], [second, [third]], [third, []]] as const) {
      await until(`${wanted} are listed`, WAIT_MS, async () => (await listed(after)) === JSON.stringify(wanted));
    }
  });

  promise("lists more entries than one answer of a broker holds", async ({ store }) => {
    const owner = freshId();
    await Promise.all(Array.from({ length: 1_100 }, (_, at) => mustWrite(store, { owner, conversation: null, taskId: `t${at}` }, `${at}`, 0)));
    const listed = await until("all are listed", WAIT_MS, async () => {
      const records = await store.index.list(owner);
      return records.length >= 1_100 && records;
    });
    expect(new Set(listed.map((record) => record.key.taskId)).size).toBe(1_100);
  });

  promise("hands over index entries as they are written, removed ones are gone", async ({ store, other }) => {
    const owner = freshId();
    const heard: IndexRecord[] = [];
    const cancel = await store.index.follow(owner, (record) => void heard.push(record));
    const key = { owner, conversation: "talk", taskId: "a" };
    const first = await mustWrite(other ?? store, key, "one", 0);
    const second = await mustWrite(store, key, "two", first);
    await mustWrite(store, { owner: freshId(), conversation: null, taskId: "b" }, "no", 0);
    await until("both are heard", WAIT_MS, () => heard.length >= 2);
    expect(heard).toEqual([
      { key, value: "one", revision: first },
      { key, value: "two", revision: second },
    ]);
    cancel();
    await store.index.remove(key);
    expect(await store.index.read(key)).toBeNull();
    await until("it is listed no more", WAIT_MS, async () => (await store.index.list(owner)).length === 0);
    await mustWrite(store, key, "anew", 0);
  });

  promise("walks through the entries of all users", async ({ store }) => {
    const owners = [freshId(), freshId()];
    for (const owner of owners) await mustWrite(store, { owner, conversation: null, taskId: "a" }, owner, 0);
    await until("both are met", WAIT_MS, async () => {
      const met = new Set<string>();
      for await (const record of store.index.all()) met.add(record.key.owner);
      return owners.every((owner) => met.has(owner));
    });
  });
}
