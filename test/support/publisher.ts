/**
 * A producer that takes nothing on trust: it sends every append again, with the same identity and to any instance, until
 * one acknowledges it, and keeps what was acknowledged.
 */
import { until } from "./until.ts";

export interface Acknowledged {
  readonly key: string;
  readonly texts: readonly string[];
  readonly firstSeq: number;
  readonly lastSeq: number;
}

interface Answer {
  readonly first_seq: number;
  readonly last_seq: number;
}

/** How long one append may take, through every fault. Milliseconds. */
const APPEND_LIMIT_MS = 60_000;
/** How long one try may take. Milliseconds. */
const TRY_LIMIT_MS = 8_000;

export interface PublisherOptions {
  /** The instances; every try goes to the next one. */
  readonly urls: () => readonly string[];
  readonly token: string;
  readonly taskId: string;
  readonly name: string;
}

/** Sends one request until it is acknowledged; anything that is not a passing fault is an error. */
export async function insist(urls: () => readonly string[], path: string, init: RequestInit): Promise<unknown> {
  let tries = 0;
  return until(`${init.method ?? "GET"} ${path} is acknowledged`, APPEND_LIMIT_MS, async () => {
    const all = urls();
    const url = all[tries++ % all.length];
    const answer = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(TRY_LIMIT_MS) }).catch(() => null);
    if (answer === null) return null;
    const text = await answer.text().catch(() => null);
    if (text === null) return null;
    if (answer.ok) return JSON.parse(text) as unknown;
    // 502 and 504 are a proxy's, whose instance has just gone.
    if ([429, 502, 503, 504, 507].includes(answer.status)) return null;
    throw new Error(`${path} answered ${answer.status}: ${text}`);
  });
}

/** Appends `texts` as log lines under one identity, and checks that a repeat on any instance is answered the same. */
export async function appendLines({ urls, token, taskId, name }: PublisherOptions, number: number, texts: readonly string[], repeat: boolean): Promise<Acknowledged> {
  const key = `${name}-${number}`;
  const send = async (): Promise<Answer> =>
    (await insist(urls, `/v1/tasks/${taskId}/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(texts.map((text) => ({ type: "log.line", data: { level: "info", text } }))),
    })) as Answer;
  const first = await send();
  if (repeat) {
    const again = await send();
    if (again.first_seq !== first.first_seq || again.last_seq !== first.last_seq) throw new Error(`${key} was answered ${JSON.stringify(first)}, its repeat ${JSON.stringify(again)}`);
  }
  return { key, texts, firstSeq: first.first_seq, lastSeq: first.last_seq };
}
