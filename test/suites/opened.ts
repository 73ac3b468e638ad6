/** What the suites over all stores are given, and how each of their sentences is held against a store of its own or a shared one. */
import { test } from "bun:test";
import type { OpenedStore } from "./log.ts";

export type PromiseTest = (sentence: string, check: (opened: Required<Omit<OpenedStore, "close">>) => Promise<void>) => void;

const LIMIT_MS = 30_000;

let made = 0;

/** An id that no other test uses, so that one store can serve all. */
export function freshName(): string {
  return `s${Date.now().toString(36)}_${(made += 1).toString(36)}`;
}

/** A function that defines a test of the stores that `open` opens. */
export function promises(open: () => Promise<OpenedStore>): PromiseTest {
  return (sentence, check) =>
    test(sentence, async () => {
      const opened = await open();
      try {
        await check({ store: opened.store, other: opened.other ?? opened.store });
      } finally {
        await opened.close();
      }
    }, LIMIT_MS);
}

/** Hears what is handed over, and says what it was. */
export function listener<T>(): { readonly heard: readonly T[]; readonly hear: (value: T) => void } {
  const heard: T[] = [];
  return { heard, hear: (value) => void heard.push(value) };
}
