/** Who appends much does not keep the others waiting: large requests are judged in slices, and begin in turns. */
import { describe, expect, test } from "bun:test";
import type { Identity } from "../../src/domain/access.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { appendEvents } from "../../src/http/append.ts";
import { LIMITS } from "../../src/limits.ts";
import { inTurns } from "../../src/log/turns.ts";

/** Turns that are run by hand; each answers whether there was one. */
function byHand(): { readonly clock: Parameters<typeof inTurns>[0]; readonly turn: () => boolean } {
  const turns: (() => void)[] = [];
  const never = (): never => {
    throw new Error("only turns are asked for");
  };
  return {
    clock: { now: never, after: never, turn: (run) => void turns.push(run) },
    turn: () => {
      const run = turns.shift();
      run?.();
      return run !== undefined;
    },
  };
}

describe("appends begin", () => {
  test("together at the end of the turn, in the order in which they were asked for", () => {
    const { clock, turn } = byHand();
    const begun: string[] = [];
    const soon = inTurns(clock);
    for (const name of ["a", "b", "c"]) soon(() => void begun.push(name), 100);
    expect(begun).toEqual([]);
    expect(turn()).toBe(true);
    expect(begun).toEqual(["a", "b", "c"]);
    expect(turn()).toBe(false);
  });

  test("the small ones first where there is much, and a large one has a turn of its own", () => {
    const { clock, turn } = byHand();
    const begun: string[] = [];
    const soon = inTurns(clock);
    for (const [name, bytes] of [["large", 200_000], ["small", 50], ["larger", 250_000], ["smaller", 10]] as const) soon(() => void begun.push(name), bytes);
    turn();
    expect(begun).toEqual(["smaller", "small"]);
    turn();
    expect(begun.slice(2)).toEqual(["large"]);
    turn();
    expect(begun.slice(3)).toEqual(["larger"]);
    expect(turn()).toBe(false);
  });

  test("whoever was put off goes before all that came later, however small", () => {
    const { clock, turn } = byHand();
    const begun: string[] = [];
    const soon = inTurns(clock);
    soon(() => void begun.push("large"), 200_000);
    for (let at = 0; at < 5; at += 1) {
      for (let small = 0; small < 10; small += 1) soon(() => void begun.push("small"), 1_000);
      turn();
      if (begun.includes("large")) break;
    }
    // Behind the ten that were asked for together with it.
    expect(begun.indexOf("large")).toBe(10);
    while (turn());
    expect(begun).toHaveLength(41);
  });

  test("those that are asked for by one that begins have the next turn", () => {
    const { clock, turn } = byHand();
    const begun: string[] = [];
    const soon = inTurns(clock);
    soon(() => {
      begun.push("first");
      soon(() => void begun.push("second"), 1);
    }, 1);
    turn();
    expect(begun).toEqual(["first"]);
    turn();
    expect(begun).toEqual(["first", "second"]);
  });
});

describe("a request of many events", () => {
  const who: Identity = { user: "ann", name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };
  const line = (text: unknown): object => ({ type: "log.line", data: { level: "info", text } });

  function asked(values: readonly unknown[]): { readonly rests: () => number; readonly appended: number[]; readonly done: Promise<unknown> } {
    let rests = 0;
    const appended: number[] = [];
    const writer = {
      create: () => Promise.reject(new Error("nothing is created")),
      append: async (_: string, { drafts }: { readonly drafts: unknown }) => {
        appended.push((drafts as readonly unknown[]).length);
        return { taskId: "t", firstSeq: 2, lastSeq: 3, cursor: "", duplicate: false };
      },
      facts: async () => ({ taskId: "t", owner: "ann", creator: null, holder: null, access: "owner", kind: "k", conversation: null, status: "running", attempt: 1, lastSeq: 1 }),
      firstLine: async () => null,
    };
    const deps = { writer, limits: LIMITS, rates: { append: () => {}, appendTo: () => {} } } as unknown as Parameters<typeof appendEvents>[0];
    const done = appendEvents(deps, who, "t", { values, lines: null, within: "", bytes: 1 }, null, null, async () => void (rests += 1));
    return { rests: () => rests, appended, done };
  }

  test("is judged in slices, others have their turn in between, and is stored as one", async () => {
    const { rests, appended, done } = asked(Array.from({ length: 100 }, (_, at) => line(`line ${at}`)));
    await done;
    expect([rests(), appended]).toEqual([3, [100]]);
  });

  test("as large as a slice is judged in one go", async () => {
    const { rests, done } = asked(Array.from({ length: 32 }, () => line("a")));
    await done;
    expect(rests()).toBe(0);
  });

  test("is refused whole for what stands in a later slice, with its place", async () => {
    const { appended, done } = asked([...Array.from({ length: 80 }, () => line("a")), line(1)]);
    const error = await done.then(() => null, (fault: unknown) => fault as TaskwireError);
    expect(error).toMatchObject({ code: "event_invalid", extra: { path: "80.data.text" } });
    expect(appended).toEqual([]);
  });
});
