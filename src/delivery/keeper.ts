/** What the registry of connections asks of each, whatever it speaks, and what it wants to hear of them. */
import type { Identity } from "../domain/access.ts";
import type { TaskwireError } from "../domain/error.ts";
import type { Headcount } from "./census.ts";
import type { Parting } from "./refusal.ts";
import type { ConnectionInfo } from "./session-port.ts";

/** A connection as the registry sees it. */
export interface Kept {
  readonly id: string;
  readonly transport: "websocket" | "sse";
  readonly session: {
    /** Null while it is not known. */
    readonly identity: Identity | null;
    /** When `tick` has something to do at the latest. Milliseconds since 1970; `Infinity`: never. */
    due(): number;
  };
  /** Until when the registry lets it sleep. */
  sleepsUntil: number;
  /** Among whose connections it is counted. */
  address: Headcount | null;
  user: Headcount | null;
  info(): ConnectionInfo;
  /** Time has passed. */
  tick(): void;
  /** Parts for a reason that is not the client's fault. */
  part(parting: Parting, retryAfterMs: number): void;
  /** The caller may not be here any more. */
  refuse(error: TaskwireError): void;
}

export interface Keeper {
  /** `tick` is wanted earlier than was said. */
  sooner(connection: Kept): void;
  /** The wire was full. */
  slow(): void;
  /** Somebody has said who they are; answers that. Throws where they have too many connections. */
  admit(connection: Kept, identity: Identity): Identity;
  /** A limit was reached. */
  refused(limit: string): void;
  /** Its wire is gone. Can come more than once. */
  over(connection: Kept): void;
}
