/** `npm run conformance`: the kit's command line. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCases } from "./cases.ts";
import { CLIENTS, driverOf, strangersDriver } from "./drivers.ts";
import { type Item, itemOf, playAll, type Result } from "./kit.ts";
import { faultsOf, tableOf } from "./table.ts";
import { vectorItems } from "./vectors.ts";

const HELP = `npm run conformance: every client through the same cases and vectors

  --client NAME    only this client (${CLIENTS.join(", ")}); may be said several times
  --driver LINE    a driver of your own, by its command line
  --case TEXT      only cases whose name contains TEXT
  --list           the cases' names
  --json           results as JSON
  --verbose        everything that drivers said
  --help           this

Exit code 0: nothing failed. How to write a driver, and a case: test/conformance/README.md`;

function read(): ReturnType<typeof parse>["values"] {
  try {
    return parse().values;
  } catch (error) {
    process.stderr.write(`conformance: ${(error as Error).message}. See --help.\n`);
    process.exit(2);
  }
}

function parse() {
  return parseArgs({
    args: process.argv.slice(2),
    options: { client: { type: "string", multiple: true }, driver: { type: "string", multiple: true }, case: { type: "string" }, list: { type: "boolean" }, json: { type: "boolean" }, verbose: { type: "boolean" }, help: { type: "boolean" } },
  });
}

/** All items of the kit. */
export function allItems(): Item[] {
  return [...readCases(join(import.meta.dir, "cases")).map(itemOf), ...vectorItems()];
}

async function main(): Promise<number> {
  const options = read();
  if (options.help) return print(HELP, 0);
  const items = allItems().filter(({ name }) => options.case === undefined || name.includes(options.case));
  if (items.length === 0) return print(`conformance: no case's name contains "${options.case}". See --list.`, 2);
  if (options.list) return print(items.map(({ name }) => name).join("\n"), 0);
  const named = options.client ?? (options.driver ? [] : CLIENTS);
  const results: Result[] = [];
  for (const command of [...named.map(driverOf), ...(options.driver ?? []).map(strangersDriver)]) results.push(await playAll(command, items));
  if (options.json) print(JSON.stringify(results.map(({ played, ...rest }) => ({ ...rest, played: played.map(({ name, verdict, ms, reasons }) => ({ name, verdict, ms: Math.round(ms), reasons })) })), null, 1), 0);
  else {
    for (const result of results) print(faultsOf(result, options.verbose === true), 0);
    print(tableOf(results), 0);
  }
  return results.some(({ played }) => played.some(({ verdict }) => verdict === "failed")) ? 1 : 0;
}

function print(text: string, code: number): number {
  if (text !== "") process.stdout.write(`${text}\n`);
  return code;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`conformance: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
