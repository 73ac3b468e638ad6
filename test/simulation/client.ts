/** A watcher written against the contract: it comes back after every cut behind the last cursor it saw, and notes every broken promise. */
import { createParser, type EventSourceParser } from "eventsource-parser";
import { parseCursor } from "../../src/domain/cursor.ts";
import type { Replay } from "../../src/feed/port.ts";

interface Frame {
  readonly type: string;
  readonly seq?: number;
  readonly first_seq?: number;
  readonly cursor?: string;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly task_id?: string;
  readonly reason?: string;
  readonly earliest?: string;
  readonly events?: readonly Frame[];
}

export class Client {
  readonly taskId: string;
  readonly transport: "websocket" | "sse";
  readonly replay: Replay;
  /** The store is rolled back in this world: being told of it is no fault. */
  readonly mayReset: boolean;
  readonly faults: string[] = [];
  /** The seqs of stored events as they came one by one, and the ranges that came compacted. */
  readonly lines = new Map<number, string>();
  cursor: string | null = null;
  seq = 0;
  ended = false;
  connections = 0;
  resets = 0;
  #parser: EventSourceParser | null = null;

  constructor(taskId: string, transport: "websocket" | "sse", replay: Replay, mayReset = false) {
    this.taskId = taskId;
    this.mayReset = mayReset;
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
    if (frame.type === "task.snapshot" && this.resets > 0) return;
    if (!frame.type.startsWith("stream.")) this.#advance(frame.seq ?? -1, frame.seq ?? -1, text, frame.cursor);
    else if (frame.type === "stream.replayed") this.#advance(frame.first_seq ?? -1, frame.seq ?? -1, null, frame.cursor);
    else if (frame.type === "stream.end") this.ended = true;
    else if (frame.type === "stream.gap") this.#gap(frame, text);
    else if (frame.type === "stream.error" && frame.retryable !== true) this.faults.push(text);
  }

  /** What was given so far is not what the log has: it is thrown away, and counting begins anew where the log does. */
  #gap({ reason, earliest = "0" }: Frame, text: string): void {
    if (!this.mayReset || reason !== "reset") return void this.faults.push(`a gap: ${text}`);
    this.resets += 1;
    this.lines.clear();
    this.cursor = earliest;
    this.seq = parseCursor(earliest)?.seq ?? 0;
  }

  #advance(first: number, last: number, text: string | null, cursor: string | undefined): void {
    if (first !== this.seq + 1) this.faults.push(`seq ${first} came after ${this.seq}`);
    this.seq = last;
    if (cursor === undefined) this.faults.push(`seq ${last} has no cursor`);
    else this.cursor = cursor;
    if (text !== null) this.lines.set(last, text);
  }
}
