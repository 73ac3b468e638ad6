/** A view as the data of a `task.snapshot`: plain JSON within a bound. What is cut says `truncated`. */
import { cutHead, cutTail, utf8Length } from "./size.ts";
import { LIST_NAMES } from "./view.ts";
import type { Fields, TaskView } from "./view.ts";

/** How much may stay, from generous to bare: UTF-16 units of one text, and items of one list (the newest). */
const LEVELS = [
  { text: 32_768, items: 4_096 },
  { text: 8_192, items: 1_024 },
  { text: 2_048, items: 256 },
  { text: 512, items: 128 },
  { text: 128, items: 64 },
  { text: 64, items: 16 },
  { text: 32, items: 4 },
  { text: 16, items: 1 },
] as const;

/** The data of a `task.snapshot`: the view as plain JSON of at most `maxBytes`; texts that were cut say `truncated`. */
export function snapshotOf(view: TaskView, maxBytes: number): Record<string, unknown> {
  const whole = plain(view);
  if (fits(whole, maxBytes)) return whole;
  for (const level of LEVELS) {
    const cut = shortened(whole, level);
    if (fits(cut, maxBytes)) return cut;
  }
  const { status, as_of_seq, attempt } = whole;
  return { status, as_of_seq, attempt, progress: {}, steps: [], messages: [], tools: [], inputs: [], truncated: true };
}

function plain(view: TaskView): Record<string, unknown> {
  const lists = Object.fromEntries(LIST_NAMES.map((name) => [name, [...view[name].values()]]));
  return {
    status: view.status, as_of_seq: view.seq, attempt: view.attempt, ...view.facts, progress: view.progress, ...lists,
    metrics: Object.fromEntries(view.metrics), log_lines: view.log_lines, unknown: view.unknown, ...(view.truncated ? { truncated: true } : {}),
  };
}

/** Long texts are summed first, so that a view of many megabytes is not written out only to be thrown away. */
function fits(value: Fields, maxBytes: number): boolean {
  return textWithin(value, maxBytes) >= 0 && utf8Length(JSON.stringify(value)) <= maxBytes;
}

/** What is left of a budget of UTF-16 units after all texts of a value; below zero where they exceed it. */
function textWithin(value: unknown, budget: number): number {
  if (typeof value === "string") return budget - value.length;
  if (typeof value !== "object" || value === null) return budget - 1;
  let left = budget;
  for (const part of Object.values(value)) {
    left = textWithin(part, left);
    if (left < 0) return left;
  }
  return left;
}

interface Level {
  readonly text: number;
  readonly items: number;
}

function shortened(whole: Fields, level: Level): Record<string, unknown> {
  const cut = cutFields(whole, level, true);
  return { ...cut.value, truncated: true };
}

/** An object's texts cut. Items of lists say for themselves whether they were. */
function cutFields(fields: Fields, level: Level, top: boolean): { value: Record<string, unknown>; cut: boolean } {
  const running = fields.status === "open" || fields.status === "running";
  let any = false;
  const entries = Object.entries(fields).slice(0, top ? undefined : level.items).map(([name, value]): [string, unknown] => {
    const isList = top && (LIST_NAMES as readonly string[]).includes(name);
    const part = isList ? cutList(value as readonly Fields[], level) : cutValue(value, level, running && (name === "content" || name === "output_text"));
    any ||= part.cut;
    return [name, part.value];
  });
  any ||= entries.length < Object.keys(fields).length;
  return { value: Object.fromEntries(entries), cut: any };
}

function cutList(items: readonly Fields[], level: Level): { value: unknown; cut: boolean } {
  const kept = items.slice(-level.items).map((item) => {
    const part = cutFields(item, level, false);
    return part.cut ? { ...part.value, truncated: true } : part.value;
  });
  return { value: kept, cut: kept.length < items.length };
}

/** Of a text that still grows the end is kept, so that what follows joins on; else the beginning. */
function cutValue(value: unknown, level: Level, grows: boolean): { value: unknown; cut: boolean } {
  if (typeof value === "string") return { value: grows ? cutTail(value, level.text) : cutHead(value, level.text), cut: value.length > level.text };
  if (Array.isArray(value)) {
    const parts = value.slice(0, level.items).map((part) => cutValue(part, level, false));
    return { value: parts.map((part) => part.value), cut: parts.length < value.length || parts.some((part) => part.cut) };
  }
  if (typeof value === "object" && value !== null) return cutFields(value as Fields, level, false);
  return { value, cut: false };
}
