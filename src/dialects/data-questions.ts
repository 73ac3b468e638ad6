/** Questions of one's data: ask, see the stages pass, read the answer. Many questions on one connection, one at a time. */
import { TaskwireError } from "../domain/error.ts";
import { fingerprint } from "../domain/hash.ts";
import { isLegalId } from "../domain/ids.ts";
import { cutHead, utf8Length } from "../domain/size.ts";
import { dataQuestionsProjection } from "./data-questions-projection.ts";
import { type StageTable, USUAL_STAGES } from "./data-questions-stages.ts";
import { fieldsIn } from "./fields.ts";
import type { Dialect, Fields, Opening, Projection, Start, Talk, TalkAction, TalkInput } from "./port.ts";

export const DATA_QUESTIONS = "data-questions";

/** A question is a person's words; longer ones are refused. */
const QUESTION_BYTES = 32 * 1024;
const TITLE = 100;
/** Characters of a name: of a user, a session, a conversation. */
export const NAME = 256;
/** What names the conversations whose given names cannot be ids. */
const HASHED = "conversation-";

const UNREADABLE = "Sorry, that could not be understood. Please ask your question again.";
const EMPTY = "Please enter a question.";
const TOO_LONG = "Your question is too long. Please shorten it.";
const WAIT = "Please wait for the answer to your question.";
const SLOWER = "Too many messages at once. Please wait a moment and try again.";
const BUSY = "Too many questions are waiting at the moment. Please try again later.";
const FAILED = "Sorry, your question could not be answered. Please try again.";

/** The conversation of a given name: itself where that is legal, else one that follows from it. */
export function conversationOf(given: string): string {
  return isLegalId(given) ? given : `${HASHED}${fingerprint(given)}`;
}

/** Whether the conversation may have been given under another name, which its first task's input keeps. */
export function mayBeHashed(conversation: string): boolean {
  return conversation.startsWith(HASHED);
}

/** The conversation that a question belongs to: as it is named, else the session; null: that can be no name. */
function namedBy(given: unknown, session: string): string | null {
  if (given === undefined || given === null || given === "") return session;
  const name = typeof given === "number" ? String(given) : given;
  return typeof name === "string" && name.length <= NAME ? name : null;
}

/** The task that answers a question; a text says to the user why there is none. */
export function questionStart({ query, conversation_id: given }: Fields, { session_id: session = "" }: Opening["params"]): Start | string {
  const conversation = namedBy(given, session);
  if (typeof query !== "string" || conversation === null) return UNREADABLE;
  if (query.trim() === "") return EMPTY;
  if (utf8Length(query) > QUESTION_BYTES) return TOO_LONG;
  return { kind: DATA_QUESTIONS, title: cutHead(query.trim(), TITLE), input: { query, conversation_id: conversation, session_id: session }, conversation: conversationOf(conversation), says: query };
}

/** Why there is no answer, in the user's words. */
function wordsFor({ code }: TaskwireError): string {
  return code === "rate_limited" ? SLOWER : code === "queue_full" || code === "too_many_tasks" || code === "too_many_subscriptions" ? BUSY : FAILED;
}

function error(message: string): readonly TalkAction[] {
  return [{ do: "send", frame: { type: "error", data: { message } } }];
}

class DataQuestionsTalk implements Talk {
  readonly #opening: Opening;
  /** Asked, and not yet answered: its tag, then its task. */
  #asked: { readonly tag: string; taskId: string | null } | null = null;
  #count = 0;

  constructor(opening: Opening) {
    this.#opening = opening;
  }

  take(input: TalkInput): readonly TalkAction[] {
    switch (input.kind) {
      case "text":
        return this.#read(input.text);
      case "unread":
        return error(input.error.code === "rate_limited" ? SLOWER : input.error.code === "frame_too_large" ? TOO_LONG : UNREADABLE);
      case "started":
        if (this.#asked?.tag !== input.tag) return [];
        this.#asked.taskId = input.taskId;
        return [{ do: "watch", taskId: input.taskId }];
      case "not_started":
        return this.#asked?.tag === input.tag ? this.#answered(error(wordsFor(input.error))) : [];
      case "over":
        return this.#asked?.taskId === input.taskId ? this.#answered([]) : [];
      case "unwatched":
        return this.#asked?.taskId === input.taskId ? this.#answered(error(wordsFor(input.error))) : [];
      default:
        // The accepted handshake is the acknowledgement: nothing is said before there is an answer.
        return [];
    }
  }

  about(): Fields {
    const { user_id: user = "", session_id: session = "" } = this.#opening.params;
    return { user_id: user, session_id: session, questions: this.#count, answering: this.#asked?.taskId ?? null };
  }

  #read(text: string): readonly TalkAction[] {
    const frame = fieldsIn(text);
    if (frame?.type === "ping") return [{ do: "send", frame: { type: "pong", data: {} } }];
    if (frame?.type !== "query") return error(UNREADABLE);
    if (this.#asked !== null) return error(WAIT);
    const task = questionStart(frame, this.#opening.params);
    if (typeof task === "string") return error(task);
    this.#asked = { tag: `question-${(this.#count += 1)}`, taskId: null };
    return [{ do: "start", tag: this.#asked.tag, task }];
  }

  /** The next question may come. */
  #answered(actions: readonly TalkAction[]): readonly TalkAction[] {
    this.#asked = null;
    return actions;
  }
}

function tooLongNames({ params }: Opening): TaskwireError | null {
  const long = Object.entries(params).find(([, name]) => name.length > NAME);
  return long === undefined ? null : new TaskwireError("id_invalid", `${long[0]} has ${long[1].length} characters; at most ${NAME} are read.`, { path: long[0] });
}

/** Questions answered by whoever works on tasks of the kind `data-questions`. `stages`: which of the workers' names are which stage. */
export function createDataQuestions(stages: StageTable = USUAL_STAGES): Dialect {
  return {
    name: DATA_QUESTIONS,
    projection: dataQuestionsProjection(stages) as Projection,
    sockets: [{ path: "/ws/:user_id/:session_id", entrance: "own_users", userOf: ({ params }) => params.user_id ?? "", refuses: tooLongNames, open: (opening) => new DataQuestionsTalk(opening) }],
  };
}
