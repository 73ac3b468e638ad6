/** What an examination has found: told on the terminal as it goes, and published as the steps of a task. */
import type { EventDraft, Publisher } from "../../clients/typescript/src/client.ts";
import type { Terminal } from "./terminal.ts";

/** One thing that was looked at. `ok` null: it could not be looked at, and `detail` says why. */
export interface Finding {
  readonly name: string;
  readonly title: string;
  readonly ok: boolean | null;
  readonly detail: string;
  /** What to do, where it is not as it should be. */
  readonly advice?: string;
  readonly values?: Readonly<Record<string, number>>;
}

/** One line for a finding, and one more for what to do. */
export function lineOf({ name, ok, detail, advice }: Finding, { colour }: Terminal): string {
  const mark = ok === null ? colour("dim", "–") : ok ? colour("green", "✔") : colour("red", "✘");
  const todo = advice && ok !== true ? `\n${" ".repeat(15)}${colour("yellow", advice)}` : "";
  return `${mark} ${name.padEnd(12)} ${detail}${todo}\n`;
}

/** The events of a step, begun and ended. */
export function stepEvents({ name, title, ok, detail, advice, values }: Finding, index: number, total: number, tookMs: number): EventDraft[] {
  const began: EventDraft = { type: "step.started", data: { step_id: name, name, title, index, total } };
  const progress: EventDraft = { type: "task.progress", data: { current: index, total, unit: "checks", message: title } };
  if (ok === null) return [began, { type: "step.skipped", data: { step_id: name, reason: detail } }, progress];
  if (!ok) return [began, { type: "step.failed", message: advice ?? detail, data: { step_id: name, error: { code: `${name.replaceAll("-", "_")}_failed`, message: detail, retryable: true }, will_retry: false } }, progress];
  return [began, { type: "step.completed", message: detail, data: { step_id: name, duration_ms: Math.round(tookMs), ...(values ? { output: values } : {}) } }, progress];
}

/** The last events: all numbers, and how it ended. */
export function endEvents(findings: readonly Finding[], tookMs: number): EventDraft[] {
  const bad = findings.filter(({ ok }) => ok === false);
  const values = Object.assign({}, ...findings.map(({ values }) => values ?? {})) as Record<string, number>;
  const numbers: EventDraft[] = Object.keys(values).length > 0 ? [{ type: "metrics.updated", data: { values } }] : [];
  if (bad.length === 0) return [...numbers, { type: "task.completed", message: "Everything works", data: { result: { checks: findings.length }, duration_ms: Math.round(tookMs) } }];
  const message = bad.map(({ name, detail }) => `${name}: ${detail}`).join("\n");
  return [...numbers, { type: "task.failed", data: { error: { code: "check_failed", message, retryable: true } } }];
}

/** Pushes without waiting: what cannot be published is seen in what was found. */
export function publish(publisher: Publisher | null, events: readonly EventDraft[]): void {
  for (const event of events) publisher?.push(event).catch(() => {});
}
