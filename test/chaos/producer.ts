/**
 * A producer that takes nothing on trust: it sends every request until an instance acknowledges it, now to one and now to
 * another, repeats some under the same identity, and holds every answer against the first.
 */
import { insist } from "../support/publisher.ts";

export interface Acknowledged {
  readonly number: number;
  readonly texts: readonly string[];
  readonly firstSeq: number;
  /** The position behind it, as it was answered. */
  readonly cursor: string;
}

export interface ProducerOptions {
  readonly urls: () => readonly string[];
  readonly token: string;
  readonly taskId: string;
  readonly name: string;
  /** How its requests are recognised when they come again. */
  readonly identity: "key" | "producer";
  readonly random: () => number;
  /** Told what must not be. */
  readonly wrong: (finding: string) => void;
}

export interface Answer {
  readonly first_seq: number;
  readonly last_seq: number;
  readonly cursor: string;
  readonly duplicate: boolean;
}

/** Keys are remembered for a task's last 64 requests; with the other producers' ones these are surely among them. */
const REMEMBERED = 8;

const bodyOf = (texts: readonly string[]): string => JSON.stringify(texts.map((text) => ({ type: "log.line", data: { level: "info", text } })));

interface Sent {
  readonly number: number;
  readonly body: string;
  readonly answer: Answer;
}

export class Producer {
  readonly acknowledged: Acknowledged[] = [];
  repeats = 0;
  readonly #options: ProducerOptions;
  readonly #recent: Sent[] = [];
  #number = 0;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  /** Appends `texts` as log lines in one request; resolves when it is acknowledged. */
  async append(texts: readonly string[]): Promise<void> {
    const number = (this.#number += 1);
    const body = bodyOf(texts);
    const answer = await this.#send(number, body);
    this.acknowledged.push({ number, texts, firstSeq: answer.first_seq, cursor: answer.cursor });
    if (answer.last_seq !== answer.first_seq + texts.length - 1) this.#options.wrong(`${this.#options.name} sent ${texts.length} events and was answered ${JSON.stringify(answer)}`);
    this.#recent.push({ number, body, answer });
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }

  /** Sends the last request, or one of the last, again: twice at once, to wherever chance sends them. */
  async repeat(): Promise<void> {
    const { random, identity, name, wrong } = this.#options;
    const last = this.#recent.length - 1;
    const at = random() < 0.5 ? last : Math.floor(random() * this.#recent.length);
    const sent = this.#recent[at];
    if (sent === undefined) return;
    const answers = await Promise.all([this.#send(sent.number, sent.body), this.#send(sent.number, sent.body)]);
    // Of a producer's own numbering only the latest request is answered with its own seqs, older ones as the duplicates they are.
    const exact = identity === "key" || sent.number === this.#number;
    for (const again of answers) {
      this.repeats += 1;
      const same = !exact || (again.first_seq === sent.answer.first_seq && again.last_seq === sent.answer.last_seq);
      if (!again.duplicate || !same) wrong(`request ${sent.number} of ${name} was answered ${JSON.stringify(sent.answer)}, its repeat ${JSON.stringify(again)}`);
    }
  }

  /** Sends a request of before again, as it was, to the nth instance or by chance. */
  resend({ number, texts }: Acknowledged, instance?: number): Promise<Answer> {
    return this.#send(number, bodyOf(texts), instance);
  }

  async #send(number: number, body: string, instance?: number): Promise<Answer> {
    const { urls, token, taskId, name, identity, random } = this.#options;
    const first = instance ?? Math.floor(random() * urls().length);
    const rotated = (): string[] => [...urls().slice(first), ...urls().slice(0, first)];
    const named: Record<string, string> = identity === "key" ? { "idempotency-key": `${name}-${number}` } : { "taskwire-producer": `${name};${number}` };
    return (await insist(rotated, `/v1/tasks/${taskId}/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...named },
      body,
    })) as Answer;
  }
}
