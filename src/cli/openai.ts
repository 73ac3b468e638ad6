/** One answer from a server that speaks OpenAI's chat API, piece by piece. Tries again only while nothing was said. */
import { createParser, type EventSourceMessage } from "eventsource-parser";

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface Model {
  /** Where `chat/completions` is. */
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token; null: none is. */
  readonly key: string | null;
  /** Without a sign of life for so long it has failed. Milliseconds. */
  readonly silentMs: number;
  readonly tries: number;
}

/** A piece of what the model says, or of what it thinks. */
export interface Piece {
  readonly kind: "text" | "thought";
  readonly text: string;
}

/** How an answer ended. */
export interface Answered {
  readonly finish: string | null;
  readonly model: string | null;
  readonly usage: { readonly input_tokens?: number; readonly output_tokens?: number; readonly total_tokens?: number } | null;
}

/** Why there is no answer, or no whole one. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly code: string;
  readonly retryable: boolean;
  /** How long the server asks to wait. Milliseconds. */
  readonly afterMs: number;

  constructor(code: string, message: string, { retryable = false, afterMs = 0 }: { readonly retryable?: boolean; readonly afterMs?: number } = {}) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.afterMs = afterMs;
  }
}

/** Statuses that may pass. */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504]);
const BACKOFF = { first: 500, most: 8_000, asked: 60_000 } as const;
/** Characters of a server's own words that are passed on. */
const WORDS = 300;

type Json = Readonly<Record<string, unknown>>;
const objectOf = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The address of `chat/completions` below a server's base address. Throws `TypeError` where it is no http(s) address, or holds a password. */
export function completionsUrl(base: string): string {
  const url = new URL(base);
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") throw new TypeError("not an http address");
  if (!/\/chat\/completions\/?$/.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url.href;
}

/**
 * Asks, and yields the answer as it comes. `waits` is told before another try. Throws `ModelError`, or the signal's reason: then the
 * request to the server is aborted, too.
 */
export async function* askModel(model: Model, messages: readonly ChatMessage[], signal: AbortSignal, waits: (error: ModelError, ms: number) => void): AsyncGenerator<Piece, Answered> {
  for (let attempt = 1; ; attempt += 1) {
    let said = false;
    try {
      const answer = answerOnce(model, messages, signal);
      for (;;) {
        const { done, value } = await answer.next();
        if (done) return value;
        said = true;
        yield value;
      }
    } catch (thrown) {
      signal.throwIfAborted();
      const error = thrown instanceof ModelError ? thrown : new ModelError("model_unreachable", "The model's server cannot be reached.", { retryable: true });
      if (said) throw new ModelError(error.code, error.message);
      if (!error.retryable || attempt >= model.tries) throw error;
      const ms = Math.max(error.afterMs, Math.random() * Math.min(BACKOFF.most, BACKOFF.first * 2 ** attempt));
      waits(error, ms);
      await pause(ms, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Aborts a request that is canceled, or that goes silent. */
class Watch {
  readonly controller = new AbortController();
  silent = false;
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal;
  readonly #stop = (): void => this.controller.abort(this.#signal.reason);

  constructor(signal: AbortSignal, ms: number) {
    this.#signal = signal;
    this.#ms = ms;
    if (signal.aborted) this.#stop();
    signal.addEventListener("abort", this.#stop);
    this.heard();
  }

  heard(): void {
    this.rest();
    this.#timer = setTimeout(() => {
      this.silent = true;
      this.controller.abort();
    }, this.#ms);
  }

  /** Nobody listens at the moment, so that silence means nothing. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  /** Whatever is still open is closed. */
  end(): void {
    this.rest();
    this.#signal.removeEventListener("abort", this.#stop);
    this.controller.abort();
  }
}

async function* answerOnce(model: Model, messages: readonly ChatMessage[], signal: AbortSignal): AsyncGenerator<Piece, Answered> {
  const watch = new Watch(signal, model.silentMs);
  try {
    const response = await fetch(model.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream", ...(model.key === null ? {} : { authorization: `Bearer ${model.key}` }) },
      body: JSON.stringify({ model: model.model, messages, stream: true, stream_options: { include_usage: true } }),
      redirect: "manual",
      signal: watch.controller.signal,
    });
    if (!response.ok) throw await refusal(response, model.key);
    if (response.headers.get("content-type")?.includes("application/json")) return yield* wholeAnswer(objectOf(await response.json()), model.key);
    return yield* streamed(response, watch, model.key);
  } catch (error) {
    if (watch.silent) throw new ModelError("model_silent", `The model said nothing for ${Math.round(model.silentMs / 1000)} s.`, { retryable: true });
    throw error;
  } finally {
    watch.end();
  }
}

async function* streamed(response: Response, watch: Watch, key: string | null): AsyncGenerator<Piece, Answered> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let answered: Answered = { finish: null, model: null, usage: null };
  for (;;) {
    watch.heard();
    const chunk = await reader?.read();
    watch.rest();
    if (chunk === undefined || chunk.done) break;
    parser.feed(chunk.value);
    for (const { data } of events.splice(0)) {
      if (data === "[DONE]") return answered;
      const part = parsed(data);
      if (part.error !== undefined) throw troubleIn(part, key);
      answered = endOf(answered, part);
      yield* piecesOf(choiceOf(part).delta);
    }
  }
  // A server that leaves out [DONE] has said why it stopped; one that broke off has not.
  if (answered.finish === null) throw new ModelError("model_cut_off", "The model's answer broke off.", { retryable: true });
  return answered;
}

function* wholeAnswer(body: Json, key: string | null): Generator<Piece, Answered> {
  if (body.error !== undefined) throw troubleIn(body, key);
  yield* piecesOf(choiceOf(body).message);
  return endOf({ finish: null, model: null, usage: null }, body);
}

function choiceOf({ choices }: Json): Json {
  return objectOf(Array.isArray(choices) ? choices[0] : undefined);
}

function* piecesOf(said: unknown): Generator<Piece> {
  const { content, refusal: refused, reasoning_content: thought, reasoning } = objectOf(said);
  const [text, inner] = [textOf(content) || textOf(refused), textOf(thought) || textOf(reasoning)];
  if (inner !== "") yield { kind: "thought", text: inner };
  if (text !== "") yield { kind: "text", text };
}

function endOf(before: Answered, part: Json): Answered {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = objectOf(part.usage);
  const count = (name: string, value: unknown): Json => (typeof value === "number" ? { [name]: value } : {});
  const usage = { ...count("input_tokens", input), ...count("output_tokens", output), ...count("total_tokens", total) };
  return { finish: textOf(choiceOf(part).finish_reason) || before.finish, model: textOf(part.model) || before.model, usage: Object.keys(usage).length === 0 ? before.usage : usage };
}

function parsed(data: string): Json {
  try {
    return objectOf(JSON.parse(data));
  } catch {
    throw new ModelError("model_unreadable", "The model's server sent what is no JSON.", { retryable: true });
  }
}

/** What the server says went wrong, the key taken out. */
function wordsOf(error: unknown, key: string | null): string {
  const words = textOf(error) || textOf(objectOf(error).message);
  // Cut behind that: of a key that stands where the cut is, a part would stay.
  const clean = (key === null ? words : words.replaceAll(key, "***")).replace(/\b(sk|key)-[A-Za-z0-9_*-]{4,}/g, "***").slice(0, WORDS).trim();
  return clean === "" ? "." : `: ${clean}${/[.!?]$/.test(clean) ? "" : "."}`;
}

function troubleIn({ error }: Json, key: string | null): ModelError {
  return new ModelError("model_failed", `The model's server gave up${wordsOf(error, key)}`, { retryable: true });
}

async function refusal(response: Response, key: string | null): Promise<ModelError> {
  const { status, headers } = response;
  const body = await response.text().catch(() => "");
  let error: unknown = body;
  try {
    error = objectOf(JSON.parse(body)).error;
  } catch {
    // Not JSON: a proxy's page says nothing that helps.
    error = "";
  }
  const code = status === 401 || status === 403 ? "model_forbidden" : status === 404 ? "model_unknown" : status === 429 ? "model_busy" : "model_refused";
  const seconds = Number(headers.get("retry-after"));
  return new ModelError(code, `The model's server answered ${status}${wordsOf(error, key)}`, { retryable: PASSING.has(status), afterMs: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, BACKOFF.asked) : 0 });
}
