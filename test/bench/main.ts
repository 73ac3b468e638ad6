/** The benchmark's command line: measures the works in turn with their baselines and prints a table of ratios. */
import { parseArgs } from "node:util";
import { appendWorks } from "./append.ts";
import { claimWorks } from "./claims.ts";
import { clientWorks } from "./clients.ts";
import { fanWorks } from "./fan-out.ts";
import { attachWorks, comebackWorks } from "./joining.ts";
import { latencyWorks } from "./latency.ts";
import { memoryWorks } from "./memory.ts";
import { HEAD, type Runs, isWrong, json, table } from "./report.ts";
import type { Sample, Work } from "./row.ts";
import { workWorks } from "./work.ts";

const HELP = `npm run bench -- [--quick] [--only WORDS] [--runs N] [--json]

Measures Taskwire beside a baseline in the same run and prints the ratios.

  --quick        about two minutes: one run of each, fewer watchers; shows a regression, proves nothing
  --only WORDS   only works whose name contains WORDS
  --runs N       runs of each, ours and the baseline in turn; the medians count (3)
  --json         one JSON object a measure

BENCH_PROFILE=FOLDER has Bun write CPU profiles of the service there.
Exit code: 0 all deliveries were right, 1 one was not (that work has no result), 64 wrong usage. A goal that is missed is told, not an error.
`;

const say = (text: string): void => void process.stderr.write(text);

async function measure(work: Work, runs: number): Promise<Runs> {
  const [ours, theirs]: [Sample[], Sample[]] = [[], []];
  say(`${work.measures.map(({ name }) => name).join(", ")} `);
  for (let run = 0; run < runs; run += 1) {
    const own = await work.ours();
    ours.push(own);
    say(".");
    theirs.push(await work.theirs(own));
    say(".");
  }
  say("\n");
  return { work, ours, theirs };
}

/** `wanted`: whether works of this name may be asked for; the clients' are made only then, since that looks for compilers. */
function worksOf(quick: boolean, wanted: (name: string) => boolean): Work[] {
  const effort = { seconds: quick ? 1.5 : 5 };
  const many = quick ? 1_000 : 5_000;
  return [...fanWorks(effort, quick ? [1_000] : [1_000, 5_000]), ...latencyWorks(effort), ...attachWorks(quick ? 3 : 9), ...comebackWorks(many), ...appendWorks(effort), ...memoryWorks(many), ...workWorks(effort, quick), ...claimWorks(effort), ...(wanted("clients") ? clientWorks(quick) : [])];
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { quick: { type: "boolean" }, only: { type: "string" }, runs: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const quick = values.quick === true;
  const runs = Number(values.runs ?? (quick ? 1 : 3));
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError("--runs takes a whole number from 1 on");
  const only = values.only?.toLowerCase();
  const works = worksOf(quick, (name) => only === undefined || name.includes(only) || only.includes(name)).filter(({ measures }) => only === undefined || measures.some(({ name }) => name.toLowerCase().includes(only)));
  if (works.length === 0) throw new RangeError(`--only ${values.only}: no work has these words in its name`);
  if (!process.env.BENCH_PINNED) say("There is no taskset here: load and server are not kept on cores of their own, and ratios mean less.\n");
  if (!values.json) process.stdout.write(HEAD);
  let wrong = false;
  for (const work of works) {
    const done = await measure(work, runs);
    wrong ||= isWrong(done);
    process.stdout.write(values.json ? json(done) : table(done));
  }
  return wrong ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof TypeError || error instanceof RangeError ? 64 : 1);
}
