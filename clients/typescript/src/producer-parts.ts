/** The things within a task that begin and end: steps, tools, messages, reasonings. */
import type { Deltas } from "./deltas.ts";

export type Fields = Readonly<Record<string, unknown>>;
export type Emit = (type: string, data?: Fields, envelope?: Fields) => Promise<void>;

/** Minds a call until it has put its event in. */
export type Kept = <Value>(call: Promise<Value>) => Promise<Value>;

/** What has an end. `ended`: it was told, by hand. */
interface Part {
  readonly ended: boolean;
  completed(fields?: Fields): Promise<void>;
  failed(error: unknown, willRetry?: boolean): Promise<void>;
}

export interface StepProducer extends Part {
  readonly stepId: string;
  progress(percent: number, fields?: Fields): Promise<void>;
}

export interface ToolProducer extends Part {
  readonly toolCallId: string;
  progress(percent: number, fields?: Fields): Promise<void>;
  /** A piece of what the tool prints. */
  output(text: string): Promise<void>;
}

export interface MessageProducer extends Part {
  readonly id: string;
  /** The next piece of the text. Pieces are joined before they are sent. */
  delta(text: string): Promise<void>;
}

/** A whole text stands in its last event up to this; a longer one by length and digest. Bytes. */
const WHOLE = 32 * 1024;

/** An error as events tell it: its own code, where it has one, and its message. */
export function troubleOf(thrown: unknown): Fields {
  const { code, message } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as { code?: unknown; message?: unknown };
  return { code: typeof code === "string" && code !== "" ? code : "worker_error", message: typeof message === "string" ? message : String(thrown), retryable: false };
}

/** The part itself; or, with `work`, what that answers, and the part's end told by itself. */
export function within<P extends Part>(part: P, work?: (part: P) => unknown): unknown {
  return work === undefined ? part : carriedOut(part, work);
}

async function carriedOut<P extends Part>(part: P, work: (part: P) => unknown): Promise<unknown> {
  try {
    const result = await work(part);
    if (!part.ended) await part.completed();
    return result;
  } catch (thrown) {
    if (!part.ended) await part.failed(thrown).catch(() => {});
    throw thrown;
  }
}

/** What steps and tools share: `<family>.started` at once, then progress and one end. */
function begun(family: "step" | "tool", emit: Emit, about: Fields, fields: Fields) {
  let ended = false;
  const end = (type: string, data: Fields): Promise<void> => {
    ended = true;
    return emit(`${family}.${type}`, { ...about, ...data });
  };
  void emit(`${family}.started`, { ...about, ...fields });
  return {
    ended: () => ended,
    progress: (percent: number, more?: Fields) => emit(`${family}.progress`, { ...about, percent, ...more }),
    completed: (more: Fields = {}) => end("completed", more),
    failed: (error: unknown, more: Fields = {}) => end("failed", { error: troubleOf(error), ...more }),
  };
}

/** A step, begun. */
export function createStep(emit: Emit, stepId: string, name: string, fields: Fields): StepProducer {
  const { ended, progress, completed, failed } = begun("step", emit, { step_id: stepId }, { name, ...fields });
  return { stepId, progress, completed, failed: (error, willRetry = false) => failed(error, { will_retry: willRetry }), get ended() { return ended(); } };
}

/** A call of a tool, begun. */
export function createTool(emit: Emit, toolCallId: string, name: string, fields: Fields): ToolProducer {
  const about = { tool_call_id: toolCallId };
  const { ended, progress, completed, failed } = begun("tool", emit, about, { name, ...fields });
  return { toolCallId, progress, completed, failed: (error) => failed(error), output: (text) => emit("tool.progress", { ...about, output_delta: text }), get ended() { return ended(); } };
}

/** A message or a reasoning, begun. Its text is what its pieces make, unless `completed` is given another. */
export function createMessage(family: "message" | "reasoning", emit: Emit, deltas: Deltas, kept: Kept, id: string, fields: Fields): MessageProducer {
  const about = { [`${family}_id`]: id };
  let text = "";
  let ended = false;
  void emit(`${family}.started`, { ...about, ...fields });
  const complete = async (more: Fields): Promise<void> => {
    deltas.flush();
    const content = typeof more.content === "string" ? more.content : text;
    if (family === "reasoning") return emit("reasoning.completed", { ...about, ...more });
    const { content: _, ...rest } = more;
    await emit("message.completed", { ...about, ...(await wholeOf(content)), ...rest });
  };
  const completed = (more: Fields = {}): Promise<void> => {
    ended = true;
    return kept(complete(more));
  };
  return {
    id,
    delta(piece) {
      text += piece;
      return deltas.add(family, id, piece);
    },
    completed,
    // Texts have no end that failed: what there is of it is what there is.
    failed: () => completed(),
    get ended() {
      return ended;
    },
  };
}

async function wholeOf(content: string): Promise<Fields> {
  const bytes = new TextEncoder().encode(content);
  if (bytes.byteLength <= WHOLE) return { content };
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { length: bytes.byteLength, sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}
