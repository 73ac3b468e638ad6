/** One client as a test. What it cannot do, or a machine cannot run, is said in a line. */
import { expect, test } from "bun:test";
import { driverOf } from "./drivers.ts";
import { playAll } from "./kit.ts";
import { allItems } from "./main.ts";
import { faultsOf } from "./table.ts";

/** With the building of its driver. Milliseconds. */
const LIMIT_MS = 280_000;

/** Defines the test of a client. */
export function clientTest(name: string): void {
  test(`the ${name} client does what all clients do`, async () => {
    const result = await playAll(driverOf(name), allItems());
    if (result.skip !== undefined) return void process.stderr.write(`skipped: ${name}: ${result.skip}\n`);
    const leftOut = result.played.filter(({ verdict }) => verdict === "skipped").length;
    process.stderr.write(`note: ${name} on ${result.runtime}: ${result.played.length - leftOut} cases in ${(result.ms / 1000).toFixed(1)} s${leftOut === 0 ? "" : `, ${leftOut} left out`}\n`);
    expect(faultsOf(result, false)).toBe("");
    expect(result.played.some(({ verdict }) => verdict === "passed")).toBe(true);
  }, LIMIT_MS);
}
