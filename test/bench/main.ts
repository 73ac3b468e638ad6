/** The benchmark's command line: measures the rows in turn with their baselines and prints a table of ratios. */
import { parseArgs } from "node:util";
import { appendRows } from "./append.ts";
import { fanRows } from "./fan-out.ts";
import { attachRows, comebackRows } from "./joining.ts";
import { latencyRows } from "./latency.ts";
import { memoryRows } from "./memory.ts";
import type { Row, Sample } from "./row.ts";

const HELP = `npm run bench -- [--quick] [--only WORDS] [--runs N] [--json]

Measures Taskwire beside a baseline in the same run and prints the ratios.

  --quick        about two minutes: one run of each, fewer watchers; shows a regression, proves nothing
  --only WORDS   only rows whose name contains WORDS
  --runs N       runs of each, ours and the baseline in turn; the medians count (3)
  --json         one JSON object a row

Exit code: 0 all deliveries were right, 1 one was not (that row is no result), 64 wrong usage. A goal that is missed is told, not an error.
`;

interface Result {
  readonly row: Row;
  readonly ours: number;
  readonly theirs: number;
  readonly cpu: number | undefined;
  readonly wrong: number;
  readonly note: string | undefined;
  /** The share of a core that the load itself took. */
  readonly load: number;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const say = (text: string): void => void process.stderr.write(text);

async function measure(row: Row, runs: number): Promise<Result> {
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  say(`${row.name} `);
  const [used, began] = [process.cpuUsage(), performance.now()];
  for (let run = 0; run < runs; run += 1) {
    ours.push(await row.ours());
    say(".");
    theirs.push(await row.theirs());
    say(".");
  }
  const { user, system } = process.cpuUsage(used);
  say("\n");
  const cpus = ours.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
  return {
    row,
    ours: median(ours.map(({ value }) => value)),
    theirs: median(theirs.map(({ value }) => value)),
    cpu: cpus.length > 0 ? median(cpus) : undefined,
    wrong: [...ours, ...theirs].reduce((sum, { wrong = 0 }) => sum + wrong, 0),
    note: ours.at(-1)?.note,
    load: (user + system) / 1000 / (performance.now() - began),
  };
}

const short = (value: number): string => (value >= 100_000 ? `${Math.round(value / 1000)}k` : value >= 100 ? String(Math.round(value)) : value.toFixed(2));

function verdict({ row: { goal }, ours, theirs, wrong }: Result): string {
  if (wrong > 0) return `**no result: ${wrong} deliveries were wrong**`;
  const ratio = ours / theirs;
  if (goal.least !== undefined) return `≥ ${goal.least}: ${ratio >= goal.least ? "reached" : "missed"}`;
  if (goal.most !== undefined) return `≤ ${goal.most}: ${ratio <= goal.most ? "reached" : "missed"}`;
  return `+ ${(ours - theirs).toFixed(1)} KB: ${ours - theirs <= 3 ? "reached" : "missed"}`;
}

function line(result: Result): string {
  const { row, ours, theirs, cpu, note, load } = result;
  const details = [cpu === undefined ? "" : `${cpu.toFixed(1)} µs CPU each`, load > 0.85 ? "the load took a whole core: it may be the limit" : "", note ?? ""].filter((text) => text !== "");
  return `| ${row.name} | ${short(ours)} ${row.unit} | ${short(theirs)} ${row.unit} (${row.baseline}) | ${(ours / theirs).toFixed(2)} | ${verdict(result)} | ${details.join("; ")} |`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { quick: { type: "boolean" }, only: { type: "string" }, runs: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const quick = values.quick === true;
  const runs = quick ? 1 : Number(values.runs ?? 3);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError("--runs takes a whole number from 1 on");
  const effort = { seconds: quick ? 2 : 5 };
  const many = quick ? 1_000 : 5_000;
  const rows = [...fanRows(effort, quick ? [1_000] : [1_000, 5_000]), ...latencyRows(effort), ...attachRows(), ...comebackRows(many), ...appendRows(effort), ...memoryRows(many)]
    .filter(({ name }) => values.only === undefined || name.toLowerCase().includes(values.only.toLowerCase()));
  if (!process.env.BENCH_PINNED) say("Load and server share the cores (there is no taskset): ratios mean less.\n");
  if (!values.json) process.stdout.write("| work | ours | baseline | ratio | goal | |\n| --- | --- | --- | --- | --- | --- |\n");
  let wrong = 0;
  for (const row of rows) {
    const result = await measure(row, runs);
    wrong += result.wrong;
    process.stdout.write(values.json ? `${JSON.stringify({ name: row.name, unit: row.unit, ours: result.ours, theirs: result.theirs, ratio: result.ours / result.theirs, cpu_us: result.cpu, wrong: result.wrong, note: result.note, load: result.load })}\n` : `${line(result)}\n`);
  }
  return wrong > 0 ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof TypeError || error instanceof RangeError ? 64 : 1);
}
