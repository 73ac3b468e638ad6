/** Says what was measured: a line of a table, or a JSON object, for each measure of a work. */
import { type Fact, type Goal, type Measure, type Sample, type Work, type Wrong, quantile } from "./row.ts";

/** From this share of its core on, the load may be what limits. */
const LOAD_IS_THE_LIMIT = 0.9;

/** All runs of one work. */
export interface Runs {
  readonly work: Work;
  readonly ours: readonly Sample[];
  readonly theirs: readonly Sample[];
}

/** What was wrong in all runs of a work together, the baseline's too: a load that miscounts is no measure. */
export function wrongOf({ ours, theirs }: Runs): Wrong {
  const all = [...ours, ...theirs].flatMap(({ wrong }) => (wrong === undefined ? [] : [wrong]));
  const sum = (name: keyof Wrong): number => all.reduce((total, wrong) => total + wrong[name], 0);
  return { missing: sum("missing"), repeated: sum("repeated"), reordered: sum("reordered") };
}

/** Whether a delivery was wrong in one of the runs. */
export function isWrong(runs: Runs): boolean {
  const { missing, repeated, reordered } = wrongOf(runs);
  return missing + repeated + reordered > 0;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
const valueOf = (samples: readonly Sample[], at: number): number => median(samples.map(({ values }) => values[at] ?? NaN));

function factsOf(samples: readonly Sample[]): Partial<Record<Fact, number>> {
  const names = [...new Set(samples.flatMap(({ facts = {} }) => Object.keys(facts) as Fact[]))];
  return Object.fromEntries(names.map((name) => [name, median(samples.flatMap(({ facts }) => facts?.[name] ?? []))]));
}

function reached(goal: Goal, ours: number, theirs: number): boolean {
  if ("value" in goal) return ours >= goal.value;
  if ("least" in goal) return ours / theirs >= goal.least;
  return "most" in goal ? ours / theirs <= goal.most : ours - theirs <= goal.above;
}

function told(goal: Goal): string {
  if ("value" in goal) return goal.value === 0 ? "none" : `≥ ${short(goal.value)}`;
  if ("least" in goal) return `≥ ${goal.least}`;
  return "most" in goal ? `≤ ${goal.most}` : `+ ≤ ${goal.above}`;
}

function short(value: number): string {
  if (value >= 100_000) return `${Math.round(value / 1000)}k`;
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2);
}

const SAYINGS: Readonly<Record<Fact, (value: number) => string>> = {
  eventsPerSecond: (value) => `${short(value)} events/s`,
  bytesPerSecond: (value) => `${Math.round(value / 1e6)} MB/s`,
  eventsPerWrite: (value) => `${value.toFixed(1)} events a write`,
  serviceMicros: (value) => `CPU µs each: service ${value.toFixed(1)}`,
  brokerMicros: (value) => `nats-server ${value.toFixed(1)}`,
  load: (value) => (value > LOAD_IS_THE_LIMIT ? `**the load is the limit: ${Math.round(value * 100)} % of its core**` : `load ${Math.round(value * 100)} %`),
  historyReads: (value) => `history read ${value} times`,
  again: (value) => `the next one, with connecting, ${short(value)} ms`,
  late: (value) => (value > 0 ? `**${Math.round(value)} were not sent in time**` : ""),
  single: (value) => `one task ${short(value)} ms`,
};

function sayings(facts: Partial<Record<Fact, number>>): string {
  return (Object.keys(SAYINGS) as Fact[]).map((name) => (facts[name] === undefined ? "" : SAYINGS[name](facts[name]))).filter((text) => text !== "").join(", ");
}

export const HEAD = "| work | ours | baseline | ratio | goal | ours; baseline |\n| --- | --- | --- | --- | --- | --- |\n";

function line(runs: Runs, { name, unit, goal }: Measure, at: number): string {
  const { work, ours, theirs } = runs;
  const [own, other] = [valueOf(ours, at), valueOf(theirs, at)];
  const { missing, repeated, reordered } = wrongOf(runs);
  const verdict = isWrong(runs) ? `**no result: ${missing} missing, ${repeated} repeated, ${reordered} reordered**` : `${told(goal)}: ${reached(goal, own, other) ? "reached" : "missed"}`;
  const ratio = "above" in goal ? `+ ${(own - other).toFixed(1)}` : (own / other).toFixed(2);
  const details = [ours, theirs].map((samples) => sayings(factsOf(samples))).filter((text) => text !== "").join("; ");
  return `| ${name} | ${short(own)} ${unit} | ${short(other)} (${work.baseline}) | ${ratio} | ${verdict} | ${at === 0 ? details : ""} |\n`;
}

/** The work's lines of the table. */
export function table(runs: Runs): string {
  return runs.work.measures.map((measure, at) => line(runs, measure, at)).join("");
}

/** The same for programs: one JSON object a line. */
export function json(runs: Runs): string {
  const wrong = wrongOf(runs);
  const facts = { ours: factsOf(runs.ours), baseline: factsOf(runs.theirs) };
  return runs.work.measures
    .map(({ name, unit, goal }, at) => {
      const [ours, baseline] = [valueOf(runs.ours, at), valueOf(runs.theirs, at)];
      return `${JSON.stringify({ name, unit, ours, baseline, ratio: ours / baseline, goal, reached: !isWrong(runs) && reached(goal, ours, baseline), wrong, facts })}\n`;
    })
    .join("");
}
