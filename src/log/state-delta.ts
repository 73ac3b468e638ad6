/**
 * What a batch changed of the judging state, as text that travels beside it. The whole state travels only now and then; a
 * process that knows nothing of a task starts from the last whole one and applies what the batches after it say. So nothing
 * is judged twice, and no event is parsed.
 */
import type { DecodedState, JudgeState, OpenScope } from "../domain/state.ts";
import type { Batch } from "./port.ts";

/** Rises with every change that an older service would misread, like the state's own version. */
const DELTA_VERSION = 2;

/** Told by the batch's own header and body, so not repeated. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["seq", "bytes", "status", "attempt"]);
/** Not plain values; each has its own way. */
const COLLECTIONS: ReadonlySet<string> = new Set(["open", "keys", "producers"]);

/** Entries by index that went, and those that were put behind the rest. */
type ListChange = readonly [gone: readonly number[], added: readonly unknown[]] | { readonly all: readonly unknown[] };
type ScopeRow = readonly [key: string, percent: number | null, implied: 0 | 1, expiresAt?: number];
type ScopeChange = readonly [gone: readonly string[], put: readonly ScopeRow[]] | { readonly all: readonly ScopeRow[] };

interface Delta {
  readonly v: number;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly open?: ScopeChange;
  readonly keys?: ListChange;
  readonly producers?: ListChange;
}

/** What leads from one state to the next, as JSON. */
export function encodeDelta(before: JudgeState, after: JudgeState): string {
  const changed = Object.entries(after).filter(([field, value]) => !TOLD_ELSEWHERE.has(field) && !COLLECTIONS.has(field) && before[field as keyof JudgeState] !== value);
  const delta: Delta = {
    v: DELTA_VERSION,
    ...(changed.length > 0 ? { set: Object.fromEntries(changed) } : {}),
    ...(before.open === after.open ? {} : { open: scopeChange(before.open, after.open) }),
    ...(before.keys === after.keys ? {} : { keys: listChange(before.keys, after.keys) }),
    ...(before.producers === after.producers ? {} : { producers: listChange(before.producers, after.producers) }),
  };
  return JSON.stringify(delta);
}

/** The state after a batch, given the one before it. */
export function applyDelta(before: JudgeState, { header, body }: Batch): DecodedState {
  if (header.delta === null || header.firstSeq !== before.seq + 1) return { kind: "damaged", detail: `the batch of event ${header.firstSeq} does not follow event ${before.seq}` };
  try {
    const delta = JSON.parse(header.delta) as Delta;
    if (typeof delta?.v !== "number") return { kind: "damaged", detail: "a change of the judging state has no version" };
    if (delta.v > DELTA_VERSION) return { kind: "newer", version: delta.v };
    const state: JudgeState = {
      ...before,
      ...(delta.set as Partial<JudgeState> | undefined),
      seq: header.lastSeq,
      bytes: before.bytes + body.byteLength,
      status: header.status,
      attempt: header.attempt,
      open: delta.open === undefined ? before.open : changedScopes(before.open, delta.open),
      keys: delta.keys === undefined ? before.keys : changedList(before.keys, delta.keys),
      producers: delta.producers === undefined ? before.producers : changedList(before.producers, delta.producers),
    };
    return { kind: "state", state };
  } catch {
    return { kind: "damaged", detail: "a change of the judging state cannot be read" };
  }
}

function listChange<T>(before: readonly T[], after: readonly T[]): ListChange {
  const [had, has] = [new Set(before), new Set(after)];
  const kept = before.filter((entry) => has.has(entry));
  if (!kept.every((entry, at) => after[at] === entry) || after.slice(kept.length).some((entry) => had.has(entry))) return { all: after };
  const gone = before.flatMap((entry, at) => (has.has(entry) ? [] : [at]));
  return [gone, after.slice(kept.length)];
}

function changedList<T>(before: readonly T[], change: ListChange): readonly T[] {
  if ("all" in change) return change.all as readonly T[];
  const gone = new Set(change[0]);
  return [...before.filter((_, at) => !gone.has(at)), ...(change[1] as readonly T[])];
}

function scopeRow([key, { percent, implied, expiresAt }]: readonly [string, OpenScope]): ScopeRow {
  return expiresAt === null ? [key, percent, implied ? 1 : 0] : [key, percent, implied ? 1 : 0, expiresAt];
}

function scopeChange(before: ReadonlyMap<string, OpenScope>, after: ReadonlyMap<string, OpenScope>): ScopeChange {
  const gone = [...before.keys()].filter((key) => !after.has(key));
  const put = [...after].filter(([key, scope]) => before.get(key) !== scope).map(scopeRow);
  const change = [gone, put] as const;
  const order = [...changedScopes(before, change).keys()];
  return [...after.keys()].every((key, at) => order[at] === key) ? change : { all: [...after].map(scopeRow) };
}

function changedScopes(before: ReadonlyMap<string, OpenScope>, change: ScopeChange): ReadonlyMap<string, OpenScope> {
  const whole = "all" in change;
  const open = new Map(whole ? [] : before);
  if (!whole) for (const key of change[0]) open.delete(key);
  for (const [key, percent, implied, expiresAt = null] of whole ? change.all : change[1]) open.set(key, { percent, implied: implied === 1, expiresAt });
  return open;
}
