/** How far each task of a connection has been told in its dialect's words. */
import type { Fields } from "../dialects/port.ts";
import { viewOf } from "../domain/view.ts";
import type { Run } from "../feed/port.ts";
import { type Projector, project, textOf } from "./projector.ts";

interface Story {
  state: unknown;
  seq: number;
  /** Events up to this seq are told to nobody who joins now. */
  readonly behind: number;
  /** It has leapt: its state may differ from that of others. */
  readonly own: boolean;
}

export class Stories {
  readonly #projector: Projector;
  readonly #tasks = new Map<string, Story>();

  constructor(projector: Projector) {
    this.#projector = projector;
  }

  /** Tells a task from its first event on; what events up to `behind` say is left out. */
  begin(taskId: string, behind: number): void {
    this.#tasks.set(taskId, this.#start(taskId, behind, false));
  }

  forget(taskId: string): void {
    this.#tasks.delete(taskId);
  }

  clear(): void {
    this.#tasks.clear();
  }

  /** A stretch of a task's log as text messages. */
  tell(taskId: string, run: Run): readonly string[] {
    const story = this.#story(taskId, run.firstSeq);
    const { texts, seqs, state } = story.own ? project(this.#projector.projection, story.state, run, story.seq) : this.#projector.tell(story.state, run);
    story.state = state;
    story.seq = Math.max(story.seq, run.lastSeq);
    return story.behind < run.firstSeq ? texts : texts.filter((_, at) => (seqs[at] ?? 0) > story.behind);
  }

  /** Events are kept no more: what their sum says in their place. `snapshot`: a `task.snapshot` in JSON. */
  leap(taskId: string, snapshot: string): readonly string[] {
    const { seq, data } = JSON.parse(snapshot) as { readonly seq: number; readonly data: Fields };
    const { state, frames } = this.#projector.projection.leap(taskId, viewOf(taskId, data));
    const behind = this.#tasks.get(taskId)?.behind ?? 0;
    this.#tasks.set(taskId, { state, seq, behind, own: true });
    // What was cleared is not told in sum either.
    return seq <= behind ? [] : frames.map(textOf);
  }

  #story(taskId: string, firstSeq: number): Story {
    const known = this.#tasks.get(taskId);
    // A task that was left and comes again from its beginning is told anew.
    if (known !== undefined && (firstSeq > known.seq || known.own)) return known;
    const story = this.#start(taskId, known?.behind ?? 0, firstSeq !== 1);
    this.#tasks.set(taskId, story);
    return story;
  }

  #start(taskId: string, behind: number, own: boolean): Story {
    return { state: this.#projector.projection.start(taskId), seq: 0, behind, own };
  }
}
