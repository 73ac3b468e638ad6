/** What an instance answers when all are asked: those that are meant, and no more than one message of the broker takes. */
import { expect, test } from "bun:test";
import type { ConnectionInfo, Connections } from "../../src/delivery/connections.ts";
import { askedSeldom, createInstances } from "../../src/http/instances.ts";
import type { Peers } from "../../src/log/port.ts";
import { virtualEnvironment } from "../support/environment.ts";

function world(list: readonly ConnectionInfo[]) {
  let answer: (question: string) => string | null | Promise<string | null> = () => null;
  const sizes: number[] = [];
  const peers: Peers = {
    answer: async (_, onQuestion) => ((answer = onQuestion), () => {}),
    tell: async () => {},
    ask: async (_, question) => {
      const text = await answer(question);
      sizes.push(text?.length ?? 0);
      return text === null ? [] : [text];
    },
  };
  const connections = { stats: () => ({ websocket: list.length, sse: 0 }), list: (_: string | null, most: number) => list.slice(0, most) } as unknown as Connections;
  return { sizes, instances: createInstances({ peers, connections, environment: virtualEnvironment(1), version: "1", leads: () => true }) };
}

const connection = (at: number, more: Partial<ConnectionInfo> = {}): ConnectionInfo => ({ connection_id: `c${at}`, transport: "websocket", user: null, tasks: [], sets: 0, waiting: 0, ...more });

test("connections of a dialect are listed however many others there are", async () => {
  const { instances } = world(Array.from({ length: 5_000 }, (_, at) => connection(at, at % 1_000 === 999 ? { dialect: "research-plans" } : {})));
  const [told] = await instances.ask("", "research-plans");
  expect([told?.list?.map(({ connection_id: id }) => id), told?.connections.websocket]).toEqual([["c999", "c1999", "c2999", "c3999", "c4999"], 5_000]);
});

test("an answer stays below what a broker takes as one message", async () => {
  const tasks = Array.from({ length: 256 }, (_, at) => `${at}`.padStart(64, "t"));
  const { instances, sizes } = world(Array.from({ length: 1_000 }, (_, at) => connection(at, { tasks })));
  const [told] = await instances.ask("");
  expect(told?.list?.length ?? 0).toBeGreaterThan(10);
  expect(Math.max(...sizes)).toBeLessThan(512 * 1024);
});

test("what many want to know is asked once a second, and anew at once where it failed", async () => {
  const environment = virtualEnvironment(1);
  let asked = 0;
  const ask = askedSeldom(environment.clock, async () => {
    asked += 1;
    if (asked === 2) throw new Error("away");
    return asked;
  });
  expect(await Promise.all(Array.from({ length: 200 }, ask))).toEqual(Array.from({ length: 200 }, () => 1));
  await environment.advance(1_000);
  expect((await Promise.allSettled([ask(), ask()])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect([await ask(), await ask(), asked]).toEqual([3, 3, 3]);
});
