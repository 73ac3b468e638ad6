/** What the routes need, as values. The composition root makes them; nothing here keeps state between requests. */
import type { DialectConfig } from "../config.ts";
import type { Identity, TaskFacts } from "../domain/access.ts";
import type { Environment } from "../domain/environment.ts";
import type { Actor, DraftEvent, RetryIdentity } from "../domain/laws.ts";
import type { JudgeState, WorkTerms } from "../domain/state.ts";
import type { TaskSummary } from "../domain/summary.ts";
import type { Connections } from "../delivery/connections.ts";
import type { Hub } from "../feed/port.ts";
import type { LimitSet } from "../limits.ts";
import type { KeyStore } from "../log/port.ts";
import type { Admission } from "../work/admission.ts";
import type { Deletions } from "../work/deletion.ts";
import type { Leases } from "../work/leases.ts";
import type { Authenticator } from "./auth.ts";
import type { DevelopmentIssuer } from "./issuer.ts";
import type { Grants } from "./grants.ts";
import type { Instances } from "./instances.ts";
import type { LeaseTokens } from "./lease-token.ts";
import type { Rates } from "./rates.ts";
import type { Metrics } from "./metrics.ts";
import type { Tickets } from "./tickets.ts";

export interface Appended {
  readonly taskId: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly cursor: string;
  readonly duplicate: boolean;
}

/** The writing side, as the routes use it. Refusals are thrown as `TaskwireError`. */
export interface Writing {
  create(request: {
    /** Null: the writer makes one, out of `identity` where that is a key. */
    readonly taskId: string | null;
    readonly owner: string;
    readonly creator?: string | null;
    readonly kind: string;
    readonly title?: string;
    readonly input?: unknown;
    readonly conversation?: string | null;
    readonly access: string;
    readonly actor: Actor;
    readonly retryOf?: string;
    readonly identity: RetryIdentity | null;
    readonly work?: WorkTerms | null;
    readonly position?: number | undefined;
    readonly idleMs?: number | undefined;
  }): Promise<Appended>;
  append(taskId: string, request: {
    readonly drafts: readonly DraftEvent[] | ((state: JudgeState) => readonly DraftEvent[]);
    readonly bytes: number;
    readonly actor: Actor | null;
    readonly service: boolean;
    readonly attempt?: number | null;
    readonly holder?: string | null;
    readonly identity: RetryIdentity | null;
  }): Promise<Appended>;
  facts(taskId: string): Promise<TaskFacts | null>;
  /** The JSON of a task's first event that is kept; null where nothing is. Throws `unavailable`. */
  firstLine(taskId: string): Promise<string | null>;
}

/** The list of tasks, as the routes use it. */
export interface Listing {
  /** How many of a user's tasks have not ended, as far as is known here; null while nothing is. */
  unfinished(owner: string): number | null;
  list(owner: string, request: {
    readonly status?: string | undefined;
    readonly conversation?: string | undefined;
    readonly before?: string | undefined;
    readonly where?: ((task: TaskSummary) => boolean) | undefined;
    readonly limit: number;
  }): Promise<{ readonly tasks: readonly TaskSummary[]; readonly next: string | null }>;
}

/** What operators have done by hand. Each throws `LogUnavailable`. */
export interface Housekeeping {
  sweep(dryRun: boolean): Promise<object>;
  rebuild(): Promise<object>;
  /** How many tasks wait, by kind. */
  queues(): Promise<Readonly<Record<string, number>>>;
}

/** Something that must be there for the service to be ready. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** A sentence: what is missing, or how it is. */
  readonly detail: string;
}

/** What can be broken on purpose. */
export interface Breakage {
  /** Kills the broker, which comes back after so long; null where somebody else runs it. Milliseconds. */
  readonly broker: ((awayMs: number) => void) | null;
  /** Ends this process at once, as a crash would. Whoever started it starts it again. */
  service(): void;
}

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

export interface AppDeps {
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly metrics: Metrics;
  readonly version: string;
  readonly origins: readonly string[];
  readonly dialects: DialectConfig;
  readonly auth: Authenticator;
  /** Null where another issuer is configured. */
  readonly issuer: DevelopmentIssuer | null;
  readonly writer: Writing;
  readonly index: Listing;
  readonly leases: Leases;
  readonly admission: Admission;
  readonly deletions: Deletions;
  readonly leaseTokens: LeaseTokens;
  readonly rates: Rates;
  readonly tickets: Tickets;
  readonly grants: Grants;
  readonly keys: KeyStore;
  readonly instances: Instances;
  readonly housekeeping: Housekeeping;
  readonly hub: Hub;
  readonly connections: Connections;
  /** What the local page may break, to see it heal; null where tokens are real. */
  readonly breakage: Breakage | null;
  readonly readiness: () => Promise<readonly Check[]>;
  /** The contract as JSON. */
  readonly asyncapi: string;
  /** The files of vectors: name below `contract/vectors/` → text. */
  readonly vectors: () => ReadonlyMap<string, string>;
  /** A file of the page, by its path below /; null where there is none. */
  readonly asset: (path: string) => Asset | null;
}

/** How a caller appears in the events that they write: what they are by their token, never what they say of themselves. */
export function actorOf(who: Identity): Actor {
  const kind = who.scopes.has("work") || who.scopes.has("tasks:publish") ? "worker" : "user";
  return who.name === null ? { kind, id: who.user } : { kind, id: who.user, name: who.name };
}
