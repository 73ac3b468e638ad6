/** What every store promises beside its log and lists: the ports `Peers`, `Log.ends` and `IndexStore.followAll`, and with them `KeyStore` and `WorkQueue`. */
import { describe, expect } from "bun:test";
import type { Batch, BatchHeader, Head, IndexRecord, Log, Position } from "../../src/log/port.ts";
import { body, header } from "../support/broker.ts";
import { until } from "../support/until.ts";
import { keysSuite } from "./keys.ts";
import type { OpenedStore } from "./log.ts";
import { freshName, listener, promises, type PromiseTest } from "./opened.ts";
import { queueSuite } from "./queue.ts";

const WAIT_MS = 10_000;
/** How long answers of instances are waited for. Milliseconds. */
const ASK_MS = 150;

/** Holds a store to the ports that tasks need to live. `open` is called for every test and may open the same store each time. */
export function storeSuite(name: string, open: () => Promise<OpenedStore>): void {
  keysSuite(name, open);
  queueSuite(name, open);
  const promise = promises(open);
  describe(`peers: ${name}`, () => peersPromises(promise));
  describe(`ends of the log: ${name}`, () => endsPromises(promise));
  describe(`the whole index: ${name}`, () => indexPromises(promise));
}

function peersPromises(promise: PromiseTest): void {
  promise("asks all instances, itself included, and has the answers of those that have one", async ({ store, other }) => {
    const topic = freshName();
    await store.peers.answer(topic, (question) => `near ${question}`);
    await other.peers.answer(topic, async (question) => {
      await Promise.resolve();
      return `far ${question}`;
    });
    await other.peers.answer(topic, () => null);
    await other.peers.answer(topic, async () => null);
    await other.peers.answer(`${topic}-`, () => "another topic");
    for (const { peers } of [store, other]) {
      const answers = await until("both answer", WAIT_MS, async () => {
        const found = await peers.ask(topic, "grüße\n?", ASK_MS);
        return found.length >= 2 && found;
      });
      expect([...answers].sort()).toEqual(["far grüße\n?", "near grüße\n?"]);
    }
  });

  promise("has no answer where nobody has one, or the one who had has gone", async ({ store, other }) => {
    const topic = freshName();
    expect(await store.peers.ask(topic, "?", ASK_MS)).toEqual([]);
    const stop = await other.peers.answer(topic, () => "here");
    await until("it answers", WAIT_MS, async () => (await store.peers.ask(topic, "?", ASK_MS)).join() === "here");
    stop();
    await until("it has gone", WAIT_MS, async () => (await store.peers.ask(topic, "?", ASK_MS)).length === 0);
  });

  promise("has the others' answers where one fails", async ({ store, other }) => {
    const topic = freshName();
    await store.peers.answer(topic, () => {
      throw new Error("the first fails");
    });
    await store.peers.answer(topic, () => Promise.reject(new Error("the second fails")));
    await other.peers.answer(topic, () => "well");
    await until("the one that works is heard", WAIT_MS, async () => (await store.peers.ask(topic, "?", ASK_MS)).join() === "well");
  });

  promise("lets all instances know, itself included, and of each topic only those who answer it", async ({ store, other }) => {
    const topic = freshName();
    const [near, far, elsewhere] = [listener<string>(), listener<string>(), listener<string>()];
    for (const [{ peers }, { hear }, of] of [[store, near, topic], [other, far, topic], [other, elsewhere, `${topic}-`]] as const) {
      await peers.answer(of, (message) => {
        hear(message);
        return "nobody asked";
      });
    }
    // That somebody listens is known everywhere in a cluster after a moment only.
    await until("both listen", WAIT_MS, async () => (await store.peers.ask(topic, "?", ASK_MS)).length === 2);
    await store.peers.tell(topic, "one");
    await store.peers.tell(topic, "zwei");
    await until("both have heard both", WAIT_MS, () => [near, far].every(({ heard }) => heard.includes("zwei")));
    for (const { heard } of [near, far]) expect(heard.slice(heard.indexOf("one"))).toEqual(["one", "zwei"]);
    expect(elsewhere.heard).toEqual([]);
  });

  promise("refuses topics that would mean another subject", async ({ store: { peers } }) => {
    for (const illegal of ["", "a.b", "*", ">", "a b"]) {
      for (const call of [async () => peers.answer(illegal, () => null), async () => peers.ask(illegal, "?", 1), async () => peers.tell(illegal, "!")]) await expect(call()).rejects.toBeInstanceOf(RangeError);
    }
  });
}

async function fill(log: Log, taskId: string, headers: readonly BatchHeader[]): Promise<Batch> {
  let last: Batch | null = null;
  for (const each of headers) {
    const expected: Position = last?.position ?? 0;
    const bytes = body(each.firstSeq, each.lastSeq - each.firstSeq + 1);
    const outcome = await log.append({ taskId, expected, header: each, body: bytes });
    if (outcome.kind !== "stored") throw new Error(`an append was answered ${outcome.kind}`);
    last = { taskId, position: outcome.position, header: each, body: bytes };
  }
  return last as Batch;
}

/** Of these tasks, what the walk meets. */
async function endsOf(log: Log, taskIds: readonly string[]): Promise<Head[]> {
  const found: Head[] = [];
  for await (const head of log.ends()) if (taskIds.includes(head.batch.taskId)) found.push(head);
  return found.sort((a, b) => taskIds.indexOf(a.batch.taskId) - taskIds.indexOf(b.batch.taskId));
}

function endsPromises(promise: PromiseTest): void {
  promise("walks through the last batch of every task, whole, and each once", async ({ store, other }) => {
    const taskIds = Array.from({ length: 40 }, freshName);
    const lasts: Batch[] = [];
    for (const [at, taskId] of taskIds.entries()) {
      const headers = Array.from({ length: 1 + (at % 3) }, (_, seq) => header(seq + 1, seq + 1, { status: `status-${seq}`, owner: `owner-${at}`, state: at % 2 === 0 ? '{"n":1}' : null }));
      lasts.push(await fill(store.log, taskId, headers));
    }
    const found = await until("all are met", WAIT_MS, async () => {
      const met = await endsOf(other.log, taskIds);
      return met.length === taskIds.length && met.every(({ position }, at) => position === lasts[at]?.position) && met;
    });
    expect(found.map(({ batch }) => batch)).toEqual(lasts);
  });

  promise("has what is left of a task, and nothing of one that is gone", async ({ store, other }) => {
    const [kept, gone] = [freshName(), freshName()];
    const last = await fill(store.log, kept, [1, 2, 3].map((seq) => header(seq)));
    await fill(store.log, gone, [1, 2].map((seq) => header(seq)));
    await store.log.purge(kept, 1);
    await store.log.purge(gone, 0);
    const [only, ...more] = await until("the purge is seen", WAIT_MS, async () => {
      const met = await endsOf(other.log, [kept, gone]);
      return met.length === 1 && met;
    });
    expect([only?.batch, more]).toEqual([last, []]);
  });

  promise("can be left at any place", async ({ store }) => {
    const taskId = freshName();
    await fill(store.log, taskId, [header(1)]);
    let met = 0;
    for await (const head of store.log.ends()) {
      expect(head.position).toBeGreaterThan(0);
      met += 1;
      break;
    }
    expect(met).toBe(1);
    expect((await store.log.head(taskId))?.batch.header.lastSeq).toBe(1);
  });
}

function indexPromises(promise: PromiseTest): void {
  promise("hands over the entries of all users as they are written, by whichever client", async ({ store, other }) => {
    const [one, two] = [freshName(), freshName()];
    const keys = [{ owner: one, conversation: null, taskId: "a" }, { owner: two, conversation: "talk", taskId: "a" }, { owner: two, conversation: null, taskId: "b" }] as const;
    await store.index.write({ owner: one, conversation: null, taskId: "before" }, "0", 0);
    const [near, far] = [listener<IndexRecord>(), listener<IndexRecord>()];
    const stop = await store.index.followAll(near.hear);
    await other.index.followAll(far.hear);
    const written: IndexRecord[] = [];
    for (const [at, key] of keys.entries()) {
      const outcome = await (at % 2 === 0 ? store : other).index.write(key, `{"n":"${at} ü"}`, 0);
      if (outcome.kind === "stored") written.push({ key, value: `{"n":"${at} ü"}`, revision: outcome.revision });
    }
    const again = await store.index.write(keys[0], "again", written[0]?.revision ?? 0);
    if (again.kind === "stored") written.push({ key: keys[0], value: "again", revision: again.revision });
    expect(written.length).toBe(4);
    const own = (records: readonly IndexRecord[]): IndexRecord[] => records.filter(({ key: { owner } }) => owner === one || owner === two);
    const nameOf = ({ key, revision }: IndexRecord): string => `${key.owner} ${key.taskId} ${revision}`;
    const sorted = (records: readonly IndexRecord[]): IndexRecord[] => [...records].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    for (const { heard } of [near, far]) {
      await until("all are heard", WAIT_MS, () => own(heard).length >= written.length);
      expect(sorted(own(heard))).toEqual(sorted(written));
      // Of one entry the later comes later.
      expect(own(heard).filter(({ key: { owner } }) => owner === one).map(({ value }) => value)).toEqual(['{"n":"0 ü"}', "again"]);
    }
    stop();
    await other.index.remove(keys[2]);
    await other.index.write({ owner: one, conversation: null, taskId: "c" }, "later", 0);
    await until("who still follows hears it", WAIT_MS, () => own(far.heard).some(({ value }) => value === "later"));
    expect(own(near.heard).length).toBe(written.length);
    expect(own(far.heard).some(({ value }) => value === "")).toBe(false);
  });
}
