/** What the writing side promises on every log: dense numbers, each request stored once, whichever instance took it, and laws that hold for all. */
import { describe, expect, test } from "bun:test";
import { TaskwireError } from "../../src/domain/error.ts";
import { parseCursor } from "../../src/domain/cursor.ts";
import type { DraftEvent, RetryIdentity } from "../../src/domain/laws.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import type { Batch, Log, Store } from "../../src/log/port.ts";
import { createTaskIndex, type TaskIndex } from "../../src/log/task-index.ts";
import { type AppendSubmission, type Appended, createWriter, type CreateRequest, type Writer } from "../../src/log/writer.ts";
import type { Environment } from "../../src/domain/environment.ts";
import { realEnvironment } from "../support/environment.ts";
import { until } from "../support/until.ts";
import type { OpenedStore } from "./log.ts";

const LIMIT_MS = 60_000;
const WAIT_MS = 10_000;

/** A writing side on a store, as one instance of the service has it. */
export interface WritingSide {
  readonly writer: Writer;
  readonly index: TaskIndex;
  close(): Promise<void>;
}

/** Puts writer and index on a store. Closing them leaves the store open. */
export function writingSide(store: Store, limits: LimitSet = LIMITS, environment: Environment = realEnvironment()): WritingSide {
  const index = createTaskIndex({ store, environment, limits });
  const writer = createWriter({ store, environment, limits, meter: silentMeter, index });
  return {
    writer,
    index,
    async close() {
      await writer.close();
      await index.close();
    },
  };
}

/** A request to create a task, of no particular sort. */
export const creation = (more: Partial<CreateRequest> = {}): CreateRequest => ({ taskId: null, owner: "owner1", kind: "build", access: "owner", actor: null, identity: null, ...more });

/** A request to append these events. */
export const submission = (drafts: readonly DraftEvent[], identity: RetryIdentity | null = null): AppendSubmission => ({ drafts, bytes: JSON.stringify(drafts).length, actor: null, service: false, identity });

/** One event that no law forbids. */
export const line = (text: string): DraftEvent => ({ type: "log.line", data: { level: "info", text } });

export interface ReadEvent {
  readonly type: string;
  readonly seq: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events of batches, parsed. */
export function eventsIn(batches: readonly Batch[]): ReadEvent[] {
  return batches.flatMap((batch) => new TextDecoder().decode(batch.body).trimEnd().split("\n").map((text) => JSON.parse(text) as ReadEvent));
}

/** Every batch of a task, once the copy that answers is as far as the leader. */
export async function batchesOf(log: Log, taskId: string): Promise<readonly Batch[]> {
  const end = (await log.head(taskId))?.position ?? 0;
  return until("the whole log can be read", WAIT_MS, async () => {
    const batches: Batch[] = [];
    for (let done = false; !done; ) {
      const page = await log.read({ taskId, after: batches.at(-1)?.position ?? 0, upTo: end, maxBytes: 1e7 });
      batches.push(...page.batches);
      done = page.end;
    }
    return (batches.at(-1)?.position ?? 0) === end && batches;
  });
}

/** Fails unless the log's events are numbered 1, 2, 3 … and its headers say so. */
export function expectDense(batches: readonly Batch[]): void {
  const events = eventsIn(batches);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, at) => at + 1));
  let last = 0;
  for (const { header, body } of batches) {
    expect(header.firstSeq).toBe(last + 1);
    last += new TextDecoder().decode(body).split("\n").length - 1;
    expect(header.lastSeq).toBe(last);
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    if (error instanceof TaskwireError) return error.code;
    throw error;
  }
}

type Check = (opened: OpenedStore, sides: readonly [WritingSide, WritingSide]) => Promise<void>;

/** Holds the writing side on a log to its promises. `open` is called for every test. */
export function writerSuite(name: string, open: () => Promise<OpenedStore>): void {
  const promise = (sentence: string, check: Check): void =>
    test(
      sentence,
      async () => {
        const opened = await open();
        const sides = [writingSide(opened.store), writingSide(opened.other ?? opened.store)] as const;
        try {
          await check(opened, sides);
        } finally {
          await Promise.all(sides.map((side) => side.close()));
          await opened.close();
        }
      },
      LIMIT_MS,
    );

  describe(`writer: ${name}`, () => {
    promise("creates a task, appends to it, and says where the events stand", async ({ store }, [{ writer }]) => {
      const created = await writer.create(creation({ title: "A build", conversation: "talk", input: { a: 1 } }));
      expect(created).toMatchObject({ firstSeq: 1, lastSeq: 1, duplicate: false });
      expect(created.taskId).toMatch(/^[0-9a-z]{26}$/);
      const appended = await writer.append(created.taskId, submission([line("a"), line("b")]));
      expect(appended).toMatchObject({ taskId: created.taskId, firstSeq: 2, lastSeq: 3, duplicate: false });
      const batches = await batchesOf(store.log, created.taskId);
      expectDense(batches);
      expect(eventsIn(batches).map((event) => event.type)).toEqual(["task.created", "log.line", "log.line"]);
      expect(parseCursor(appended.cursor)).toMatchObject({ seq: 3, position: batches.at(-1)?.position ?? -1 });
      expect(await writer.facts(created.taskId)).toEqual({ taskId: created.taskId, owner: "owner1", creator: null, holder: null, access: "owner", kind: "build", conversation: "talk", status: "queued", attempt: 1, lastSeq: 3 });
      expect(await writer.facts("nothing")).toBeNull();
    });

    promise("lets requests that meet travel together, each with its own answer", async ({ store }, [{ writer }]) => {
      const { taskId } = await writer.create(creation());
      const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => writer.append(taskId, submission([line(`${at}`), line(`${at}`)]))));
      const batches = await batchesOf(store.log, taskId);
      expectDense(batches);
      expect(batches.length).toBeLessThan(100);
      const events = eventsIn(batches);
      answers.forEach(({ firstSeq, lastSeq }, at) => expect(events.slice(firstSeq - 1, lastSeq).map((event) => event.data.text)).toEqual([`${at}`, `${at}`]));
    });

    promise("keeps a batch within the bounds of a request", async ({ store }, [{ writer }]) => {
      const { taskId } = await writer.create(creation());
      await Promise.all(Array.from({ length: 20 }, (_, at) => writer.append(taskId, submission([line(`${at}${"x".repeat(40_000)}`)]))));
      await Promise.all(Array.from({ length: 4 }, (_, at) => writer.append(taskId, submission(Array.from({ length: 600 }, () => line(`${at}`))))));
      const batches = await batchesOf(store.log, taskId);
      expectDense(batches);
      expect(Math.max(...batches.map((batch) => batch.body.byteLength))).toBeLessThanOrEqual(LIMITS.requestBytes);
      expect(Math.max(...batches.map((batch) => batch.header.lastSeq - batch.header.firstSeq + 1))).toBeLessThanOrEqual(LIMITS.requestEvents);
    });

    promise("refuses only the request that breaks a law, and stores its neighbours", async ({ store }, [{ writer }]) => {
      const { taskId } = await writer.create(creation());
      const delta = { type: "message.delta", data: { message_id: "m", delta: "x" } };
      const codes = await Promise.all([[line("a")], [line("no"), delta], [line("b")], [delta], [line("c")]].map((drafts) => codeOf(writer.append(taskId, submission(drafts)))));
      expect(codes).toEqual(["accepted", "scope_not_open", "accepted", "scope_not_open", "accepted"]);
      const batches = await batchesOf(store.log, taskId);
      expectDense(batches);
      expect(eventsIn(batches).slice(1).map((event) => event.data.text)).toEqual(["a", "b", "c"]);
    });

    promise("lets two instances write one task at once, each request stored once", async ({ store }, sides) => {
      const { taskId } = await sides[0].writer.create(creation());
      const answers: Appended[] = [];
      await Promise.all(
        sides.flatMap(({ writer }, side) =>
          Array.from({ length: 4 }, async (_, producer) => {
            for (let at = 0; at < 15; at += 1) answers.push(await writer.append(taskId, submission([line(`${side}.${producer}.${at}`)])));
          }),
        ),
      );
      const batches = await batchesOf(store.log, taskId);
      expectDense(batches);
      const texts = eventsIn(batches).slice(1).map((event) => event.data.text);
      expect(texts.length).toBe(120);
      expect(new Set(texts).size).toBe(120);
      expect(new Set(answers.map((answer) => answer.firstSeq)).size).toBe(120);
    });

    promise("answers a repeated request with the first one's place, whichever instance it meets", async ({ store }, [here, there]) => {
      const { taskId } = await here.writer.create(creation());
      const keyed = submission([line("a"), line("b")], { kind: "key", key: "k1", digest: "d1" });
      const numbered = (seq: number): AppendSubmission => submission([line(`p${seq}`)], { kind: "producer", id: "p", seq, digest: `d${seq}` });
      const first = await here.writer.append(taskId, keyed);
      const second = await here.writer.append(taskId, numbered(1));
      const third = await there.writer.append(taskId, numbered(2));
      for (const { writer } of [there, here]) {
        expect(await writer.append(taskId, keyed)).toEqual({ ...first, duplicate: true });
        expect(await writer.append(taskId, numbered(2))).toEqual({ ...third, duplicate: true });
        expect((await writer.append(taskId, numbered(1))).duplicate).toBe(true);
        expect(await codeOf(writer.append(taskId, submission([line("c")], { kind: "key", key: "k1", digest: "d2" })))).toBe("idempotency_mismatch");
      }
      expect(second.lastSeq).toBe(4);
      expect((await store.log.head(taskId))?.batch.header.lastSeq).toBe(5);
    });

    promise("answers repeats that arrive together with one place", async ({ store }, sides) => {
      const { taskId } = await sides[0].writer.create(creation());
      const request = submission([line("once")], { kind: "key", key: "k", digest: "d" });
      const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => (sides[at % 2] as WritingSide).writer.append(taskId, request)));
      expect(new Set(answers.map((answer) => `${answer.firstSeq} ${answer.cursor}`)).size).toBe(1);
      expect(answers.filter((answer) => !answer.duplicate).length).toBe(1);
      expect((await store.log.head(taskId))?.batch.header.lastSeq).toBe(2);
    });

    promise("finds the place of a repeat from long ago", async ({ store }, [here, there]) => {
      const { taskId } = await here.writer.create(creation());
      const early = submission([line("early")], { kind: "key", key: "early", digest: "d" });
      const first = await here.writer.append(taskId, early);
      for (let at = 0; at < 150; at += 1) await here.writer.append(taskId, submission([line(`${at}`)]));
      await batchesOf(store.log, taskId);
      expect(await there.writer.append(taskId, early)).toEqual({ ...first, duplicate: true });
      expect(await here.writer.append(taskId, early)).toEqual({ ...first, duplicate: true });
    });

    promise("makes the same task for the same user and key, and another for anybody else", async (_, [here, there]) => {
      const key = `key-${Math.random()}`;
      const request = creation({ title: "one", identity: { kind: "key", key, digest: "d1" } });
      const first = await here.writer.create(request);
      expect(await there.writer.create(request)).toEqual({ ...first, duplicate: true });
      expect(await here.writer.create(request)).toEqual({ ...first, duplicate: true });
      expect(await codeOf(there.writer.create({ ...request, title: "two", identity: { kind: "key", key, digest: "d2" } }))).toBe("idempotency_mismatch");
      expect((await there.writer.create({ ...request, owner: "owner2" })).taskId).not.toBe(first.taskId);
      for (let at = 0; at < LIMITS.idempotencyKeys; at += 1) await here.writer.append(first.taskId, submission([line("x")], { kind: "key", key: `${at}`, digest: "d" }));
      expect(await there.writer.create(request)).toEqual({ ...first, duplicate: true });
    });

    promise("takes a chosen id once, for one user, and leaves no trace for another", async (_, [here, there]) => {
      const taskId = `chosen_${Date.now()}`;
      await here.writer.create(creation({ taskId, owner: "first" }));
      expect(await codeOf(there.writer.create(creation({ taskId, owner: "second" })))).toBe("id_taken");
      expect(await codeOf(here.writer.create(creation({ taskId, owner: "first" })))).toBe("id_taken");
      expect(await codeOf(here.writer.create(creation({ taskId: "a.b" })))).toBe("id_invalid");
      expect((await there.index.list("second", { limit: 10 })).tasks).toEqual([]);
    });

    promise("judges by what any instance has stored", async ({ store }, [here, there]) => {
      const { taskId } = await here.writer.create(creation());
      await there.writer.append(taskId, submission([line("warm")]));
      await here.writer.append(taskId, submission([{ type: "message.started", data: { message_id: "m", role: "agent" } }]));
      await there.writer.append(taskId, submission([{ type: "message.delta", data: { message_id: "m", delta: "x" } }]));
      await here.writer.append(taskId, submission([{ type: "task.completed", data: {} }]));
      expect(await codeOf(there.writer.append(taskId, submission([line("late")])))).toBe("task_ended");
      expect(await codeOf(there.writer.append("never-created", submission([line("no")])))).toBe("task_unknown");
      expect(await codeOf(there.writer.append("a.b", submission([line("no")])))).toBe("id_invalid");
      expectDense(await batchesOf(store.log, taskId));
    });

    promise("goes on from the log alone, with all that judging needs", async (opened, [here]) => {
      const { store } = opened;
      const { taskId } = await here.writer.create(creation());
      await here.writer.append(taskId, submission([{ type: "step.started", data: { step_id: "s", name: "s" } }, { type: "task.progress", data: { percent: 40 } }]));
      for (let at = 0; at < 140; at += 1) await here.writer.append(taskId, submission([line(`${at}`)], { kind: "producer", id: `p${at % 3}`, seq: at, digest: `${at}` }));
      const batches = await batchesOf(store.log, taskId);
      const carried = batches.flatMap((batch, at) => (batch.header.state === null ? [] : [at]));
      expect(Math.max(...carried.map((at, n) => at - (carried[n - 1] ?? 0)))).toBeLessThanOrEqual(LIMITS.stateEveryBatches);
      for (const [at, batch] of batches.entries()) expect(batch.header.stateAt).toBe(batches[carried.findLast((place) => place < at) ?? -1]?.position ?? 0);
      const cold = writingSide(opened.other ?? store);
      try {
        expect(await cold.writer.append(taskId, submission([line("139")], { kind: "producer", id: "p1", seq: 139, digest: "139" }))).toMatchObject({ duplicate: true, firstSeq: 143 });
        expect(await codeOf(cold.writer.append(taskId, submission([{ type: "step.started", data: { step_id: "s", name: "s" } }])))).toBe("scope_already_open");
        await cold.writer.append(taskId, submission([{ type: "task.progress", data: { percent: 10 } }]));
        expect(eventsIn(await batchesOf(store.log, taskId)).at(-1)?.data).toMatchObject({ percent: 40, reported: 10 });
      } finally {
        await cold.close();
      }
    });

    promise("keeps the list of tasks up to date, newest change first", async (_, [here, there]) => {
      const owner = `lister${Date.now()}`;
      const a = await here.writer.create(creation({ owner, title: "A" }));
      const made = Date.now();
      await until("the clock has moved on", WAIT_MS, () => Date.now() > made);
      const b = await here.writer.create(creation({ owner, title: "B", conversation: "talk" }));
      expect((await here.index.list(owner, { limit: 10 })).tasks.map((task) => task.title)).toEqual(["B", "A"]);
      await until("the other instance lists both", WAIT_MS, async () => (await there.index.list(owner, { limit: 10 })).tasks.length === 2);
      await here.writer.append(a.taskId, submission([{ type: "task.started", data: { attempt: 1 } }, { type: "task.progress", data: { percent: 30 } }]));
      await here.writer.append(a.taskId, submission([{ type: "task.completed", data: {} }]));
      for (const { index } of [here, there]) {
        await until("it is listed as completed", WAIT_MS, async () => (await index.list(owner, { limit: 10 })).tasks.some((task) => task.taskId === a.taskId && task.status === "completed"));
        expect((await index.list(owner, { limit: 10, status: "completed" })).tasks.map((task) => task.taskId)).toEqual([a.taskId]);
        expect((await index.list(owner, { limit: 10, conversation: "talk" })).tasks.map((task) => task.taskId)).toEqual([b.taskId]);
      }
    });

    promise("takes nothing more once it is closing, and answers what it had taken", async (_, [{ writer }]) => {
      const { taskId } = await writer.create(creation());
      const last = writer.append(taskId, submission([line("last")]));
      const closed = writer.close();
      expect(await codeOf(writer.append(taskId, submission([line("late")])))).toBe("unavailable");
      expect((await last).lastSeq).toBe(2);
      await closed;
    });
  });
}
