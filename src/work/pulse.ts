/**
 * Signs of life of workers. Each is a value in the key store, written anew while the worker is heard of; whoever leads follows
 * them and judges by its own clock alone, so that no two clocks need to agree.
 */
import type { Environment } from "../domain/environment.ts";
import { type KeyStore, LogUnavailable } from "../log/port.ts";

/** The bucket of the key store; keys are tasks' ids. */
export const LEASES = "leases";

/** A sign is written anew after so much of a lease's time. */
const SHARE = 1 / 3;
/** Leases remembered here; the one that was longest silent goes first, and is then written a little too often. */
const REMEMBERED = 20_000;

/** What a sign of life says. */
export interface Sign {
  readonly attempt: number;
  /** Milliseconds. */
  readonly leaseMs: number;
}

/** Reads a sign; null where the text is none. */
export function parseSign(text: string): Sign | null {
  try {
    const { attempt, leaseMs } = JSON.parse(text) as Partial<Sign>;
    return typeof attempt === "number" && typeof leaseMs === "number" ? { attempt, leaseMs } : null;
  } catch {
    return null;
  }
}

export interface Pulse {
  /** The worker of this lease was heard of; `fresh`: it was just given the lease. Never throws: one sign too few does no harm. */
  beat(taskId: string, sign: Sign, fresh?: boolean): Promise<void>;
  /** The lease is over. Never throws: what stays is found by the sweeper. */
  stop(taskId: string): Promise<void>;
}

/** The signs that this instance writes. */
export function createPulse(keys: KeyStore, { clock, journal }: Environment): Pulse {
  /** `over`: the lease has ended, and a sign that was on its way no longer counts. */
  const written = new Map<string, { readonly attempt: number; readonly at: number; readonly over: boolean }>();
  const remember = (taskId: string, attempt: number, over: boolean): void => {
    written.delete(taskId);
    written.set(taskId, { attempt, at: clock.now(), over });
    if (written.size > REMEMBERED) written.delete(written.keys().next().value ?? "");
  };
  const quietly = async (work: () => Promise<unknown>, taskId: string): Promise<void> => {
    try {
      await work();
    } catch (error) {
      written.delete(taskId);
      if (!(error instanceof LogUnavailable)) journal.error("pulse_failed", `A worker's sign of life could not be kept: ${String(error)}`, { task: taskId });
    }
  };
  return {
    async beat(taskId, sign, fresh = false) {
      const last = written.get(taskId);
      if (!fresh && last !== undefined && (last.over || (last.attempt === sign.attempt && clock.now() - last.at < sign.leaseMs * SHARE))) return;
      remember(taskId, sign.attempt, false);
      await quietly(() => keys.set(LEASES, taskId, JSON.stringify(sign)), taskId);
    },
    async stop(taskId) {
      remember(taskId, written.get(taskId)?.attempt ?? 0, true);
      await quietly(() => keys.remove(LEASES, taskId), taskId);
    },
  };
}
