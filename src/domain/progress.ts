/** How far something is: one reading of `percent`, `current` and `total` for the laws, the fold and compaction. */

type Fields = Readonly<Record<string, unknown>>;

/** Fields that say one amount together: who tells a new one takes back the old ones. */
const AMOUNT = ["percent", "current", "total", "unit", "eta_ms", "reported"] as const;

/** The percent (0..100) that an event's data tells: `percent`, else `current` of `total`; null where it tells none or the total is unknown (0). */
export function percentOf(data: Fields): number | null {
  const { percent, current, total } = data;
  if (typeof percent === "number") return percent;
  if (typeof current !== "number" || typeof total !== "number" || !(total > 0)) return null;
  return Math.min(100, Math.max(0, (100 * current) / total));
}

function tellsAmount(data: Fields): boolean {
  return data.percent !== undefined || data.current !== undefined || data.total !== undefined;
}

/**
 * Two reports of one thing as one: the newer amount in place of the older (the percent stays where the newer tells none),
 * other fields carried over, pieces of output joined. Associative, so that folding reports one by one or merged first comes to the same.
 */
export function mergeProgress(older: Fields, newer: Fields): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...older };
  if (tellsAmount(newer)) {
    const percent = percentOf(newer) === null ? percentOf(older) : null;
    for (const field of AMOUNT) delete merged[field];
    if (percent !== null) merged.percent = percent;
  }
  for (const field of Object.keys(newer)) set(merged, field, newer[field]);
  if (typeof older.output_delta === "string" && typeof newer.output_delta === "string") merged.output_delta = older.output_delta + newer.output_delta;
  return merged;
}

/** Sets a field as data, whatever its name: plain assignment to `__proto__` would do something else. */
export function set(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
  else fields[name] = value;
}
