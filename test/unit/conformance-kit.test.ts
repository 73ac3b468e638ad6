/** The conformance kit itself: what it compares, what it never lets pass, and that it finds a driver out. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCases } from "../conformance/cases.ts";
import type { Output } from "../conformance/driver.ts";
import { itemOf, playAll } from "../conformance/kit.ts";
import { alwaysFaults } from "../conformance/judge.ts";
import { matches, rangeOf, shortly } from "../conformance/matches.ts";

const told = (seq: number, extra: object = {}): Output => ({ is: "event", follow: "f", event: { task_id: "t", seq, type: "log.line", cursor: `c${seq}`, ...extra } });

describe("comparing by parts", () => {
  test("takes what a case leaves out as it is, and nothing else", () => {
    expect(matches({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } })).toBe(true);
    expect(matches({ a: 1 }, { a: 2 })).toBe(false);
    expect(matches({ a: 1 }, { b: null })).toBe(true);
    expect(matches({ b: 0 }, { b: null })).toBe(false);
    expect(matches([1, 2], [1])).toBe(false);
    expect(matches("taskwire.v1, bearer.x", "/bearer\\.x$/")).toBe(true);
  });

  test("reads ranges and writes them", () => {
    expect(rangeOf("3..5")).toEqual([3, 4, 5]);
    expect(rangeOf(7)).toEqual([7]);
    expect(() => rangeOf("all")).toThrow("no range");
    expect(shortly([1, 2, 3, 7, 9, 10])).toBe("1..3, 7, 9..10");
    expect(shortly([])).toBe("none");
  });
});

describe("what holds in every case", () => {
  test.each([
    ["a repeat", [told(1), told(1)]],
    ["a hole", [told(1), told(3)]],
    ["anything after the end", [{ is: "ended", follow: "f" }, told(1)]],
    ["an error without advice", [{ is: "error", follow: "f", code: "network", retryable: true, advice: "" }]],
    ["a token", [{ is: "log", entry: { url: "http://h/?t=s3cret" } }]],
    ["an event without a cursor", [told(1, { cursor: undefined })]],
    ["what is no JSON", [{ is: "garbage", line: "hello" }]],
  ] as const)("%s is found", (_, outputs) => {
    expect(alwaysFaults(outputs as readonly Output[], ["s3cret"]).length).toBe(1);
  });

  test("what is right is left alone", () => {
    const right: Output[] = [told(1), told(2), { is: "gap", follow: "f", task_id: "t" }, told(50), told(51), told(60, { first_seq: 52 }), { is: "ended", follow: "f" }];
    expect(alwaysFaults(right, ["s3cret"])).toEqual([]);
  });
});

describe("the kit", () => {
  const cases = join(import.meta.dir, "../conformance/cases");

  test("knows every word of every case, and has at least 120", () => {
    expect(readCases(cases).length).toBeGreaterThanOrEqual(120);
  });

  test("refuses words that nobody knows, and names that are there twice", () => {
    const folder = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    try {
      writeFileSync(join(folder, "a.yaml"), "- name: x\n  server: [{ do: [ready, dance: 1] }]\n");
      expect(() => readCases(folder)).toThrow("dance");
      writeFileSync(join(folder, "a.yaml"), "- { name: x }\n- { name: x }\n");
      expect(() => readCases(folder)).toThrow("twice");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("fails a driver that answers nothing of what happened, one that dies, and one that says no word", async () => {
    const items = readCases(cases).filter(({ name }) => name === "an id with a slash").map(itemOf);
    const driver = (program: string) => ({ name: "bad", command: process.execPath, args: ["-e", program] });
    const answering = `for await (const line of console) { const { id, do: what } = JSON.parse(line); const is = { hello: "hello", configure: "configured", reset: "reset" }[what]; if (is) console.log(JSON.stringify({ id, is, abilities: ["websocket", "sse", "long_poll"] })); if (what === "follow") console.log('{"is":"ended","follow":"f"}'); }`;
    const quiet = await playAll(driver(answering), items);
    expect(quiet.played).toMatchObject([{ verdict: "failed" }]);
    const dead = await playAll(driver("process.exit(3)"), items);
    expect(dead.played).toMatchObject([{ verdict: "failed" }]);
    const incapable = await playAll(driver(answering.replace('["websocket", "sse", "long_poll"]', "[]")), items);
    expect(incapable.played).toMatchObject([{ verdict: "skipped" }]);
  });
});
