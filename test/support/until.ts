/** Waits for a condition instead of sleeping for a guess. */

/** Answers what `probe` answers once that is neither null, undefined nor false; an error that names the condition after `limitMs`. */
export async function until<T>(condition: string, limitMs: number, probe: () => T | null | undefined | false | Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain until ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** So long nothing happens: for the rhythm of what a test plays, never in place of a condition. Milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
