/** Whether what a client told is what a case expects, and what must hold in every case. Pure. */
import type { Bounds, Case } from "./cases.ts";
import type { Output } from "./driver.ts";
import { matches, rangeOf, shortly } from "./matches.ts";

/** The token of cases that name none. */
export const TOKEN = "s3cret";

export interface Facts {
  /** From the first command to the last output. Milliseconds. */
  readonly took: number;
  readonly arrivals: number;
  /** What producers have stored. */
  readonly posted: readonly unknown[];
}

interface Told {
  readonly task_id: string;
  readonly seq: number;
  readonly first_seq?: number;
  readonly type: string;
}

const text = (value: unknown): string => JSON.stringify(value);

function outside(value: number, bounds: Bounds): boolean {
  if (typeof bounds === "number") return value !== bounds;
  return value < (bounds.at_least ?? Number.NEGATIVE_INFINITY) || value > (bounds.at_most ?? Number.POSITIVE_INFINITY);
}

function bounded(name: string, value: number, bounds: Bounds | undefined): string[] {
  return bounds !== undefined && outside(value, bounds) ? [`${name}: ${Math.round(value)}, ${text(bounds)} was wanted`] : [];
}

const eventsOf = (outputs: readonly Output[]): Told[] => outputs.filter(({ is }) => is === "event").map(({ event }) => event as Told);

/** The sequence of seqs, exactly: of the one task, or by task. */
function eventFaults(wanted: unknown, events: readonly Told[]): string[] {
  if (wanted === undefined) return [];
  const compare = (name: string, range: unknown, found: readonly number[]): string[] => {
    const expected = Array.isArray(range) ? (range as number[]) : rangeOf(range);
    return text(found) === text(expected) ? [] : [`${name}: ${shortly(found)} came, ${shortly(expected)} was wanted`];
  };
  if (typeof wanted !== "object" || Array.isArray(wanted)) return compare("events", wanted, events.map(({ seq }) => seq));
  return Object.entries(wanted as object).flatMap(([task, range]) => compare(`events of ${task}`, range, events.filter(({ task_id }) => task_id === task).map(({ seq }) => seq)));
}

/** Parts, each of one event, in this order. */
function hasFaults(wanted: readonly unknown[] | undefined, events: readonly Told[]): string[] {
  let at = 0;
  for (const part of wanted ?? []) {
    const found = events.findIndex((event, index) => index >= at && matches(event, part));
    if (found === -1) return [`no event is like ${text(part)}`];
    at = found + 1;
  }
  return [];
}

/** Parts, each of one output, in this order; and parts that no output may have. */
function toldFaults({ told = [], never = [] }: Case["expect"], outputs: readonly Output[]): string[] {
  let at = 0;
  for (const part of told) {
    const found = outputs.findIndex((output, index) => index >= at && matches(output, part));
    if (found === -1) return [`no output${at === 0 ? "" : " after those before"} is like ${text(part)}`];
    at = found + 1;
  }
  return never.flatMap((part) => outputs.filter((output) => matches(output, part)).map((output) => `${text(output)} was not to come`));
}

/** What was stored: all in order, or of each task. */
function postedFaults(wanted: unknown, posted: readonly unknown[]): string[] {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return listFaults("posted", wanted as readonly unknown[] | undefined, posted);
  return Object.entries(wanted).flatMap(([taskId, list]) => listFaults(`posted to ${taskId}`, list as readonly unknown[], posted.filter((event) => matches(event, { task_id: taskId }))));
}

function listFaults(name: string, wanted: readonly unknown[] | undefined, found: readonly unknown[]): string[] {
  return wanted === undefined || matches(found, wanted) ? [] : [`${name}: ${text(found)} came, ${text(wanted)} was wanted`];
}

function errorFaults(wanted: Readonly<Record<string, unknown>> | undefined, errors: readonly Output[]): string[] {
  if (!wanted) return errors.map((error) => `no error was wanted, but there came ${text(error)}`);
  if (errors.length !== 1) return [`one error like ${text(wanted)} was wanted, there came ${errors.length}`];
  return matches(errors[0], wanted) ? [] : [`the error ${text(errors[0])} came, ${text(wanted)} was wanted`];
}

const phasesOf = (outputs: readonly Output[]): string[] => {
  const told = outputs.filter(({ is }) => is === "state").map(({ phase, transport }) => (phase === "connecting" || phase === "live" ? `${String(phase)} ${String(transport)}` : String(phase)));
  return told.filter((phase, at) => phase !== told[at - 1]);
};

/** What holds whatever the case is about. */
export function alwaysFaults(outputs: readonly Output[], tokens: readonly string[]): string[] {
  const wrong: string[] = [];
  const ended = new Set<unknown>();
  const last = new Map<string, number>();
  const anew = new Set<unknown>();
  for (const output of outputs) {
    const { is, follow } = output;
    if (is === "garbage") wrong.push(`the driver wrote no JSON: ${String(output.line)}`);
    if (follow !== undefined && ended.has(follow)) wrong.push(`after the end there came ${text(output)}`);
    if (is === "ended") ended.add(follow);
    if (is === "gap") anew.add(`${String(follow)} ${String(output.task_id)}`);
    if (is === "error" && (typeof output.code !== "string" || typeof output.retryable !== "boolean" || typeof output.advice !== "string" || output.advice === "")) wrong.push(`the error ${text(output)} has no code, retryable and advice`);
    if (is === "event") {
      const event = output.event as Told;
      const track = `${String(follow)} ${event.task_id}`;
      const before = last.get(track);
      if (before !== undefined && !anew.delete(track) && (event.first_seq ?? event.seq) !== before + 1) wrong.push(`seq ${event.seq} came after ${before}`);
      if (typeof (event as { cursor?: unknown }).cursor !== "string") wrong.push(`seq ${event.seq} came without a cursor`);
      last.set(track, event.seq);
    }
    const leaked = is === "event" ? undefined : tokens.find((token) => token.length > 3 && text(output).includes(token));
    if (leaked !== undefined) wrong.push(`a token was told: ${text(output)}`);
  }
  return wrong;
}

/** All that is wrong with what came of a case; nothing where it passed. */
export function judge(one: Case, outputs: readonly Output[], facts: Facts): string[] {
  const { expect } = one;
  const events = eventsOf(outputs);
  const answered = new Set(outputs.filter(({ is, id }) => is === "error" && id !== undefined && one.expect.error === undefined));
  const errors = outputs.filter((output) => output.is === "error" && !answered.has(output));
  const view = outputs.findLast(({ is }) => is === "view")?.value;
  return [
    ...alwaysFaults(outputs, [...(one.tokens ?? []).filter((token): token is string => token !== null), one.token ?? TOKEN]),
    ...eventFaults(expect.events, events),
    ...hasFaults(expect.has, events),
    ...errorFaults(expect.error, errors),
    ...listFaults("gaps", expect.gaps, outputs.filter(({ is }) => is === "gap")),
    ...listFaults("phases", expect.phases?.map((phase) => (phase.endsWith(" *") ? `/^${phase.slice(0, -1)}[a-z_]+$/` : phase)), phasesOf(outputs)),
    ...listFaults("live", expect.live, phasesOf(outputs).filter((phase) => phase.startsWith("live")).map((phase) => phase.slice(5)).filter((name, at, all) => name !== all[at - 1])),
    ...toldFaults(expect, outputs),
    ...postedFaults(expect.posted, facts.posted),
    ...bounded("calls of the token callback", outputs.filter(({ is }) => is === "token_asked").length, expect.asked),
    ...bounded("connections", facts.arrivals, expect.connections),
    ...bounded("milliseconds", facts.took, expect.took),
    ...(expect.view && !matches(view, expect.view) ? [`the view is ${text(view)}, ${text(expect.view)} was wanted`] : []),
  ];
}
