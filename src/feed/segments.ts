/**
 * History, read once and shared: immutable stretches of a task's log, each read by one reader at a time into one cache for
 * the whole process. A segment keeps what encoders make of its runs (lines with cursors, compacted frames), and the cache
 * counts that too. A place for reading is held only while the store is asked, never while a wire is full.
 */
import { type ReplayedFrame, compactFrames } from "../domain/compact.ts";
import type { Environment } from "../domain/environment.ts";
import type { Meter } from "../domain/meter.ts";
import type { LimitSet } from "../limits.ts";
import type { Batch, Log, Position } from "../log/port.ts";
import { Gate } from "./gate.ts";
import { linesOfSlice, prefixOf } from "./lines.ts";
import type { Run } from "./port.ts";
import { reportUnexpected } from "./retry.ts";
import { RUN_BYTES, SharedRun, slicesBehind } from "./run.ts";

/** What a batch costs besides its body, and a segment besides its batches. Bytes, about. */
const OVERHEAD = 400;

/** A stretch of history: every batch whose position is above `after` and up to `last`. */
export class Segment {
  readonly after: Position;
  readonly last: Position;
  readonly batches: readonly Batch[];
  /** What one encoding of it costs, about. Bytes. */
  readonly weight: number;
  /** With all that encoders have made. */
  bytes: number;
  readonly #grew: (segment: Segment) => void;
  /** Runs by the seq they begin behind: nearly always one. */
  readonly #runs = new Map<number, SharedRun>();

  constructor(after: Position, batches: readonly Batch[], grew: (segment: Segment) => void) {
    this.after = after;
    this.batches = batches;
    this.last = batches.at(-1)?.position ?? after;
    this.weight = batches.reduce((sum, { body }) => sum + body.byteLength + OVERHEAD, OVERHEAD);
    this.bytes = this.weight;
    this.#grew = grew;
  }

  /** The first batch behind this position. The position lies inside the segment. */
  firstBehind(after: Position): Batch {
    return this.batches.find(({ position }) => position > after) as Batch;
  }

  /** What stands behind `seq`, shared by all who ask for the same. Null where nothing does. */
  behind(seq: number, epoch: string): SharedRun | null {
    const from = Math.max(seq, (this.batches[0] as Batch).header.firstSeq - 1);
    const known = this.#runs.get(from);
    if (known?.epoch === epoch) return known;
    const slices = slicesBehind(this.batches, from, Math.max(RUN_BYTES, this.weight));
    if (slices.length === 0) return null;
    const run = new SharedRun(epoch, slices, () => this.#grew(this));
    this.#runs.set(from, run);
    return run;
  }
}

/** What an attempt to load found. `nothing`: this copy of the log has nothing there (yet). */
export type Loaded = Segment | "nothing" | "unavailable";

/** The history of one task, as long as its log stays the same. Made by `Segments.open`. */
export interface History {
  readonly taskId: string;
  /** In order of position; they may overlap. */
  readonly segments: Segment[];
  readonly loading: Map<Position, Promise<Loaded>>;
  closed: boolean;
}

export interface SegmentsDeps {
  readonly log: Log;
  readonly environment: Pick<Environment, "journal">;
  readonly limits: LimitSet;
  readonly meter: Meter;
}

/** All segments of a process. */
export class Segments {
  readonly #deps: SegmentsDeps;
  readonly #gate: Gate;
  /** From the least to the most recently used. */
  readonly #used = new Map<Segment, History>();
  #bytes = 0;

  constructor(deps: SegmentsDeps) {
    this.#deps = deps;
    this.#gate = new Gate(deps.limits.segmentReads);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A task's history, empty at first. */
  open(taskId: string): History {
    return { taskId, segments: [], loading: new Map(), closed: false };
  }

  /** Forgets a task's history. */
  close(history: History): void {
    history.closed = true;
    for (const segment of history.segments) this.#drop(segment);
    history.segments.length = 0;
  }

  /** The segment in memory that holds what stands right behind `after`, or null. */
  cached(history: History, after: Position): Segment | null {
    // From the newest back: those who read on are nearest to the end.
    for (let at = history.segments.length - 1; at >= 0; at--) {
      const segment = history.segments[at] as Segment;
      if (segment.after > after || segment.last <= after) continue;
      this.#used.delete(segment);
      this.#used.set(segment, history);
      return segment;
    }
    return null;
  }

  /** The same, read from the log where it is not in memory, and not beyond `upTo`: what the live tail has not proven yet is nobody's history. Whoever asks for a stretch that is being read gets that. Never throws. */
  load(history: History, after: Position, upTo: Position): Promise<Loaded> {
    const cached = this.cached(history, after);
    if (cached) {
      this.#deps.meter.add("segment_hits");
      return Promise.resolve(cached);
    }
    let loading = history.loading.get(after);
    if (loading === undefined) {
      loading = this.#gate.through(() => this.#read(history, after, upTo)).finally(() => history.loading.delete(after));
      history.loading.set(after, loading);
    } else this.#deps.meter.add("segment_hits");
    return loading;
  }

  async #read(history: History, after: Position, upTo: Position): Promise<Loaded> {
    // While this reader waited for its place, another may have read the same stretch.
    const cached = this.cached(history, after);
    if (cached) return cached;
    this.#deps.meter.add("segment_reads");
    try {
      const { batches } = await this.#deps.log.read({ taskId: history.taskId, after, upTo, maxBytes: this.#deps.limits.readBytes });
      const [first = "nothing"] = this.#cut(after, batches).map((part) => this.#keep(history, part.after, part.batches));
      return first;
    } catch (error) {
      reportUnexpected(error, this.#deps.environment, history.taskId);
      return "unavailable";
    }
  }

  /** Batches that follow each other as stretches of about `segmentBytes`. */
  #cut(after: Position, batches: readonly Batch[]): { readonly after: Position; readonly batches: Batch[] }[] {
    const parts: { after: Position; batches: Batch[] }[] = [];
    let bytes = Number.POSITIVE_INFINITY;
    let last = after;
    for (const batch of batches) {
      bytes += batch.body.byteLength;
      if (bytes > this.#deps.limits.segmentBytes) {
        parts.push({ after: last, batches: [] });
        bytes = batch.body.byteLength;
      }
      parts.at(-1)?.batches.push(batch);
      last = batch.position;
    }
    return parts;
  }

  #keep(history: History, after: Position, batches: readonly Batch[]): Segment {
    const segment = new Segment(after, batches, (grown) => this.#grow(grown));
    if (history.closed) return segment;
    const at = history.segments.findIndex((other) => other.after > after);
    history.segments.splice(at < 0 ? history.segments.length : at, 0, segment);
    this.#used.set(segment, history);
    this.#bytes += segment.bytes;
    this.#trim();
    return segment;
  }

  #grow(segment: Segment): void {
    segment.bytes += segment.weight;
    if (!this.#used.has(segment)) return;
    this.#bytes += segment.weight;
    this.#trim();
  }

  #trim(): void {
    for (const [segment, history] of this.#used) {
      if (this.#bytes <= this.#deps.limits.segmentCacheBytes) break;
      this.#drop(segment);
      history.segments.splice(history.segments.indexOf(segment), 1);
    }
    this.#deps.meter.set("segment_bytes", this.#bytes);
  }

  #drop(segment: Segment): void {
    if (this.#used.delete(segment)) this.#bytes -= segment.bytes;
  }
}

/** The run in compacted form: `stream.replayed` frames that tile it. An encoder for `Run.once`, made once for each size of frames. */
export function compactor(replayedBytes: number): (run: Run) => readonly ReplayedFrame[] {
  return (run) =>
    compactFrames(
      run.taskId,
      run.slices.map((slice) => ({ prefix: prefixOf(slice.batch, run.epoch), lines: linesOfSlice(slice) })),
      replayedBytes,
    );
}
