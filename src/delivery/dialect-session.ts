/** One connection of a dialect as a state machine, without I/O: its talk, and around it what holds for all dialects: keepalive, idleness, silence, bounds. */
import { CLOSE_CODES } from "../../generated/typescript/errors.ts";
import type { Fields, Socket, Talk, TalkAction, TalkInput } from "../dialects/port.ts";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { type Bucket, fullBucket, take } from "../domain/rate.ts";
import type { LimitSet } from "../limits.ts";
import { bytesOf } from "./frame.ts";
import { Term } from "./term.ts";

export type DialectAction = TalkAction | { readonly do: "ping" } | { readonly do: "refused"; readonly limit: string };

export interface DialectSessionOptions {
  readonly talk: Talk;
  readonly socket: Pick<Socket, "keepalive" | "idle">;
  readonly limits: LimitSet;
  readonly identity: Identity | null;
  /** Whether silence is judged here: there is a ping whose pong is heard of. */
  readonly proves: boolean;
}

/** Between the suspicion that a peer is silent and the judgement: so much of a heartbeat. */
const SUSPICION_SHARE = 0.1;

export class DialectSession {
  readonly #options: DialectSessionOptions;
  #identity: Identity | null;
  /** Null where the token has no end. */
  #term: Term | null;
  #closed = false;
  #over = false;
  #frames: Bucket | null = null;
  #heardAt: number;
  #pingAt: number;
  #suspectedAt = -Infinity;
  #keepaliveAt: number;
  #toldAt: number;

  constructor(options: DialectSessionOptions, now: number) {
    this.#options = options;
    this.#identity = options.identity;
    this.#term = options.identity === null ? null : Term.of(options.identity, options.limits, now);
    this.#heardAt = this.#toldAt = now;
    this.#pingAt = now + options.limits.heartbeatMs;
    this.#keepaliveAt = this.#nextKeepalive(now);
  }

  get identity(): Identity | null {
    return this.#identity;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What the talk says of itself. */
  about(): Fields | undefined {
    return this.#options.talk.about?.();
  }

  /** When `tick` has something to do at the latest. Milliseconds since 1970. */
  due(): number {
    if (this.#closed) return Infinity;
    const { proves } = this.#options;
    return Math.min(this.#keepaliveAt, this.#idleAt(), this.#term?.endsAt ?? Infinity, proves ? Math.min(this.#pingAt, this.#silentAt()) : Infinity);
  }

  /** A sign of life. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** Something was told of a task. */
  told(now: number): void {
    this.#toldAt = now;
  }

  /** A text frame, or null for a binary one. */
  frame(text: string | null, now: number): readonly DialectAction[] {
    this.#heardAt = now;
    const { connectionFramesPerSecond: perSecond, frameBytes } = this.#options.limits;
    if (text === null) return this.take({ kind: "unread", error: new TaskwireError("frame_binary", "A binary frame came; expected text.") }, now);
    if (bytesOf(text, frameBytes) > frameBytes) return this.take({ kind: "unread", error: new TaskwireError("frame_too_large", `A frame may have at most ${frameBytes} bytes; this one was not read.`) }, now);
    const wait = take((this.#frames ??= fullBucket()), { perSecond, burst: perSecond }, now);
    if (wait === 0) return this.take({ kind: "text", text }, now);
    const error = new TaskwireError("rate_limited", `More than ${perSecond} frames a second came; this one was not read.`, { limit: "connection_frames_per_second", retry_after_ms: wait });
    return [{ do: "refused", limit: "connection_frames_per_second" }, ...this.take({ kind: "unread", error }, now)];
  }

  /** What is to be done about what has happened. Nothing, once closed. */
  take(input: TalkInput, now: number): readonly DialectAction[] {
    if (this.#closed) return [];
    if (input.kind === "signed_in") {
      this.#identity = input.identity;
      this.#term = Term.of(input.identity, this.#options.limits, now);
    }
    if (input.kind === "over" && this.#options.socket.keepalive?.afterEnd === false) this.#over = true;
    const actions = this.#options.talk.take(input, now);
    if (actions.some((action) => action.do === "close")) this.#closed = true;
    if (this.#over) this.#keepaliveAt = Infinity;
    return actions;
  }

  /** Time has passed. `full`: the wire takes nothing at the moment. */
  tick(now: number, full: boolean): readonly DialectAction[] {
    if (this.#closed) return [];
    const { socket, limits, proves } = this.#options;
    const actions: DialectAction[] = [];
    if ((proves || full) && now >= this.#silentAt()) {
      if (this.#suspectedAt >= this.#heardAt) return this.#close(CLOSE_CODES.silent, "silent");
      this.#suspectedAt = now;
    }
    if (this.#term?.ended(now) === true) {
      const last = this.take({ kind: "parting", error: new TaskwireError("token_expired", "The token has expired; connect again with a new one.") }, now);
      return this.#closed ? last : [...last, ...this.#close(CLOSE_CODES.token_expired, "token_expired")];
    }
    if (socket.idle !== undefined && now >= this.#idleAt()) return this.#close(socket.idle.code, socket.idle.reason);
    if (socket.keepalive !== undefined && now >= this.#keepaliveAt) {
      this.#keepaliveAt = this.#nextKeepalive(now);
      if (!full) {
        actions.push({ do: "send", frame: socket.keepalive.frame(now) });
        this.#options.talk.kept?.(now);
      }
    }
    if (now >= this.#pingAt) {
      this.#pingAt = now + limits.heartbeatMs;
      if (proves && !full) actions.push({ do: "ping" });
    }
    return actions;
  }

  /** The peer has gone. */
  end(): void {
    this.#closed = true;
  }

  #close(code: number, reason: string): readonly DialectAction[] {
    this.#closed = true;
    return [{ do: "close", code, reason }];
  }

  #nextKeepalive(now: number): number {
    const { socket, limits } = this.#options;
    return socket.keepalive === undefined ? Infinity : now + limits[socket.keepalive.every];
  }

  #idleAt(): number {
    const { socket, limits } = this.#options;
    return socket.idle === undefined ? Infinity : this.#toldAt + limits[socket.idle.after];
  }

  #silentAt(): number {
    const { heartbeatMs, silentHeartbeatTenths } = this.#options.limits;
    if (this.#suspectedAt < this.#heardAt) return this.#heardAt + (heartbeatMs * silentHeartbeatTenths) / 10;
    return this.#suspectedAt + heartbeatMs * SUSPICION_SHARE;
  }
}
