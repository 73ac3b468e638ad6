/** Which queues are let go of, so that names that somebody made up do not take the broker's room for ever. */
import { expect, test } from "bun:test";
import { IdleKinds } from "../../src/work/idle-kinds.ts";

const MINUTE = 60_000;

test("a kind is let go of when its queue was empty for ten minutes, and not before anybody waited in between", () => {
  const idle = new IdleKinds();
  expect([0, 5, 9].map((at) => idle.isIdle("k", 0, at * MINUTE))).toEqual([false, false, false]);
  expect([idle.isIdle("k", 1, 9.5 * MINUTE), idle.isIdle("k", 0, 10 * MINUTE), idle.isIdle("k", 0, 19 * MINUTE), idle.isIdle("k", 0, 20 * MINUTE)]).toEqual([false, false, false, true]);
  // It may be let go of again when somebody has asked for it since.
  expect([idle.isIdle("k", 0, 21 * MINUTE), idle.isIdle("k", 0, 31 * MINUTE)]).toEqual([false, true]);
});

test("of kinds that are gone nothing is remembered", () => {
  const idle = new IdleKinds();
  idle.isIdle("k", 0, 0);
  idle.keep(new Set(["other"]));
  expect(idle.isIdle("k", 0, 20 * MINUTE)).toBe(false);
});
