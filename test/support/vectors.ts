/** The contract's vectors, and what its histories say that a view tells. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/domain/fold.ts";

const FOLDER = join(import.meta.dir, "../../contract/vectors");

/** One file of vectors, by its path below `contract/vectors`. */
export function readVectors<T>(path: string): T {
  return JSON.parse(readFileSync(join(FOLDER, path), "utf8")) as T;
}

/** The files of a folder of vectors, each with its name and what is in it. */
export function vectorsIn<T>(folder: string): readonly { readonly file: string; readonly vector: T }[] {
  return readdirSync(join(FOLDER, folder)).map((file) => ({ file, vector: readVectors<T>(join(folder, file)) }));
}

/** As much of a view as a history's `folds_to` tells. */
export function foldedTo(view: TaskView, wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const statuses = (list: ReadonlyMap<string, { readonly status: string }>): unknown => Object.fromEntries([...list].map(([id, { status }]) => [id, status]));
  const texts = (list: ReadonlyMap<string, { readonly status: string; readonly content: string }>): unknown => Object.fromEntries([...list].map(([id, { status, content }]) => [id, { status, content }]));
  const all: Record<string, unknown> = {
    status: view.status, seq: view.seq, attempt: view.attempt, percent: view.progress.percent, log_lines: view.log_lines,
    steps: statuses(view.steps), tools: statuses(view.tools), inputs: statuses(view.inputs), messages: texts(view.messages), reasonings: texts(view.reasonings),
  };
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, all[name]]));
}
