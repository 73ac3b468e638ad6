/**
 * History without its steps in between: deltas of one text joined, superseded progress merged. What remains folds to the
 * same view. A joined event carries `first_seq`; its `seq` is that of the last event it stands for, and it stands there.
 */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import { cursorAt } from "./cursor.ts";
import type { FoldEvent } from "./fold.ts";
import { mergeProgress } from "./progress.ts";
import { utf8Length } from "./size.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Events of one batch, in order. */
export interface Stretch {
  /** Of the batch: see `cursorPrefix`. */
  readonly prefix: string;
  /** Stored lines without LF, contiguous in `seq` with those of the stretch before. */
  readonly lines: readonly string[];
}

export interface ReplayedFrame {
  readonly firstSeq: number;
  readonly seq: number;
  readonly cursor: string;
  /** The complete `stream.replayed` frame as JSON. */
  readonly frame: string;
}

/** What became of one or more events. Pieces of a text are joined once, at the end. */
interface Entry {
  readonly event: FoldEvent;
  readonly firstSeq: number;
  /** Set for texts: the pieces in order. */
  readonly pieces: string[] | null;
  /** The stored line, while the event is still just what it says. */
  readonly line: string | null;
  /** What it takes as JSON, at most. */
  readonly bytes: number;
  /** What its text takes as JSON. */
  readonly textBytes: number;
}

/** The same history in fewer events. Events that it does not know stay as they are. */
export function compact(events: readonly FoldEvent[]): FoldEvent[] {
  const range = new CompactRange();
  for (const event of events) range.add(event, null, Number.POSITIVE_INFINITY);
  return range.entries().map(finished);
}

/** Frames that tile the stretches' events without gap or overlap, each at most `maxBytes` (one event alone may be longer). */
export function compactFrames(taskId: string, stretches: readonly Stretch[], maxBytes: number): ReplayedFrame[] {
  const frames: ReplayedFrame[] = [];
  const room = maxBytes - ENVELOPE_BYTES - taskId.length;
  let range = new CompactRange();
  let cursor = "";
  for (const { prefix, lines } of stretches) {
    for (const line of lines) {
      const event = JSON.parse(line) as FoldEvent;
      if (!range.add(event, line, room)) {
        frames.push(frameOf(taskId, range, cursor));
        range = new CompactRange();
        range.add(event, line, room);
      }
      cursor = cursorAt(prefix, event.seq);
    }
  }
  if (range.lastSeq > 0) frames.push(frameOf(taskId, range, cursor));
  return frames;
}

/** What a frame needs around its events. */
const ENVELOPE_BYTES = 160;
/** What `first_seq` adds to a joined event. */
const FIRST_SEQ_BYTES = 32;

function frameOf(taskId: string, range: CompactRange, cursor: string): ReplayedFrame {
  const events = range.entries().map((entry) => entry.line ?? JSON.stringify(finished(entry)));
  const head = JSON.stringify({ type: "stream.replayed", task_id: taskId, first_seq: range.firstSeq, seq: range.lastSeq, cursor });
  return { firstSeq: range.firstSeq, seq: range.lastSeq, cursor, frame: `${head.slice(0, -1)},"events":[${events.join(",")}]}` };
}

/** The event that an entry has become; `first_seq` stands before `data`. */
function finished(entry: Entry): FoldEvent {
  const { event } = entry;
  if (entry.firstSeq === event.seq) return event;
  const { data, ...envelope } = event;
  const joined = entry.pieces === null ? data : { ...data, delta: entry.pieces.join("") };
  return { ...envelope, first_seq: entry.firstSeq, data: joined } as FoldEvent;
}

/** One contiguous range of history while it is compacted. */
class CompactRange {
  firstSeq = 0;
  lastSeq = 0;
  private bytes = 0;
  /** In order of `seq`; null where a later entry stands for it. */
  private readonly list: (Entry | null)[] = [];
  /** By scope: the place in `list` of the entry that later events can take in. */
  private readonly open = new Map<string, number>();
  /** Scopes that the range has told of. Progress of any other may be the first that is told of it, and stays in its place. */
  private readonly appeared = new Set<string>();

  entries(): Entry[] {
    return this.list.filter((entry) => entry !== null);
  }

  /** Takes the event in. False, and nothing happens, where the range would then exceed `room` bytes; a first event always fits. */
  add(event: FoldEvent, line: string | null, room: number): boolean {
    const key = joinKey(event);
    const place = key === null ? undefined : this.open.get(key);
    const older = place === undefined ? null : (this.list[place] ?? null);
    const joins = older !== null && mayTakeIn(event, older.event);
    const entry = joins ? joined(older, event, line) : single(event, line);
    const bytes = this.bytes + entry.bytes - (joins ? older.bytes : 0);
    if (this.firstSeq > 0 && bytes > room) return false;
    this.bytes = bytes;
    this.firstSeq ||= entry.firstSeq;
    this.lastSeq = event.seq;
    if (joins) {
      this.list[place as number] = null;
      older.pieces?.push(String((event.data as Fields).delta));
    }
    this.list.push(entry);
    this.settle(event, key);
    return true;
  }

  /** What later events can join with, and what they must not be moved past: events of the same scope, and of the task's life. */
  private settle(event: FoldEvent, key: string | null): void {
    const scope = EVENT_FACTS.get(event.type)?.scope;
    const name = scope ? scopeName(scope.family, (event.data as Fields)[scope.id]) : key;
    const isText = scope?.role === "delta";
    if (name === null) {
      if (event.type.startsWith("task.")) this.open.clear();
    } else if (key === null || (scope && !isText && !this.appeared.has(name))) {
      this.open.delete(name);
    } else {
      this.open.set(key, this.list.length - 1);
    }
    if (name !== null) this.appeared.add(name);
  }
}

function single(event: FoldEvent, line: string | null): Entry {
  const isText = EVENT_FACTS.get(event.type)?.scope?.role === "delta";
  const piece = (event.data as Fields).delta;
  return {
    event, line, firstSeq: firstSeqOf(event), pieces: isText ? [String(piece)] : null,
    bytes: line === null ? 0 : utf8Length(line) + 1, textBytes: isText && line !== null ? jsonBytes(piece) : 0,
  };
}

/** The newer event with what the older one says, its text aside. It stands in its own place, so that `seq` rises along the range. */
function joined(older: Entry, event: FoldEvent, line: string | null): Entry {
  const alone = single(event, line);
  if (older.pieces !== null) {
    return { ...alone, firstSeq: older.firstSeq, pieces: older.pieces, line: null, bytes: alone.bytes + older.textBytes + FIRST_SEQ_BYTES, textBytes: alone.textBytes + older.textBytes };
  }
  const data = mergeProgress(older.event.data as Fields, event.data as Fields);
  const more = line === null ? 0 : jsonBytes(data) - jsonBytes(event.data) + FIRST_SEQ_BYTES;
  return { ...alone, event: { ...event, data }, firstSeq: older.firstSeq, line: null, bytes: alone.bytes + more };
}

/** A sentence to people is kept: an event that says none cannot stand for one that does. */
function mayTakeIn(event: FoldEvent, older: FoldEvent): boolean {
  return older.message === undefined || event.message !== undefined;
}

const scopeName = (family: string, id: unknown): string => `${family} ${String(id)}`;

/** By what an event can be joined with others: its text, or the thing whose progress it tells. Null: it stays as it is. */
function joinKey(event: FoldEvent): string | null {
  const facts = EVENT_FACTS.get(event.type);
  if (facts?.scope && (facts.scope.role === "delta" || facts.percent !== null)) return scopeName(facts.scope.family, (event.data as Fields)[facts.scope.id]);
  return facts?.percent === "task" ? "task" : null;
}

/** What an event that was joined before stands for begins earlier. */
function firstSeqOf(event: FoldEvent): number {
  const first = (event as { readonly first_seq?: unknown }).first_seq;
  return typeof first === "number" ? first : event.seq;
}

function jsonBytes(value: unknown): number {
  return utf8Length(JSON.stringify(value) ?? "");
}
