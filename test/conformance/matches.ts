/** Comparing by parts: what a case says must be there, what it leaves out may be anything. */

/**
 * Whether `value` has all that `wanted` says. null: not there (or null). A text between slashes: a regular expression. A list: as long, item by item.
 */
export function matches(value: unknown, wanted: unknown): boolean {
  if (wanted === null) return value === null || value === undefined;
  if (typeof wanted === "string" && wanted.length > 1 && wanted.startsWith("/") && wanted.endsWith("/")) return new RegExp(wanted.slice(1, -1), "u").test(String(value ?? ""));
  if (Array.isArray(wanted)) return Array.isArray(value) && value.length === wanted.length && wanted.every((one, at) => matches(value[at], one));
  if (typeof wanted !== "object") return value === wanted;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(wanted).every(([name, part]) => matches((value as Record<string, unknown>)[name], part));
}

/** `[2, 5]`, `2..5` or a single number as the numbers from the first to the last. */
export function rangeOf(given: unknown): number[] {
  const [from, to] = Array.isArray(given) ? given.map(Number) : String(given).split("..").map(Number);
  if (from === undefined || !Number.isInteger(from)) throw new Error(`"${String(given)}" is no range; expected 1..5 or [1, 5]`);
  const last = to ?? from;
  return Array.from({ length: Math.max(0, last - from + 1) }, (_, at) => from + at);
}

/** Numbers for people: `1..4, 6`. */
export function shortly(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const one of numbers) {
    const last = runs.at(-1);
    if (last && one === last[1] + 1) last[1] = one;
    else runs.push([one, one]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}..${to}`)).join(", ") || "none";
}
