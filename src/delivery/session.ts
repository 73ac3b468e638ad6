/**
 * One connection as a state machine, without I/O: inputs in, actions out. WebSocket and SSE share it. Stored events do
 * not pass through here: they go from the feed to the wire, see `connection.ts`.
 *
 *     authenticating --auth--> open --end, refusal, drain, silence, token's end, peer gone--> closed
 */
import { PROTOCOL } from "../../generated/typescript/catalog.ts";
import type { AppendFrame, AuthFrame, ClientFrame, CommandFrame, StreamFrame, SubscribeFrame, UnsubscribeFrame } from "../../generated/typescript/types.ts";
import { type Identity, watchOnly } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { type Bucket, fullBucket, take } from "../domain/rate.ts";
import { coversSet } from "../domain/watch-scope.ts";
import type { Notice } from "../feed/port.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import { type Frame, bareFrame, bytesOf, streamFrame } from "./frame.ts";
import { readFrame } from "./request.ts";
import { type Parting, closeCodeOf, closeCodeOfParting, errorFrame } from "./refusal.ts";
import type { Action, Input, SessionOptions } from "./session-port.ts";
import { Selections, wordsOf } from "./selections.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Term } from "./term.ts";

/** Frames that may arrive behind an `auth` that is still being judged. */
const HELD_FRAMES = 16;
/** Appends of one connection that may wait for their acknowledgement. */
const APPENDS = 64;
/** Between the suspicion that a peer is silent and the judgement: so much of a heartbeat. A process that was held up first reads what waits. */
const SUSPICION_SHARE = 0.1;
/** A ping is sent with a heartbeat when nothing came for nearly as long. */
const QUIET_SHARE = 0.9;

const NO_ACTIONS: readonly Action[] = [];
const NOTHING_HELD: string[] = [];

export class Session {
  readonly #options: SessionOptions;
  readonly #subscriptions: Subscriptions;
  /** Null where no set is watched. */
  #selections: Selections | null = null;
  #identity: Identity | null;
  #phase: "authenticating" | "open" | "closed" = "authenticating";
  /** The `auth` frame that is being judged. */
  #auth: { readonly requestId: string | null } | null = null;
  #held: string[] = NOTHING_HELD;
  #heldLength = 0;
  #appends = 0;
  /** What may be sent; null until something is. */
  #frames: Bucket | null = null;
  #heardAt: number;
  /** When silence was first noticed; before `#heardAt`: it was not. */
  #suspectedAt = -Infinity;
  #heartbeatAt: number;
  readonly #openedAt: number;
  #term: Term | null = null;
  #actions: Action[] | null = null;

  constructor(options: SessionOptions, now: number) {
    this.#options = options;
    this.#identity = options.identity;
    this.#subscriptions = new Subscriptions(options, this);
    this.#openedAt = this.#heardAt = now;
    // Not all at once after a crowd has come back: the first heartbeat comes after half an interval to a whole one.
    this.#heartbeatAt = now + options.limits.heartbeatMs * (0.5 + options.phase / 2);
  }

  /** Who it is; null until that is known. */
  get identity(): Identity | null {
    return this.#identity;
  }

  get closed(): boolean {
    return this.#phase === "closed";
  }

  /** When `tick` has something to do at the latest. Milliseconds since 1970; `Infinity`: never. */
  due(): number {
    if (this.#phase === "closed") return Infinity;
    if (this.#phase === "authenticating") return this.#openedAt + this.#options.limits.authDeadlineMs;
    return Math.min(this.#heartbeatAt, this.#term?.dueAt ?? Infinity, this.#options.proves || this.#suspectedAt >= this.#heardAt ? this.#silentAt() : Infinity);
  }

  /** A sign of life: a pong, or bytes that the peer has taken. Without pings, silence is judged on full wires alone. Apart from `take`, because it is frequent and leads to nothing. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** What is to be done about what has happened. Nothing, once closed. */
  take(input: Input, now: number): readonly Action[] {
    if (this.#phase === "closed") return [];
    this.#on(input, now);
    const actions = this.#actions;
    this.#actions = null;
    return actions ?? NO_ACTIONS;
  }

  /** Wants something done. For its subscriptions. */
  act(action: Action): void {
    (this.#actions ??= []).push(action);
  }

  #on(input: Input, now: number): void {
    switch (input.kind) {
      case "opened":
        if (this.#identity !== null) this.#open(this.#identity, now);
        return;
      case "text":
        this.#heardAt = now;
        return this.#tooSoon(input.text, now) ? undefined : this.#text(input.text);
      case "binary":
        return this.#refuse(new TaskwireError("frame_binary", "A binary frame came; expected text frames with JSON."));
      case "authenticated":
        return this.#authenticated(input.identity, now);
      case "unauthenticated":
        return this.#unauthenticated(input.error);
      case "judged":
        return this.#subscriptions.judged(input, this.#identity as Identity, (error) => this.#refuse(error, null, input.taskId));
      case "notice":
        return this.#notice(input.taskId, input.ticket, input.notice);
      case "selection": {
        const error = this.#selections?.notice(input.ticket, input.notice) ?? null;
        return error === null ? undefined : this.#refuse(error);
      }
      case "appended":
        this.#appends -= 1;
        if (input.requestId !== null) this.#send({ type: "stream.ack", request_id: input.requestId, task_id: input.taskId, ...input.ack });
        return;
      case "unappended":
        this.#appends -= 1;
        return this.#error(input.error, { requestId: input.requestId, taskId: input.taskId });
      case "tick":
        return this.#tick(now, input.full);
      case "part":
        return this.#part(input.parting, input.retryAfterMs);
      case "refused":
        return this.#refuse(input.error);
      case "closed":
        return this.#close(null);
    }
  }

  // -- opening ---------------------------------------------------------------------------------------------------------

  #open(identity: Identity, now: number): void {
    const { id, limits, only, set } = this.#options;
    this.#identity = identity;
    this.#phase = "open";
    this.#term = Term.of(identity, limits, now);
    this.#send({
      type: "stream.ready",
      protocol: PROTOCOL,
      connection_id: id,
      heartbeat_ms: limits.heartbeatMs,
      limits: {
        subscriptions: limits.subscriptions,
        frame_bytes: limits.frameBytes,
        event_bytes: limits.eventBytes,
        request_bytes: limits.requestBytes,
        request_events: limits.requestEvents,
      },
      ...(this.#term === null ? {} : { token_expires_at: this.#term.expiresAt }),
    });
    if (only !== null) this.#subscriptions.only(only);
    if (set !== undefined) this.#sets().add({ ...set, requestId: null }, identity, 0);
  }

  #authenticate(frame: AuthFrame): void {
    if (this.#auth !== null) return this.#error(new TaskwireError("frame_invalid", "An auth frame came while another is being judged; wait for the answer to that."), { requestId: frame.request_id });
    this.#auth = { requestId: frame.request_id ?? null };
    this.act({ do: "authenticate", token: frame.token });
  }

  #authenticated(identity: Identity, now: number): void {
    const requestId = this.#auth?.requestId ?? null;
    this.#auth = null;
    const before = this.#identity;
    if (before === null) this.#open(identity, now);
    // A new token may open more than the one before, but not less: what is watched was judged by that.
    else if (before.user === identity.user && (!identity.watch || identity.watch.id === before.watch?.id)) this.#renew(before, identity, now);
    else return this.#refuse(new TaskwireError("token_invalid", "The new token is another user's, or another grant; a connection stays what it was opened as. Connect anew for the other."), requestId);
    if (requestId !== null) this.#send({ type: "stream.ack", request_id: requestId, ...(this.#term === null ? {} : { token_expires_at: this.#term.expiresAt }) });
    const held = this.#held;
    this.#held = NOTHING_HELD;
    for (const text of held) this.#text(text);
  }

  #renew(before: Identity, identity: Identity, now: number): void {
    this.#identity = identity;
    this.#term = Term.of(identity, this.#options.limits, now);
    // What only an administrator may see is judged anew when the new token is none's.
    if (before.scopes.has("admin") && !identity.scopes.has("admin")) this.#judgeAgain(identity);
  }

  #judgeAgain(identity: Identity): void {
    this.#subscriptions.judgeAgain();
    this.#selections?.judgeAgain(identity);
  }

  #unauthenticated(error: TaskwireError): void {
    const requestId = this.#auth?.requestId ?? null;
    this.#auth = null;
    // Keys that cannot be had now say nothing against a token, and the old one still holds.
    const transient = error.code === "unavailable" || error.code === "internal";
    if (this.#phase === "open" && transient) return this.#error(error, { requestId });
    this.#refuse(error, requestId);
  }

  // -- frames of the client --------------------------------------------------------------------------------------------

  #text(text: string): void {
    const { frameBytes } = this.#options.limits;
    const bytes = bytesOf(text, frameBytes);
    if (bytes > frameBytes) return this.#refuse(new TaskwireError("frame_too_large", `The frame has ${bytes} bytes; at most ${frameBytes} are read. Send less at once.`));
    if (this.#phase === "authenticating") return this.#beforeAuth(text);
    const reading = readFrame(text);
    if (reading.kind === "wrong") return this.#error(reading.error, { requestId: reading.requestId });
    if (reading.kind === "ping") return this.#sendFrame(bareFrame("pong"));
    this.#frame(reading.frame, bytes);
  }

  /** Whether a frame came too soon. It is not acted upon then, only answered. */
  #tooSoon(text: string, now: number): boolean {
    const { connectionFramesPerSecond: perSecond, frameBytes } = this.#options.limits;
    const wait = take((this.#frames ??= fullBucket()), { perSecond, burst: perSecond }, now);
    if (wait === 0 || text.length > frameBytes) return false;
    const reading = readFrame(text);
    const requestId = reading.kind === "frame" ? (reading.frame.request_id ?? null) : reading.kind === "wrong" ? reading.requestId : null;
    this.#error(new TaskwireError("rate_limited", `More than ${perSecond} frames a second came on this connection; this one was passed over. Wait as told and send it again.`, { limit: "connection_frames_per_second", retry_after_ms: wait }), { requestId });
    return true;
  }

  #beforeAuth(text: string): void {
    if (this.#auth !== null) {
      this.#held = [...this.#held, text];
      this.#heldLength += text.length;
      if (this.#held.length <= HELD_FRAMES && this.#heldLength <= this.#options.limits.frameBytes) return;
      return this.#refuse(new TaskwireError("auth_required", `More than ${HELD_FRAMES} frames came before the token was judged; wait for stream.ready.`));
    }
    const reading = readFrame(text);
    if (reading.kind === "frame" && reading.frame.type === "auth") return this.#authenticate(reading.frame);
    this.#refuse(new TaskwireError("auth_required", "The first frame was not a valid auth frame; expected {\"type\":\"auth\",\"token\":\"…\"}, or the token with the handshake."));
  }

  #frame(frame: ClientFrame, bytes: number): void {
    switch (frame.type) {
      case "ping":
        return this.#send({ type: "stream.pong", ...(frame.nonce === undefined ? {} : { nonce: frame.nonce }), ...(frame.request_id === undefined ? {} : { request_id: frame.request_id }) });
      case "auth":
        return this.#authenticate(frame);
      case "subscribe":
      case "unsubscribe":
        return this.#subscription(frame);
      case "append":
        return this.#append(frame, bytes);
      case "command":
        return this.#command(frame);
    }
  }

  #subscription(frame: SubscribeFrame | UnsubscribeFrame): void {
    const about = { requestId: frame.request_id };
    if (this.#options.only !== null) return this.#error(new TaskwireError("frame_invalid", "This connection is of one task; to choose tasks by frames connect to /v1/ws."), about);
    const { task_id: taskId } = frame;
    const words = wordsOf(frame);
    if (words !== null && taskId !== undefined) return this.#error(new TaskwireError("frame_invalid", "The frame names one task and a set of tasks; expected either task_id, or any of scope, conversation_id and task_ids.", { path: "task_id" }), about);
    if (words !== null) return this.#set(frame, words);
    if (taskId === undefined) return;
    if (frame.type === "unsubscribe") return this.#subscriptions.remove(taskId, frame.request_id ?? null);
    const refused = this.#subscriptions.add({ taskId, after: frame.after ?? null, replay: frame.replay ?? "full", requestId: frame.request_id ?? null }, this.#selections?.places);
    if (refused !== null) this.#error(refused, { ...about, taskId });
  }

  #set(frame: SubscribeFrame | UnsubscribeFrame, words: WatchWords): void {
    const requestId = frame.request_id ?? null;
    if (frame.type === "unsubscribe") return this.#sets().remove(words, requestId);
    const { watch } = this.#identity as Identity;
    if (watch && !coversSet(watch.words, words)) return this.#error(watchOnly(watch), { requestId });
    const refused = this.#sets().add({ words, after: frame.after ?? null, replay: frame.replay ?? "none", requestId }, this.#identity as Identity, this.#subscriptions.size);
    if (refused !== null) this.#error(refused, { requestId });
  }

  #sets(): Selections {
    return (this.#selections ??= new Selections(this.#options, this));
  }

  #command({ task_id: taskId, command_id, command, data, request_id }: CommandFrame): void {
    const requestId = request_id ?? null;
    if (this.#identity?.watch) return this.#error(watchOnly(this.#identity.watch), { requestId, taskId });
    if (this.#appends >= APPENDS) return this.#error(new TaskwireError("append_busy", `${APPENDS} requests of this connection wait for their acknowledgement; wait for some of them.`), { requestId, taskId });
    this.#appends += 1;
    this.act({ do: "command", identity: this.#identity as Identity, taskId, order: { command_id, command, data }, requestId });
  }

  #append(frame: AppendFrame, bytes: number): void {
    const requestId = frame.request_id ?? null;
    if (this.#identity?.watch) return this.#error(watchOnly(this.#identity.watch), { requestId, taskId: frame.task_id });
    if (this.#appends >= APPENDS) return this.#error(new TaskwireError("append_busy", `${APPENDS} appends of this connection wait for their acknowledgement; wait for some of them.`), { requestId, taskId: frame.task_id });
    this.#appends += 1;
    const options = { requestId, producer: frame.producer ?? null, idempotencyKey: frame.idempotency_key ?? null, lease: frame.lease ?? null, bytes };
    this.act({ do: "append", identity: this.#identity as Identity, taskId: frame.task_id, events: frame.events, options });
  }

  // -- the feed --------------------------------------------------------------------------------------------------------

  #notice(taskId: string, ticket: number, notice: Notice): void {
    const over = this.#subscriptions.notice(taskId, ticket, notice);
    if (over === null || this.#options.only === null) return;
    if (over.kind === "ended") this.#close({ code: 1000, reason: "end" });
    else this.#refuse(over.error, null, taskId);
  }

  // -- time ------------------------------------------------------------------------------------------------------------

  #silentMs(): number {
    const { heartbeatMs, silentHeartbeatTenths } = this.#options.limits;
    return (heartbeatMs * silentHeartbeatTenths) / 10;
  }

  /** When silence is to be noticed, or then judged. */
  #silentAt(): number {
    if (this.#suspectedAt < this.#heardAt) return this.#heardAt + this.#silentMs();
    return this.#suspectedAt + this.#options.limits.heartbeatMs * SUSPICION_SHARE;
  }

  #tick(now: number, full: boolean): void {
    const { limits, proves } = this.#options;
    if (this.#phase === "authenticating") {
      if (now >= this.due()) this.#refuse(new TaskwireError("auth_timeout", `No token was accepted within ${limits.authDeadlineMs / 1000} s of connecting; send an auth frame first.`), this.#auth?.requestId ?? null);
      return;
    }
    if ((proves || full) && now >= this.#silentAt()) {
      if (this.#suspectedAt >= this.#heardAt) return this.#part("silent", 0);
      this.#suspectedAt = now;
    }
    if (this.#term?.ended(now)) return this.#part("token_expired", 0);
    const expiring = this.#term?.warning(now) ?? null;
    if (expiring !== null) this.#send({ type: "stream.token_expiring", expires_at: expiring });
    if (now < this.#heartbeatAt) return;
    this.#heartbeatAt = now + limits.heartbeatMs;
    // A full wire needs no proof of life, and must not be given more.
    if (full) return;
    this.act({ do: "heartbeat" });
    if (proves && now - this.#heardAt >= limits.heartbeatMs * QUIET_SHARE) this.act({ do: "ping" });
  }

  // -- answers and ends ------------------------------------------------------------------------------------------------

  #send(frame: StreamFrame): void {
    this.#sendFrame(streamFrame(frame));
  }

  #sendFrame(frame: Frame): void {
    this.act({ do: "send", frame });
  }

  #error(error: TaskwireError, about: { requestId?: string | null | undefined; taskId?: string } = {}): void {
    if (typeof error.extra?.limit === "string") this.act({ do: "refused", limit: error.extra.limit });
    this.#send(errorFrame(error, this.#options.limits.reconnectMs, { requestId: about.requestId ?? null, ...(about.taskId === undefined ? {} : { taskId: about.taskId }) }));
  }

  /** Says what was wrong, and closes. */
  #refuse(error: TaskwireError, requestId: string | null = null, taskId?: string): void {
    this.#error(error, { requestId, ...(taskId === undefined ? {} : { taskId }) });
    this.#close({ code: closeCodeOf(error), reason: error.code });
  }

  #part(parting: Parting, retryAfterMs: number): void {
    this.#send({ type: "stream.closing", reason: parting, retry_after_ms: retryAfterMs });
    this.#close({ code: closeCodeOfParting(parting), reason: parting });
  }

  #close(ending: { readonly code: number; readonly reason: string } | null): void {
    this.#phase = "closed";
    this.#held = NOTHING_HELD;
    this.#subscriptions.clear();
    this.#selections?.clear();
    if (ending !== null) this.act({ do: "close", ...ending });
  }
}
