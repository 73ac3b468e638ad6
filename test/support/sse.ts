/** A stream of Server-Sent Events as `fetch` reads it: what came, with ids, and how it ended. */
import { createParser } from "eventsource-parser";
import { until } from "./until.ts";

export interface Sent {
  readonly id?: string;
  readonly frame: Record<string, unknown>;
}

export interface Stream extends Disposable {
  readonly status: number;
  /** The body of a refusal; `{}` where the stream began. */
  readonly refusal: Record<string, unknown>;
  readonly sent: readonly Sent[];
  /** True once the service has ended it. */
  readonly ended: boolean;
  /** The last id that came. */
  readonly lastId: string;
  /** Waits for a frame of this type. */
  frame(type: string, limitMs?: number): Promise<Record<string, unknown>>;
  /** Waits for the end. */
  over(limitMs?: number): Promise<void>;
}

/** Opens a stream; a refusal is answered, not thrown. */
export async function openStream(url: string, path: string, headers: Record<string, string> = {}): Promise<Stream> {
  const gone = new AbortController();
  const answer = await fetch(`${url}${path}`, { headers: { accept: "text/event-stream", ...headers }, signal: gone.signal });
  const sent: Sent[] = [];
  let ended = false;
  const refused = !(answer.headers.get("content-type") ?? "").startsWith("text/event-stream");
  const text = refused ? await answer.text() : "";
  const parser = createParser({ onEvent: ({ id, data }) => void sent.push({ ...(id === undefined ? {} : { id }), frame: JSON.parse(data) as Record<string, unknown> }) });
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  };
  if (!refused) void read().catch(() => {}).finally(() => (ended = true));
  return {
    status: answer.status,
    refusal: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
    sent,
    get ended() {
      return ended;
    },
    get lastId() {
      return sent.findLast(({ id }) => id !== undefined)?.id ?? "";
    },
    frame: (type, limitMs = 5_000) => until(`a ${type} has come`, limitMs, () => sent.find(({ frame }) => frame.type === type)?.frame),
    over: async (limitMs = 5_000) => void (await until("the stream has ended", limitMs, () => ended)),
    [Symbol.dispose]: () => gone.abort(),
  };
}
