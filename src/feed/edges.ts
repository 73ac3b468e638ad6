/**
 * How far each partition of the store is known to reach: the highest batch of any of its tasks that this process has seen.
 * A task whose head was asked after that is known up to there, although its own last batch may stand far below.
 */
import { partitionOf } from "../domain/ids.ts";
import { type Mark, NOTHING } from "./merge.ts";

export class Edges {
  readonly partitions: number;
  #marks: Mark[];
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(partitions: number) {
    this.partitions = partitions;
    this.#marks = new Array<Mark>(partitions).fill(NOTHING);
  }

  partitionOf(taskId: string): number {
    return partitionOf(taskId, this.partitions);
  }

  at(partition: number): Mark {
    return this.#marks[partition] ?? NOTHING;
  }

  /** Takes note of a stored batch. */
  saw(partition: number, mark: Mark): void {
    if (mark.position > this.at(partition).position) this.#marks[partition] = mark;
  }

  /** Who asks the same of the store while an answer is on its way shares it: a crowd comes back at once. */
  shared<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(question) as Promise<T> | undefined;
    if (asked !== undefined) return asked;
    const asking = ask().finally(() => this.#asked.delete(question));
    this.#asked.set(question, asking);
    return asking;
  }

  /** The store may come back as an older one. */
  forget(): void {
    this.#marks = new Array<Mark>(this.partitions).fill(NOTHING);
  }
}
