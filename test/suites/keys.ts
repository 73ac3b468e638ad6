/** What every store of named values promises: the `KeyStore` of `src/log/port.ts` as tests. */
import { describe, expect } from "bun:test";
import type { KeyChange, KeyStore } from "../../src/log/port.ts";
import { until } from "../support/until.ts";
import type { OpenedStore } from "./log.ts";
import { freshName, listener, promises } from "./opened.ts";

const WAIT_MS = 10_000;

const listed = async (keys: KeyStore, bucket: string): Promise<Record<string, string>> => Object.fromEntries((await keys.list(bucket)).map(({ key, value }) => [key, value]));

/** Holds a store's named values to the port. `open` is called for every test and may open the same store each time. */
export function keysSuite(name: string, open: () => Promise<OpenedStore>): void {
  const promise = promises(open);

  describe(`named values: ${name}`, () => {
    promise("writes over whatever is there, at a rising revision", async ({ store, other }) => {
      const bucket = freshName();
      const first = await store.keys.set(bucket, "a", "one");
      const second = await other.keys.set(bucket, "a", "two");
      expect(second).toBeGreaterThan(first);
      expect(await store.keys.get(bucket, "a")).toEqual({ value: "two", revision: second });
      expect(await other.keys.put(bucket, "a", "three", first)).toBeNull();
      expect(await store.keys.put(bucket, "a", "three", second)).toBeGreaterThan(second);
    });

    promise("removes a value, which is then made anew as if it had never been", async ({ store, other }) => {
      const bucket = freshName();
      const first = await store.keys.set(bucket, "a", "one");
      await other.keys.remove(bucket, "a");
      expect(await store.keys.get(bucket, "a")).toBeNull();
      expect(await store.keys.put(bucket, "a", "late", first)).toBeNull();
      const again = await store.keys.put(bucket, "a", "two", 0);
      expect(again).toBeGreaterThan(first);
      expect(await other.keys.put(bucket, "a", "three", 0)).toBeNull();
      await store.keys.remove(bucket, "never-there");
      await store.keys.remove(bucket, "a");
      await store.keys.remove(bucket, "a");
      await store.keys.set(bucket, "a", "three");
      expect((await other.keys.get(bucket, "a"))?.value).toBe("three");
    });

    promise("gives a removed name to exactly one of those who want it", async ({ store, other }) => {
      const bucket = freshName();
      await store.keys.set(bucket, "leader", "old");
      await store.keys.remove(bucket, "leader");
      const wanted = await Promise.all(Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? store : other).keys.put(bucket, "leader", `n${at}`, 0)));
      expect(wanted.filter((revision) => revision !== null).length).toBe(1);
      expect((await store.keys.get(bucket, "leader"))?.value).toBe(`n${wanted.findIndex((revision) => revision !== null)}`);
    });

    promise("lists what a bucket has, each with its last value, and of no other bucket", async ({ store, other }) => {
      const bucket = freshName();
      const revision = await store.keys.set(bucket, "a", "old");
      await store.keys.set(bucket, "b_-B", "{\"n\":\"ü\\n\"}");
      await store.keys.set(bucket, "gone", "x");
      await store.keys.remove(bucket, "gone");
      await store.keys.put(bucket, "a", "new", revision);
      await store.keys.set(`${bucket}-`, "c", "no");
      await store.keys.set(`${bucket}a`, "c", "no");
      await until("the last is listed", WAIT_MS, async () => (await listed(other.keys, bucket)).a === "new");
      expect(await listed(other.keys, bucket)).toEqual({ a: "new", "b_-B": "{\"n\":\"ü\\n\"}" });
      expect(await store.keys.list(freshName())).toEqual([]);
    });

    promise("lists more values than one answer of a broker holds", async ({ store, other }) => {
      const bucket = freshName();
      await Promise.all(Array.from({ length: 1_100 }, (_, at) => store.keys.set(bucket, `k${at}`, `${at}`)));
      const found = await until("all are listed", WAIT_MS, async () => {
        const all = await listed(other.keys, bucket);
        return Object.keys(all).length === 1_100 && all;
      });
      expect(Object.entries(found).every(([key, value]) => key === `k${value}`)).toBe(true);
    });

    promise("tells those who follow a bucket of its changes and removals, and of no other's", async ({ store, other }) => {
      const bucket = freshName();
      await store.keys.set(bucket, "before", "x");
      const [near, far] = [listener<KeyChange>(), listener<KeyChange>()];
      const stop = await store.keys.follow(bucket, near.hear);
      await other.keys.follow(bucket, far.hear);
      const first = await store.keys.set(bucket, "a", "one");
      const second = await other.keys.put(bucket, "a", "zwei", first);
      await store.keys.set(`${bucket}-`, "a", "no");
      await store.keys.remove(bucket, "a");
      for (const { heard } of [near, far]) {
        await until("the removal is heard", WAIT_MS, () => heard.some(({ value }) => value === null));
        expect(heard.slice(0, 2)).toEqual([{ key: "a", value: "one", revision: first }, { key: "a", value: "zwei", revision: second ?? 0 }]);
        expect(heard[2]).toMatchObject({ key: "a", value: null });
        expect(heard[2]?.revision).toBeGreaterThan(second ?? 0);
      }
      stop();
      await other.keys.set(bucket, "a", "three");
      await until("who still follows hears it", WAIT_MS, () => far.heard.length === 4);
      expect(near.heard.length).toBe(3);
    });

    promise("refuses names that would mean another subject", async ({ store: { keys } }) => {
      for (const illegal of ["", "a.b", "*", ">", "a b", "ä"]) {
        const calls = [async () => keys.set("b", illegal, "x"), async () => keys.put(illegal, "k", "x", 0), async () => keys.remove("b", illegal), async () => keys.list(illegal), async () => keys.follow(illegal, () => {})];
        for (const call of calls) await expect(call()).rejects.toBeInstanceOf(RangeError);
      }
    });
  });
}
