/** Sets of tasks from the TypeScript client, on the real service: who joins, what happens, who leaves, through cuts and a killed service. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Client, createClient, type SetItem, type TaskSet } from "../../clients/typescript/src/client.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 20_000;

let service: Service;
let proxy: Proxy;

beforeAll(async () => {
  service = await startService();
  proxy = await startProxy(service.port);
}, 60_000);
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

const line = (at: number) => ({ type: "log.line", data: { level: "info", text: `line ${at}` } }) as const;
const DONE = { type: "task.completed", data: {} } as const;

interface Watching {
  readonly items: SetItem[];
  readonly done: Promise<void>;
  position(): string | null;
  seqs(taskId: string): number[];
  kinds(taskId: string): string[];
  stop(): Promise<void>;
}

function watch(client: Client, set: TaskSet, after: string | null = null): Watching {
  const controller = new AbortController();
  const items: SetItem[] = [];
  const done = (async () => {
    for await (const item of client.followSet(set, { signal: controller.signal, after })) items.push(item);
  })();
  return {
    items,
    done,
    position: () => items.at(-1)?.position ?? null,
    seqs: (taskId) => items.flatMap((item) => (item.kind === "event" && item.event.task_id === taskId ? [item.event.seq] : [])),
    kinds: (taskId) => items.flatMap((item) => ("taskId" in item && item.taskId === taskId && "reason" in item ? [`${item.kind} ${item.reason}`] : [])),
    stop() {
      controller.abort();
      return done;
    },
  };
}

async function newUser(transport: "websocket" | "sse"): Promise<{ readonly direct: Client; readonly cut: Client }> {
  const token = await signUp(service.url);
  return { direct: createClient({ url: service.url, token }), cut: createClient({ url: `http://127.0.0.1:${proxy.port}`, token, transport }) };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

describe.each(["websocket", "sse"] as const)("over %s, a set", (transport) => {
  test("has the tasks that join with all their events, in order, through cuts, and tells who leaves", async () => {
    const { direct, cut } = await newUser(transport);
    const { task_id: before } = await direct.create({ kind: "test" });
    const all = watch(cut, { scope: "mine" });
    await until("it has caught up", LIMIT_MS, () => all.items.some(({ kind }) => kind === "caught_up"));
    expect(all.kinds(before)).toEqual(["joined present"]);
    const cutting = setInterval(() => proxy.reset(), 120);
    const ids: string[] = [];
    try {
      for (let task = 0; task < 5; task += 1) {
        const { task_id: id } = await direct.create({ kind: "test", title: `Task ${task}` });
        ids.push(id);
        for (let at = 0; at < 10; at += 1) {
          await direct.publish(id, [line(at), line(at)]);
          await Bun.sleep(10);
        }
      }
      for (const id of ids) await direct.publish(id, DONE);
      await direct.publish(before, DONE);
    } finally {
      clearInterval(cutting);
    }
    for (const id of ids) {
      await until(`${id} has left`, LIMIT_MS, () => all.kinds(id).includes("left ended"));
      expect(all.seqs(id)).toEqual(upTo(22));
    }
    await until("the first has left", LIMIT_MS, () => all.kinds(before).includes("left ended"));
    // A position may lie before what was there already: then that comes, too.
    expect(all.seqs(before).at(-1)).toBe(2);
    await all.stop();
  }, 60_000);

  test("goes on from its position, with what was created and ended while nobody watched, also after the service was killed", async () => {
    await using first = await startService();
    const token = await signUp(first.url);
    const client = createClient({ url: first.url, token, transport });
    const { task_id: one } = await client.create({ kind: "test", conversation_id: "talk" });
    const { task_id: elsewhere } = await client.create({ kind: "test", conversation_id: "other" });
    const before = watch(client, { conversation_id: "talk" });
    await until("it is there", LIMIT_MS, () => before.items.some(({ kind }) => kind === "caught_up"));
    await client.publish(one, line(1));
    await until("the first is seen", LIMIT_MS, () => before.seqs(one).length === 1);
    // A heartbeat, or any frame of the set, would bring a later one; what then comes twice is dropped by its number.
    const place = before.position();
    await before.stop();
    const { task_id: two } = await client.create({ kind: "test", conversation_id: "talk" });
    await client.publish(two, [line(1), line(2), DONE]);
    await client.publish(one, line(2));
    await client.publish(elsewhere, line(1));
    await first.kill();
    await using second = await startService({ home: first.home, port: first.port });
    const again = watch(createClient({ url: second.url, token, transport }), { conversation_id: "talk" }, place);
    await until("both are seen", LIMIT_MS, () => again.seqs(two).length >= 4 && again.seqs(one).includes(3));
    expect(again.seqs(two)).toEqual(upTo(4));
    expect(again.seqs(elsewhere)).toEqual([]);
    await until("the second has left", LIMIT_MS, () => again.kinds(two).includes("left ended"));
    await again.stop();
  }, 60_000);

  test("of tasks by name goes on without those that may not be watched", async () => {
    const { direct, cut } = await newUser(transport);
    const { task_id: mine } = await direct.create({ kind: "test" });
    const list = watch(cut, { task_ids: [mine, "nosuch"] });
    await until("one is refused and the other is there", LIMIT_MS, () => list.items.some((item) => item.kind === "refused" && item.taskId === "nosuch" && item.error.code === "task_unknown") && list.kinds(mine).length === 1);
    await direct.publish(mine, line(1));
    await until("it is seen", LIMIT_MS, () => list.seqs(mine).length === 1);
    await list.stop();
  });

  test("that makes no sense is refused with what was wrong", async () => {
    const { cut } = await newUser(transport);
    expect(watch(cut, { scope: "mine" }, "garbage").done).rejects.toMatchObject({ code: "cursor_invalid" });
    expect(watch(cut, { task_ids: Array.from({ length: 257 }, (_, at) => `t${at}`) }).done).rejects.toMatchObject({ code: "too_many_subscriptions" });
  });
});
