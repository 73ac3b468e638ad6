/** Every client through the same cases: one test a client. What a client cannot do, or a machine cannot run, is said in a line. */
import { describe, expect, test } from "bun:test";
import { CLIENTS, driverOf } from "./drivers.ts";
import { playAll } from "./kit.ts";
import { allItems } from "./main.ts";
import { faultsOf } from "./table.ts";

const LIMIT_MS = 180_000;

describe("conformance", () => {
  const items = allItems();

  test.each([...CLIENTS])("the %s client does what all clients do", async (name) => {
    const result = await playAll(driverOf(name), items);
    if (result.skip !== undefined) return void process.stderr.write(`skipped: ${name}: ${result.skip}\n`);
    const leftOut = result.played.filter(({ verdict }) => verdict === "skipped").length;
    process.stderr.write(`note: ${name} on ${result.runtime}: ${result.played.length - leftOut} cases in ${(result.ms / 1000).toFixed(1)} s${leftOut === 0 ? "" : `, ${leftOut} left out`}\n`);
    expect(faultsOf(result, false)).toBe("");
    expect(result.played.some(({ verdict }) => verdict === "passed")).toBe(true);
  }, LIMIT_MS);
});
