/** A view as the data of a `task.snapshot`: plain JSON within a bound. What is cut says `truncated`. */
import { cutHead, cutTail, utf8Length } from "./size.ts";
import { LIST_NAMES } from "./view.ts";
import type { Fields, TaskView } from "./view.ts";

/** How much may stay, from generous to bare: UTF-16 units of one text (never less than an id or a time needs), and items of one list (the newest). */
const LEVELS = [
  { text: 32_768, items: 4_096 },
  { text: 8_192, items: 1_024 },
  { text: 2_048, items: 256 },
  { text: 512, items: 128 },
  { text: 128, items: 64 },
  { text: 64, items: 16 },
  { text: 64, items: 4 },
  { text: 64, items: 1 },
] as const;

/** An object keeps so many of its fields at any level: what the contract says of it stays true. */
const LEAST_FIELDS = 64;

/** The data of a `task.snapshot`: the view as plain JSON of at most `maxBytes`; texts that were cut say `truncated`. */
export function snapshotOf(view: TaskView, maxBytes: number): Record<string, unknown> {
  const whole = plain(view);
  if (fits(whole, maxBytes)) return whole;
  for (const level of LEVELS) {
    const cut = shortened(whole, level);
    if (fits(cut, maxBytes)) return cut;
  }
  const simple = Object.fromEntries(Object.entries(whole).filter(([, value]) => typeof value !== "object").map(([name, value]) => [name, cutValue(value, { text: 64, items: 0 }, false).value]));
  const bare = { ...simple, progress: {}, steps: [], messages: [], tools: [], inputs: [], truncated: true };
  const { status, as_of_seq, attempt } = whole;
  return fits(bare, maxBytes) ? bare : { status, as_of_seq, attempt, progress: {}, steps: [], messages: [], tools: [], inputs: [], truncated: true };
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
  const entries = Object.entries(whole).map(([name, value]) => [name, isList(name) ? newest(value as readonly Fields[], level) : cutValue(value, level, false).value]);
  return { ...Object.fromEntries(entries), truncated: true };
}

const isList = (name: string): boolean => (LIST_NAMES as readonly string[]).includes(name);

/** The newest items of a list, their texts cut. Each says for itself whether it was; its fields all stay. */
function newest(items: readonly Fields[], level: Level): readonly Fields[] {
  return items.slice(-level.items).map((item) => {
    const grows = item.status === "open" || item.status === "running";
    const parts = Object.entries(item).map(([name, value]) => ({ name, ...cutValue(value, level, grows && (name === "content" || name === "output_text")) }));
    const shorter = Object.fromEntries(parts.map(({ name, value }) => [name, value]));
    return parts.some(({ cut }) => cut) ? { ...shorter, truncated: true } : shorter;
  });
}

/** Of a text that still grows the end is kept, so that what follows joins on; else the beginning. */
function cutValue(value: unknown, level: Level, grows: boolean): Part {
  if (typeof value === "string") return { value: grows ? cutTail(value, level.text) : cutHead(value, level.text), cut: value.length > level.text };
  if (Array.isArray(value)) {
    const parts = value.slice(0, level.items).map((part) => cutValue(part, level, false));
    return { value: parts.map((part) => part.value), cut: parts.length < value.length || parts.some((part) => part.cut) };
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const parts = entries.slice(0, Math.max(level.items, LEAST_FIELDS)).map(([name, part]) => ({ name, ...cutValue(part, level, false) }));
    return { value: Object.fromEntries(parts.map(({ name, value: part }) => [name, part])), cut: parts.length < entries.length || parts.some((part) => part.cut) };
  }
  return { value, cut: false };
}

interface Part {
  readonly value: unknown;
  readonly cut: boolean;
}
