/** A stretch of a task's log on its way to many wires. */
import type { Batch } from "../log/port.ts";
import type { Run, Slice } from "./port.ts";

/** A run ends with the batch that reaches this: one write to one wire is at most this and a batch. Bytes. */
export const RUN_BYTES = 256 * 1024;

type Make = (run: Run) => unknown;

/** A run that keeps what encoders make of it. `grew` is told of every new encoding, for whoever counts its memory. */
export class SharedRun implements Run {
  readonly taskId: string;
  readonly epoch: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly slices: readonly Slice[];
  /** The last batch, where a watcher that has taken the run stands. */
  readonly last: Batch;
  readonly #grew: (() => void) | undefined;
  #make: Make | null = null;
  #made: unknown = null;
  #others: Map<Make, unknown> | null = null;

  constructor(epoch: string, slices: readonly Slice[], grew?: () => void) {
    const [first, last] = [slices[0], slices.at(-1)];
    if (first === undefined || last === undefined) throw new Error("a run has at least one slice");
    this.taskId = first.batch.taskId;
    this.epoch = epoch;
    this.slices = slices;
    this.firstSeq = first.fromSeq;
    this.lastSeq = last.batch.header.lastSeq;
    this.last = last.batch;
    this.#grew = grew;
  }

  once<T>(make: (run: Run) => T): T {
    // Nearly always all watchers speak one encoding: that one costs a comparison.
    if (this.#make === make) return this.#made as T;
    const other = this.#others?.get(make);
    if (other !== undefined) return other as T;
    const made = make(this);
    if (this.#make === null) [this.#make, this.#made] = [make, made];
    else (this.#others ??= new Map()).set(make, made);
    this.#grew?.();
    return made;
  }
}

/** The index of the first batch that holds an event behind `seq`; `batches.length` where none does. Batches stand in order of seq. */
export function indexBehind(batches: readonly Batch[], seq: number, from = 0): number {
  let [low, high] = [from, batches.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle] as Batch).header.lastSeq > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The slices behind `seq`, up to the batch with which `maxBytes` are reached. */
export function slicesBehind(batches: readonly Batch[], seq: number, maxBytes: number, from = 0): Slice[] {
  const slices: Slice[] = [];
  let bytes = 0;
  for (let at = indexBehind(batches, seq, from); at < batches.length && bytes < maxBytes; at++) {
    const batch = batches[at] as Batch;
    slices.push({ batch, fromSeq: Math.max(batch.header.firstSeq, seq + 1) });
    bytes += batch.body.byteLength;
  }
  return slices;
}
