/** A watcher written against the contract: it comes back after every cut behind the last cursor it saw, and notes every broken promise. */
import { createParser, type EventSourceParser } from "eventsource-parser";
import type { Replay } from "../../src/feed/port.ts";

interface Frame {
  readonly type: string;
  readonly seq?: number;
  readonly first_seq?: number;
  readonly cursor?: string;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly events?: readonly Frame[];
}

export class Client {
  readonly taskId: string;
  readonly transport: "websocket" | "sse";
  readonly replay: Replay;
  readonly faults: string[] = [];
  /** The seqs of stored events as they came one by one, and the ranges that came compacted. */
  readonly lines = new Map<number, string>();
  cursor: string | null = null;
  seq = 0;
  ended = false;
  connections = 0;
  #parser: EventSourceParser | null = null;

  constructor(taskId: string, transport: "websocket" | "sse", replay: Replay) {
    this.taskId = taskId;
    this.transport = transport;
    this.replay = replay;
  }

  /** A new connection begins. */
  begin(): void {
    this.connections += 1;
    this.#parser = this.transport === "sse" ? createParser({ onEvent: ({ data }) => this.#take(data) }) : null;
  }

  receive(text: string): void {
    if (this.#parser !== null) this.#parser.feed(text);
    else this.#take(text);
  }

  #take(text: string): void {
    const frame = JSON.parse(text) as Frame;
    if (this.ended) this.faults.push(`${frame.type} came after the end`);
    if (!frame.type.startsWith("stream.")) this.#advance(frame.seq ?? -1, frame.seq ?? -1, text, frame.cursor);
    else if (frame.type === "stream.replayed") this.#advance(frame.first_seq ?? -1, frame.seq ?? -1, null, frame.cursor);
    else if (frame.type === "stream.end") this.ended = true;
    else if (frame.type === "stream.gap") this.faults.push(`a gap: ${text}`);
    else if (frame.type === "stream.error" && frame.retryable !== true) this.faults.push(text);
  }

  #advance(first: number, last: number, text: string | null, cursor: string | undefined): void {
    if (first !== this.seq + 1) this.faults.push(`seq ${first} came after ${this.seq}`);
    this.seq = last;
    if (cursor === undefined) this.faults.push(`seq ${last} has no cursor`);
    else this.cursor = cursor;
    if (text !== null) this.lines.set(last, text);
  }
}
