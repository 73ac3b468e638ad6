/** `npm run conformance`: the kit's command line. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCases } from "./cases.ts";
import { CLIENTS, driverOf, strangersDriver } from "./drivers.ts";
import { type Item, itemOf, playAll, type Result } from "./kit.ts";
import { startScriptedServer } from "./server/server.ts";
import { faultsOf, tableOf } from "./table.ts";
import { vectorItems } from "./vectors.ts";

const CASES = join(import.meta.dir, "cases");

const HELP = `npm run conformance: every client through the same cases and vectors

  --client NAME    only this client (${CLIENTS.join(", ")}); may be said several times
  --driver LINE    a driver of your own, by its command line
  --case TEXT      only cases whose name contains TEXT
  --list           the cases' names
  --serve          only the server of the case that --case names, to try a client by hand
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
    options: { client: { type: "string", multiple: true }, driver: { type: "string", multiple: true }, case: { type: "string" }, list: { type: "boolean" }, serve: { type: "boolean" }, json: { type: "boolean" }, verbose: { type: "boolean" }, help: { type: "boolean" } },
  });
}

/** All items of the kit. */
export function allItems(): Item[] {
  return [...readCases(CASES).map(itemOf), ...vectorItems()];
}

async function main(): Promise<number> {
  const options = read();
  if (options.help) return print(HELP, 0);
  const items = allItems().filter(({ name }) => options.case === undefined || name.includes(options.case));
  if (items.length === 0) return print(`conformance: no case's name contains "${options.case}". See --list.`, 2);
  if (options.list) return print(items.map(({ name }) => name).join("\n"), 0);
  if (options.serve) return serve(options.case ?? "");
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

/** Serves one case until it is interrupted, and tells what arrives and what was not as the case says. */
async function serve(name: string): Promise<number> {
  const found = readCases(CASES).filter((one) => one.name.includes(name));
  const [one] = found;
  if (!one || found.length > 1) return print(`conformance: ${found.length} cases' names contain "${name}"; --serve needs one. See --list.`, 2);
  const server = await startScriptedServer(one.server, () => true);
  print(`${one.name}\n${server.url}  (ends with Ctrl-C)`, 0);
  let told = 0;
  let failed = 0;
  const telling = setInterval(() => {
    for (const { kind, path, after } of server.arrivals.slice(told)) print(`${kind} ${path}${after === null ? "" : ` after ${after}`}`, 0);
    for (const failure of server.failures.slice(failed)) print(`not as the case says: ${failure}`, 0);
    told = server.arrivals.length;
    failed = server.failures.length;
  }, 20);
  await new Promise<void>((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  clearInterval(telling);
  server.stop();
  return failed === 0 ? 0 : 1;
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
