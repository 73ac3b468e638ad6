/** The chat: sign in, ask, see the answer grow. Many messages on one connection, one at a time. */
import { ERRORS } from "../../generated/typescript/errors.ts";
import type { TaskwireError } from "../domain/error.ts";
import { fingerprint } from "../domain/hash.ts";
import { isLegalId } from "../domain/ids.ts";
import { cutHead, utf8Length } from "../domain/size.ts";
import { uuidOf } from "../domain/uuid.ts";
import { chatProjection, sessionOf } from "./chat-projection.ts";
import { fieldsIn } from "./fields.ts";
import type { Dialect, Fields, Frame, Opening, Start, Talk, TalkAction, TalkInput } from "./port.ts";

/** Frames that wait while a token is judged. Beyond: refused. */
const WAITING = 16;
/** What a person said, as their message in the conversation. A longer one is cut there, never in the task's input. */
const SAID = { bytes: 32 * 1024, units: 10_000 } as const;
const TITLE = 100;

export const AUTH_REQUIRED = "AUTH_REQUIRED";
export const EMPTY_MESSAGE = "EMPTY_MESSAGE";
export const PROCESSING_ERROR = "PROCESSING_ERROR";

/** Why something said makes no task: an error of the dialect. */
export interface NotSaid {
  readonly code: string;
  readonly error: string;
}

/** The task that answers a message; or why there is none. `fresh`: names a new session where none is given. */
export function chatStart({ message, session_id: session, customer_id: customer }: Fields, fresh: string): Start | NotSaid {
  if (typeof message !== "string" || message.trim() === "") return { code: EMPTY_MESSAGE, error: "The message is empty." };
  const given = sessionOf(session);
  if (given === null && session !== undefined && session !== null && session !== "") return { code: PROCESSING_ERROR, error: "session_id is not a text." };
  const named = given ?? fresh;
  return {
    kind: "chat",
    title: cutHead(message.trim(), TITLE),
    input: { message, session_id: named, ...(customer === undefined || customer === null ? {} : { customer_id: customer }) },
    conversation: conversationOf(named),
    says: utf8Length(message) <= SAID.bytes ? message : cutHead(message, SAID.units),
  };
}

/** The conversation of a session: its own name where that is legal, else one that follows from it. */
export function conversationOf(session: string | number): string {
  const name = String(session);
  return isLegalId(name) ? name : `session-${fingerprint(name)}`;
}

/** Names a new session by whatever tells it apart from others of the same user. */
export function freshSession(...apart: readonly (string | number)[]): string {
  return uuidOf(apart.join("\n"));
}

function send(frame: Frame): TalkAction {
  return { do: "send", frame };
}

function refused(code: string, error: string): readonly TalkAction[] {
  return [send({ type: "error", error, code })];
}

/** The payload of a token that was found good: its bearer may see their own claims. */
function claimsOf(token: string): Fields {
  const plain = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
  try {
    return fieldsIn(new TextDecoder().decode(Uint8Array.from(atob(plain), (unit) => unit.charCodeAt(0)))) ?? {};
  } catch {
    return {};
  }
}

const claim = (value: unknown): string | null => (typeof value === "string" ? value : null);

class ChatTalk implements Talk {
  readonly #opening: Opening;
  #user: string | null;
  /** The token that is being judged. */
  #judged: string | null = null;
  /** What came meanwhile. */
  #waiting: string[] = [];
  /** Asked, and not yet answered: the task, or null while it is being made. */
  #asked: { readonly tag: string; taskId: string | null } | null = null;
  #count = 0;
  #session: string | number | null = null;

  constructor(opening: Opening) {
    this.#opening = opening;
    this.#user = opening.identity?.user ?? null;
  }

  take(input: TalkInput, now: number): readonly TalkAction[] {
    switch (input.kind) {
      case "text":
        return this.#read(input.text, now);
      case "unread":
        return refused(PROCESSING_ERROR, input.error.detail);
      case "signed_in":
        return this.#signedIn(input.identity.user, now);
      case "not_signed_in":
        return this.#notSignedIn(input.error);
      case "started":
        if (this.#asked?.tag !== input.tag) return [];
        this.#asked.taskId = input.taskId;
        return [{ do: "watch", taskId: input.taskId }];
      case "not_started":
        return this.#asked?.tag === input.tag ? this.#given(refused(PROCESSING_ERROR, input.error.detail)) : [];
      case "over":
        return this.#asked?.taskId === input.taskId ? this.#given([]) : [];
      case "unwatched":
        return this.#asked?.taskId === input.taskId ? this.#given(refused(PROCESSING_ERROR, input.error.detail)) : [];
      case "opened":
      case "parting":
        return [];
    }
  }

  about(): Fields {
    return { signed_in: this.#user !== null, messages: this.#count, answering: this.#asked?.taskId ?? null, session_id: this.#session };
  }

  #read(text: string, now: number): readonly TalkAction[] {
    if (this.#judged !== null) {
      if (this.#waiting.length >= WAITING) return refused(PROCESSING_ERROR, "Too many messages came before the token was judged.");
      this.#waiting.push(text);
      return [];
    }
    const frame = fieldsIn(text);
    if (frame === null) return refused(PROCESSING_ERROR, "The message is no JSON object.");
    switch (frame.type) {
      case "auth":
        return this.#signIn(frame.token);
      case "message":
        return this.#ask(frame, now);
      default:
        return refused(PROCESSING_ERROR, "The message has an unknown type; expected auth or message.");
    }
  }

  #signIn(token: unknown): readonly TalkAction[] {
    if (typeof token !== "string" || token === "") return unsigned("Invalid token", ERRORS.token_missing.close ?? 4501, "token_missing");
    this.#judged = token;
    return [{ do: "sign_in", token }];
  }

  #signedIn(user: string, now: number): readonly TalkAction[] {
    const { sub, email, name } = claimsOf(this.#judged ?? "");
    this.#judged = null;
    this.#user = user;
    const frame = { type: "auth_success", message: "Authentication successful", user: { id: claim(sub), email: claim(email), name: claim(name) } };
    const actions = [send(frame)];
    // One of what waits may be another token: what is behind it waits for that.
    for (const text of this.#waiting.splice(0)) actions.push(...this.#read(text, now));
    return actions;
  }

  #notSignedIn({ code, detail }: TaskwireError): readonly TalkAction[] {
    this.#judged = null;
    return unsigned(code.startsWith("token_") ? "Invalid token" : detail, ERRORS[code].close ?? 4502, code);
  }

  #ask(frame: Fields, now: number): readonly TalkAction[] {
    if (this.#user === null) return refused(AUTH_REQUIRED, "Authentication is required: send a token first.");
    if (this.#asked !== null) return refused(PROCESSING_ERROR, "Please wait for the answer to your last message.");
    const task = chatStart(frame, freshSession(this.#user, this.#opening.now, now, this.#count, claim(frame.message) ?? ""));
    if ("error" in task) return refused(task.code, task.error);
    this.#count += 1;
    this.#session = sessionOf(task.input.session_id);
    this.#asked = { tag: `message-${this.#count}`, taskId: null };
    return [{ do: "start", tag: this.#asked.tag, task }];
  }

  /** The answer was given: the next message may come. */
  #given(actions: readonly TalkAction[]): readonly TalkAction[] {
    this.#asked = null;
    return actions;
  }
}

function unsigned(message: string, code: number, reason: string): readonly TalkAction[] {
  return [send({ type: "auth_error", message }), { do: "close", code, reason }];
}

/** Conversations with whoever answers tasks of the kind `chat`. */
export const chat: Dialect = {
  name: "chat",
  projection: chatProjection,
  sockets: [{ path: "/ws/chat", entrance: "frame", open: (opening) => new ChatTalk(opening) }],
};
