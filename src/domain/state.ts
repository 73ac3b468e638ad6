/**
 * What judging an append needs to know of a task, and no more: the state that travels in its log (`Tw-State`).
 * Immutable: `judge` answers with the next one, so that an append that did not happen is undone by forgetting it.
 */
import { cutHead } from "./size.ts";
import { isTerminal, statusOf } from "./phase.ts";
import type { Phase } from "./phase.ts";

export type { Phase };

/** A started step, message, reasoning, tool call or input request. */
export interface OpenScope {
  /** The highest percent so far in this attempt; null where none was told. */
  readonly percent: number | null;
  /** True where progress was told of something that was never started; such a scope gives way when places run out. */
  readonly implied: boolean;
  /** When an input request is over unanswered, in milliseconds since 1970; null for one without an end, and for all else. */
  readonly expiresAt: number | null;
}

/** On what terms a task waits for a worker and is worked on. Times are milliseconds, moments since 1970. */
export interface WorkTerms {
  readonly maxAttempts: number;
  readonly leaseMs: number;
  readonly priority: "high" | "normal" | "low";
  /** Not to be given to a worker before. 0: at once. */
  readonly notBefore: number;
  /** By then it must have ended. */
  readonly deadline: number | null;
}

export type CommandOutcome = "accepted" | "applied" | "rejected";

/** A command of the near past: recognised when it is sent again, and settled when its worker says so. */
export interface RememberedCommand {
  /** Fingerprint. */
  readonly id: string;
  readonly command: string;
  readonly outcome: CommandOutcome;
  /** Where the log says that it was accepted or rejected. */
  readonly seq: number;
}

/** A cancel that its worker has not answered yet. */
export interface PendingCancel {
  /** From then on the service cancels by itself. Milliseconds since 1970. */
  readonly at: number;
  /** The key of the user who ordered it. */
  readonly by: string;
}

/** A request that was stored, recognised by its `Idempotency-Key`. */
export interface RememberedKey {
  /** Fingerprints: the key and the digest may be of any length. */
  readonly key: string;
  readonly digest: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** The last request of a producer that numbers its requests. */
export interface RememberedProducer {
  /** Fingerprint. */
  readonly id: string;
  readonly seq: number;
  readonly digest: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface JudgeState {
  /** The seq of the task's last event, which is also how many there are. */
  readonly seq: number;
  /** UTF-8 bytes of all stored lines with their LF. */
  readonly bytes: number;
  readonly phase: Phase;
  /** As told to people: `phase`, or `waiting` while a running task has an open input request. */
  readonly status: string;
  /** True after completed, failed or canceled. */
  readonly terminal: boolean;
  /** Which try of the task, 1 first. */
  readonly attempt: number;
  /** A lease's attempt below this is fenced. 0 where nobody has started. */
  readonly fence: number;
  /** The task's highest percent in this attempt; null where none was told. */
  readonly percent: number | null;
  readonly owner: string;
  /** Who created it, where that is not the owner. */
  readonly creator: string | null;
  readonly kind: string;
  readonly conversation: string | null;
  readonly access: string;
  readonly title: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Keys made by `scopeKey`, in order of opening. */
  readonly open: ReadonlyMap<string, OpenScope>;
  /** Oldest first. */
  readonly keys: readonly RememberedKey[];
  /** The one that was longest silent first. */
  readonly producers: readonly RememberedProducer[];
  /** Null for a task that no worker leases. */
  readonly work: WorkTerms | null;
  /** The key of the user whose worker has the lease; null where nobody has. */
  readonly holder: string | null;
  /** Attempts that were given back unfinished: they do not count against `work.maxAttempts`. */
  readonly released: number;
  /** A task without a lease has failed when nothing was heard of it for so long. Milliseconds. */
  readonly idleMs: number;
  /** Oldest first. */
  readonly commands: readonly RememberedCommand[];
  readonly cancel: PendingCancel | null;
  /** How many messages were completed, and the beginning of the first that a user said. */
  readonly messages: number;
  readonly preview: string | null;
}

export type DecodedState =
  | { readonly kind: "state"; readonly state: JudgeState }
  /** Written by a newer service: this one must not append (`state_newer`). */
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "damaged"; readonly detail: string };

/** Rises with every change that an older service would misread. */
export const STATE_VERSION = 2;

/** Longest title that the state carries, in UTF-16 units. */
const TITLE = 512;
/** The most that one entry can take in the encoded state, in bytes. `test/property/state.test.ts` holds them to it. */
const SCOPE_BYTES = 70;
const KEY_BYTES = 54;
const PRODUCER_BYTES = 72;
const COMMAND_BYTES = 58;
const REST_BYTES = 5_200;

/** How many scopes may be open at once so that the encoded state stays within `stateBytes`, whatever their ids. */
export function openLimit(limits: { readonly stateBytes: number; readonly openScopes: number; readonly idempotencyKeys: number; readonly producers: number; readonly commandsRemembered: number }): number {
  const room = limits.stateBytes - REST_BYTES - limits.commandsRemembered * COMMAND_BYTES - limits.idempotencyKeys * KEY_BYTES - limits.producers * PRODUCER_BYTES;
  return Math.max(0, Math.min(limits.openScopes, Math.floor(room / SCOPE_BYTES)));
}

/** The title as the state carries it. */
export function stateTitle(title: unknown): string | null {
  return typeof title === "string" ? cutHead(title, TITLE) : null;
}

type Row = readonly unknown[];

/** The state as text: printable ASCII JSON with its version, at most `limits.stateBytes` long. */
export function encodeState(state: JudgeState): string {
  const text = JSON.stringify({
    v: STATE_VERSION,
    task: [state.seq, state.bytes, state.phase, state.attempt, state.fence, state.percent, state.createdAt, state.updatedAt],
    facts: [state.owner, state.kind, state.conversation, state.access, state.title, state.creator],
    open: [...state.open].map(([key, { percent, implied, expiresAt }]): Row => (expiresAt === null ? [key, percent, implied ? 1 : 0] : [key, percent, implied ? 1 : 0, expiresAt])),
    keys: state.keys.map((entry): Row => [entry.key, entry.digest, entry.firstSeq, entry.lastSeq]),
    producers: state.producers.map((entry): Row => [entry.id, entry.seq, entry.digest, entry.firstSeq, entry.lastSeq]),
    work: state.work,
    life: [state.holder, state.released, state.idleMs, state.cancel, state.messages, state.preview],
    commands: state.commands.map((entry): Row => [entry.id, entry.command, entry.outcome.slice(0, 2), entry.seq]),
  });
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Reads what `encodeState` wrote. */
export function decodeState(text: string): DecodedState {
  try {
    const value = JSON.parse(text) as Encoded;
    if (typeof value?.v !== "number") return { kind: "damaged", detail: "the judging state has no version" };
    if (value.v > STATE_VERSION) return { kind: "newer", version: value.v };
    return { kind: "state", state: revive(value) };
  } catch {
    return { kind: "damaged", detail: "the judging state cannot be read" };
  }
}

interface Encoded {
  readonly v: number;
  readonly task: readonly [number, number, Phase, number, number, number | null, number, number];
  readonly facts: readonly [string, string, string | null, string, string | null, string | null];
  readonly open: readonly (readonly [string, number | null, number, number?])[];
  readonly keys: readonly (readonly [string, string, number, number])[];
  readonly producers: readonly (readonly [string, number, string, number, number])[];
  /** Since version 2. */
  readonly work?: WorkTerms | null;
  readonly life?: readonly [string | null, number, number, PendingCancel | null, number, string | null];
  readonly commands?: readonly (readonly [string, string, string, number])[];
}

const OUTCOMES: readonly CommandOutcome[] = ["accepted", "applied", "rejected"];
/** What a state of version 1 does not tell; a day was the rule then. */
const NO_LIFE = [null, 0, 24 * 3_600_000, null, 0, null] as const;

function revive(value: Encoded): JudgeState {
  const [seq, bytes, phase, attempt, fence, percent, createdAt, updatedAt] = value.task;
  const [owner, kind, conversation, access, title, creator] = value.facts;
  const [holder, released, idleMs, cancel, messages, preview] = value.life ?? NO_LIFE;
  const open = new Map(value.open.map(([key, highest, implied, expiresAt = null]) => [key, { percent: highest, implied: implied === 1, expiresAt }]));
  return {
    seq, bytes, phase, status: statusOf(phase, hasOpenInput(open)), terminal: isTerminal(phase),
    attempt, fence, percent, owner, creator, kind, conversation, access, title, createdAt, updatedAt, open,
    keys: value.keys.map(([key, digest, firstSeq, lastSeq]) => ({ key, digest, firstSeq, lastSeq })),
    producers: value.producers.map(([id, producerSeq, digest, firstSeq, lastSeq]) => ({ id, seq: producerSeq, digest, firstSeq, lastSeq })),
    work: value.work ?? null, holder, released, idleMs, cancel, messages, preview,
    commands: (value.commands ?? []).map(([id, command, outcome, at]) => ({ id, command, outcome: OUTCOMES.find((each) => each.startsWith(outcome)) ?? "accepted", seq: at })),
  };
}

/** Whether an input request is open; its scopes' keys begin with `i`. */
export function hasOpenInput(open: ReadonlyMap<string, OpenScope>): boolean {
  for (const key of open.keys()) if (key.startsWith("i")) return true;
  return false;
}
