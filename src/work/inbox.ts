/**
 * Takes over what trusted producers write straight to the broker: each message once, in order within its task. One instance does it
 * (the one that leads), for a task's messages must be stored in the order of the inbox: their positions are their retry identity, and an older
 * one is taken for a repeat. So a consumer that all instances share would not do: what one of them gives back comes again behind later ones.
 * Two that lead for a moment do no harm, as both go in order. What was taken over is removed, so an inbox begins with what was not.
 */
import { ERRORS } from "../../generated/typescript/errors.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import type { Actor, DraftEvent, RetryIdentity } from "../domain/laws.ts";
import type { Meter } from "../domain/meter.ts";
import type { JudgeState } from "../domain/state.ts";
import { type Inbox, type InboxMessage, LogUnavailable, type Store } from "../log/port.ts";

/** What a message comes to. */
export type Translated =
  | { readonly kind: "message"; drafts(state: JudgeState): readonly DraftEvent[] }
  /** It adds nothing. */
  | { readonly kind: "nothing" }
  | { readonly kind: "bad"; readonly reason: string };

/** The writing side, as far as an inbox needs it. */
export interface InboxWriter {
  create(request: { readonly taskId: string; readonly owner: string; readonly kind: string; readonly access: string; readonly actor: Actor; readonly identity: null }): Promise<unknown>;
  append(taskId: string, request: {
    readonly drafts: (state: JudgeState) => readonly DraftEvent[];
    readonly bytes: number;
    readonly actor: Actor;
    readonly service: false;
    readonly identity: RetryIdentity;
  }): Promise<{ readonly duplicate: boolean }>;
}

export interface InboxDeps {
  readonly store: Pick<Store, "inbox" | "log">;
  readonly writer: InboxWriter;
  readonly environment: Environment;
  readonly meter: Meter;
  /** Whether this instance leads. */
  readonly leads: () => boolean;
  /** The inbox: its messages stand on `NAME.TASK`. */
  readonly name: string;
  /** The kind of the tasks that its messages begin. */
  readonly kind: string;
  /** Whose they are: no token's user. */
  readonly owner: string;
  readonly translate: (text: string) => Translated;
}

/** An instance that does not lead, or an inbox that is empty, is looked at so often. Milliseconds. */
const LOOK_MS = 500;
/** What was taken over is removed so often at most. Milliseconds. */
const REMOVE_MS = 1_000;
/** Messages under way at once. */
const UNDER_WAY = 1_000;
const PAGE_BYTES = 256 * 1024;
/** Between attempts while the store is away. Milliseconds. */
const RETRY_MS = { min: 50, max: 2_000 };
/** For so long a task that takes nothing at the moment is asked again; then its message is set aside. Milliseconds. */
const PATIENCE_MS = 30_000;
/** The journal tells so often that something was set aside. Milliseconds. */
const TELL_MS = 10_000;

/** The store is away, which is no message's fault. */
const AWAY: ReadonlySet<string> = new Set(["unavailable", "append_unknown", "log_full"]);
/** The task is over: what its producer says behind its end does no harm. */
const OVER: ReadonlySet<string> = new Set(["task_ended", "task_deleted"]);

type Outcome = "stored" | "repeated" | "late" | "nothing";

/**
 * Makes or finds the inbox, so that nothing is lost that is written from now on, and begins to take over; what it answers ends that, when
 * what is under way has its answer. Throws where the broker has something else of that name.
 */
export async function takeOver(deps: InboxDeps): Promise<() => Promise<void>> {
  const taking = new Taking(deps);
  await taking.open();
  taking.look();
  return () => taking.close();
}

class Taking {
  readonly #deps: InboxDeps;
  readonly #actor: Actor;
  #inbox: Inbox | null = null;
  #following = false;
  #unfollow: Cancel = () => {};
  #stopWaiting: Cancel = () => {};
  #stopRemoving: Cancel | null = null;
  #looking = false;
  #again = false;
  #closed = false;
  /** Read up to here. */
  #position = 0;
  #removed = 0;
  /** Positions under way, in order. */
  readonly #underWay = new Set<number>();
  /** By task: its messages, one after the other. */
  readonly #lines = new Map<string, Promise<void>>();
  #aside = 0;
  #toldAt = -Infinity;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    this.#actor = { kind: "agent", id: deps.name };
  }

  /** Looks what has come, and again as soon as something may have. */
  look(): void {
    if (this.#closed) return;
    if (this.#looking) return void (this.#again = true);
    this.#looking = true;
    this.#again = false;
    this.#stopWaiting();
    this.#read().catch((error: unknown) => this.#failed(error)).then((more) => {
      this.#looking = false;
      if (this.#closed) return;
      if (more || this.#again) this.look();
      else this.#stopWaiting = this.#deps.environment.clock.after(LOOK_MS, () => this.look());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaiting();
    this.#unfollow();
    this.#stopRemoving?.();
    await Promise.all(this.#lines.values());
    await this.#remove();
  }

  /** Reads a page and sets its messages on their way. True where there may be more. */
  async #read(): Promise<boolean> {
    if (!this.#deps.leads() || this.#underWay.size >= UNDER_WAY) return false;
    await this.open();
    const messages = (await this.#inbox?.read(this.#position, PAGE_BYTES)) ?? [];
    if (this.#closed) return false;
    for (const message of messages) {
      this.#position = message.position;
      this.#underWay.add(message.position);
      const line = (this.#lines.get(message.topic) ?? Promise.resolve()).then(() => this.#take(message));
      this.#lines.set(message.topic, line);
      void line.then(() => {
        if (this.#lines.get(message.topic) === line) this.#lines.delete(message.topic);
      });
    }
    return messages.length > 0;
  }

  /** Makes or finds the inbox; one whose broker is away is made when it is back. */
  async open(): Promise<void> {
    const { store, name } = this.#deps;
    try {
      this.#inbox ??= await store.inbox(name);
      if (this.#following || this.#closed) return;
      this.#following = true;
      this.#unfollow = await this.#inbox.follow(() => this.look());
      if (this.#closed) this.#unfollow();
    } catch (error) {
      this.#following = false;
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }

  #failed(error: unknown): boolean {
    if (!(error instanceof LogUnavailable)) this.#deps.environment.journal.error("inbox_unreadable", `What was written to ${this.#deps.name} cannot be read: ${String(error)}`);
    return false;
  }

  /** Takes one message over, however long the store is away for. Never throws. */
  async #take(message: InboxMessage): Promise<void> {
    const { clock } = this.#deps.environment;
    const since = clock.now();
    for (let wait = RETRY_MS.min; ; wait = Math.min(RETRY_MS.max, wait * 2)) {
      if (this.#closed) return;
      const settled = await this.#settle(message, clock.now() - since > PATIENCE_MS);
      if (settled) break;
      await new Promise<void>((resolve) => void clock.after(wait, resolve));
    }
    const full = this.#underWay.size >= UNDER_WAY;
    this.#underWay.delete(message.position);
    if (full) this.look();
    this.#stopRemoving ??= clock.after(REMOVE_MS, () => void this.#remove());
  }

  /** True where it is decided what becomes of the message. `impatient`: a task that takes nothing is waited for no longer. */
  async #settle(message: InboxMessage, impatient: boolean): Promise<boolean> {
    const { meter } = this.#deps;
    try {
      meter.add("inbox", 1, await this.#store(message));
      return true;
    } catch (error) {
      const refusal = error instanceof TaskwireError ? error : null;
      if (error instanceof LogUnavailable || (refusal !== null && (AWAY.has(refusal.code) || (ERRORS[refusal.code].retryable && !impatient)))) return false;
      return this.#setAside(message, refusal === null ? String(error) : `${refusal.code}: ${refusal.detail}`);
    }
  }

  /** Stores what the message says. Throws a `TaskwireError` where the log does not take it, or it says nothing that can be stored. */
  async #store({ topic: taskId, body, position }: InboxMessage): Promise<Outcome> {
    const { translate, writer, owner, kind, name, store } = this.#deps;
    if (!isLegalId(taskId)) throw new TaskwireError("id_invalid", `the subject is not ${name}. and a task's id of 1 to 64 characters of A-Z, a-z, 0-9, _ and -`);
    const text = textOf(body);
    const translated = translate(text);
    if (translated.kind === "nothing") return "nothing";
    if (translated.kind === "bad") throw new TaskwireError("event_invalid", translated.reason);
    // After a restore positions may be given out anew: then an operator changes the epoch of the log.
    const identity: RetryIdentity = { kind: "producer", id: `${name}/${this.#inbox?.epoch}/${store.log.epoch}`, seq: position, digest: text };
    const append = (): Promise<{ readonly duplicate: boolean }> => writer.append(taskId, { drafts: (state) => translated.drafts(state), bytes: body.byteLength, actor: this.#actor, service: false, identity });
    try {
      const { duplicate } = await append().catch(async (error: unknown) => {
        if (codeOf(error) !== "task_unknown") throw error;
        await writer.create({ taskId, owner, kind, access: "link", actor: this.#actor, identity: null }).catch((refused: unknown) => {
          if (codeOf(refused) !== "id_taken") throw refused;
        });
        return append();
      });
      return duplicate ? "repeated" : "stored";
    } catch (error) {
      if (OVER.has(codeOf(error) ?? "")) return "late";
      throw error;
    }
  }

  async #setAside(message: InboxMessage, reason: string): Promise<boolean> {
    const { environment: { clock, journal }, meter, name } = this.#deps;
    try {
      await this.#inbox?.setAside(message, reason);
    } catch (error) {
      if (error instanceof LogUnavailable) return false;
      throw error;
    }
    meter.add("inbox", 1, "aside");
    this.#aside += 1;
    if (clock.now() - this.#toldAt >= TELL_MS) {
      journal.warn("message_set_aside", `A message on ${name} cannot be taken over and was set aside: ${reason}`, { position: message.position, set_aside: this.#aside });
      this.#toldAt = clock.now();
      this.#aside = 0;
    }
    return true;
  }

  /** Removes what was taken over: all before the first that is under way. */
  async #remove(): Promise<void> {
    this.#stopRemoving = null;
    const [first] = this.#underWay;
    const upTo = first === undefined ? this.#position : first - 1;
    if (upTo <= this.#removed || this.#inbox === null) return;
    try {
      await this.#inbox.done(upTo);
      this.#removed = upTo;
    } catch {
      // The next will remove it; should this instance end before, it is found to be a repeat.
    }
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof TaskwireError ? error.code : null;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new TaskwireError("event_invalid", "it is not UTF-8");
  }
}
