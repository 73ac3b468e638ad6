/** Time and chance, passed in so that a test can decide both. */
export interface Timing {
  /** Milliseconds on a clock that never steps back. */
  now(): number;
  /** Runs `run` once after `ms`, unless the answer is called first. */
  after(ms: number, run: () => void): () => void;
  /** In [0, 1). */
  chance(): number;
}

/** The machine's own clock and chance. */
export const REAL_TIMING: Timing = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  chance: () => Math.random(),
};

/** Waits, or ends early without an error when the signal is aborted. */
export function pause(timing: Timing, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = timing.after(ms, done);
    signal?.addEventListener("abort", done);
  });
}
