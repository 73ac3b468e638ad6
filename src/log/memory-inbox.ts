/** Messages of trusted producers in the process's own memory: what `jetstream-inbox.ts` does, for tests and simulation. */
import type { InboxMessage, Position } from "./port.ts";

/** What was set aside, and why. */
export interface AsideMessage extends InboxMessage {
  readonly reason: string;
}

export class MemoryInbox {
  readonly epoch: string;
  #messages: InboxMessage[] = [];
  #last: Position = 0;
  readonly aside: AsideMessage[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** What waits to be taken over. */
  get waiting(): readonly InboxMessage[] {
    return this.#messages;
  }

  /** A producer writes; answers where it stands. */
  write(topic: string, body: string | Uint8Array): Position {
    this.#last += 1;
    this.#messages.push({ position: this.#last, topic, body: typeof body === "string" ? new TextEncoder().encode(body) : body });
    for (const listener of this.#listeners) queueMicrotask(listener);
    return this.#last;
  }

  read(after: Position, maxBytes: number): readonly InboxMessage[] {
    let bytes = 0;
    const behind = this.#messages.filter(({ position }) => position > after);
    const beyond = behind.findIndex(({ body }, at) => (bytes += body.byteLength) > maxBytes && at > 0);
    return beyond === -1 ? behind : behind.slice(0, beyond);
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  done(upTo: Position): void {
    this.#messages = this.#messages.filter(({ position }) => position > upTo);
  }

  setAside(message: InboxMessage, reason: string): void {
    if (!this.aside.some(({ position }) => position === message.position)) this.aside.push({ ...message, reason });
  }
}
