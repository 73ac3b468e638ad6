/** The chaos command: breaks a real Taskwire for a while and says whether anything was lost, doubled or out of order. */
import { parseArgs } from "node:util";
import { anySeed } from "../support/random.ts";
import { runChaos } from "./chaos.ts";
import { FAULTS } from "./faults.ts";
import { type Report, textOf } from "./report.ts";
import { STORE_ROLLBACK, runRollback } from "./rollback.ts";
import { runRollingRestart } from "./rolling-restart.ts";
import { runSlowReaders } from "./slow-readers.ts";
import { runWorkQueue } from "./work-queue.ts";

const HELP = `npm run chaos -- [--minutes N] [--seed S] [--fault NAME …] [--cluster] [--deno] [--json] [--list]
npm run chaos -- --scenario NAME [--seconds N] [--bytes N] [--deno] [--seed S] [--json]

Three instances that append to the same tasks, a real nats-server, producers and watchers; faults until the time is over.
Then: was every acknowledged event delivered to every watcher exactly once and in order?

  --minutes N    how long (2)
  --seed S       the same faults in the same order; a failure prints its seed
  --fault NAME   only this one; may be repeated. --list names them
  --cluster      on an R3 cluster of three
  --deno         one of the instances runs on Deno; in a scenario all do
  --scenario NAME    one of those that --list names, instead of faults
  --seconds N    how long slow readers do not read, or work is disturbed (60)
  --bytes N      size of an event (300)
  --json         the report as JSON

Exit code: 0 nothing was wrong, 1 something was, 64 wrong usage.
`;

/** How long slow readers do not read where nothing else is said. */
const SECONDS = 60;
/** An event's size where nothing else is said, which is also the least; and the largest that fits with others into a request. */
const EVENT_BYTES = 300;
const LARGEST_BYTES = 20_000;

interface Scenario {
  readonly about: string;
  readonly run: (options: { seed: number; seconds: number; eventBytes: number; runtime: "bun" | "deno"; progress: (text: string) => void }) => Promise<Report>;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "slow-readers": { about: "100 of 1,000 watchers stop reading while 10,000 events pass", run: runSlowReaders },
  "rolling-restart": { about: "three instances behind a balancer restarted one after another; 2,000 events/s, 300 tasks, 3,000 watchers", run: runRollingRestart },
  "work-queue": { about: "1,000 queued tasks, 8 worker processes; workers, instances and the broker are killed", run: runWorkQueue },
};

function listing(): string {
  const line = (name: string, where: string, about: string): string => `${name.padEnd(20)}${where.padEnd(12)}${about}\n`;
  const alone = line(STORE_ROLLBACK, "alone", "the broker's store is replaced by an older copy, as after a power cut; every other time the services are killed too");
  const scenarios = Object.entries(SCENARIOS).map(([name, { about }]) => line(name, "scenario", about));
  return FAULTS.map(({ name, where, about }) => line(name, where, about)).join("") + alone + scenarios.join("");
}

interface Given {
  readonly seconds?: string | undefined;
  readonly bytes?: string | undefined;
  readonly deno?: boolean | undefined;
}

function play(name: string, seed: number, given: Given): Promise<Report> {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new RangeError(`--scenario ${name} is not known; --list names those that are`);
  const [seconds, eventBytes] = [Number(given.seconds ?? SECONDS), Number(given.bytes ?? EVENT_BYTES)];
  if (!(seconds > 0)) throw new RangeError(`--seconds ${given.seconds}: expected a number above 0`);
  if (!(eventBytes >= EVENT_BYTES && eventBytes <= LARGEST_BYTES)) throw new RangeError(`--bytes ${given.bytes}: expected a number from ${EVENT_BYTES} to ${LARGEST_BYTES}`);
  return scenario.run({ seed, seconds, eventBytes, runtime: given.deno ? "deno" : "bun", progress: (text) => void process.stderr.write(`${text}\n`) });
}

function run(): Promise<Report> | string {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "2" }, scenario: { type: "string" }, seconds: { type: "string" }, bytes: { type: "string" }, seed: { type: "string" }, fault: { type: "string", multiple: true }, cluster: { type: "boolean" },
      deno: { type: "boolean" }, json: { type: "boolean" }, list: { type: "boolean" }, help: { type: "boolean", short: "h" },
    },
  });
  if (values.help || values.list) return values.help ? HELP : listing();
  const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? anySeed())];
  const { fault: faults = [], cluster = false } = values;
  const strange = faults.find((name) => name !== STORE_ROLLBACK && !FAULTS.some((fault) => fault.name === name));
  if (!(minutes > 0)) throw new RangeError(`--minutes ${values.minutes}: expected a number above 0`);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed ${values.seed}: expected a whole number`);
  if (strange) throw new RangeError(`--fault ${strange} is not known; --list names those that are`);
  if (values.scenario !== undefined) return play(values.scenario, seed, values);
  const progress = (name: string): void => void process.stderr.write(`${name} `);
  if (faults.includes(STORE_ROLLBACK)) {
    if (faults.length > 1 || cluster) throw new RangeError(`--fault ${STORE_ROLLBACK} runs alone, on one broker`);
    return runRollback({ seed, rounds: Infinity, seconds: minutes * 60, runtimes: values.deno ? ["bun", "deno"] : ["bun", "bun"], progress });
  }
  return runChaos({ seconds: minutes * 60, seed, faults, cluster, runtimes: values.deno ? ["bun", "bun", "deno"] : ["bun", "bun", "bun"], progress });
}

try {
  const done = run();
  if (typeof done === "string") process.stdout.write(done);
  else {
    const report = await done;
    process.stderr.write("\n");
    process.stdout.write(process.argv.includes("--json") ? `${JSON.stringify(report)}\n` : textOf(report));
    process.exitCode = report.wrong.length === 0 ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof RangeError || error instanceof TypeError ? 64 : 1;
}
process.exit();
