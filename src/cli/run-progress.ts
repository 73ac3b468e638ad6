/** Finding out from a line of output how far a program is. Pure. */

export type Progress = { readonly percent: number } | { readonly current: number; readonly total: number };

const COLOURS = /\u001b\[[0-9;:]*[A-Za-z]/g;
const PERCENT = /(?<![\d.,:/\w-])(\d{1,3}(?:[.,]\d+)?)\s?%/g;
/** `3/10`, `[ 3 / 10 ]`, `step 3/10:`, but no path, date or version. */
const FRACTION = /(?<![\w./:\\-])(\d{1,15})\s?\/\s?(\d{1,15})(?![\w/\\-]|\.\d)/g;

/**
 * The progress that a line tells: its last percent in 0..100, else its last `n/m` with n ≤ m and m > 0; null where it tells
 * none.
 */
export function progressOf(line: string): Progress | null {
  if (!line.includes("%") && !line.includes("/")) return null;
  const text = line.replace(COLOURS, "");
  const percents = [...text.matchAll(PERCENT)].map((match) => Number((match[1] ?? "").replace(",", "."))).filter((percent) => percent <= 100);
  const percent = percents.at(-1);
  if (percent !== undefined) return { percent };
  const fractions = [...text.matchAll(FRACTION)].map((match) => ({ current: Number(match[1]), total: Number(match[2]) })).filter(({ current, total }) => total > 0 && current <= total);
  return fractions.at(-1) ?? null;
}

/** Whether two tell the same. */
export function sameProgress(a: Progress | null, b: Progress | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
