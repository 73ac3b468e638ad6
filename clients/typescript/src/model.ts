/**
 * Tasks as their events add up to, kept up to date while somebody listens. The reducer is the service's own
 * (`src/domain/fold.ts`): a screen and a snapshot cannot disagree.
 */
import type { DeliveredEvent, TaskSnapshotData } from "../../../generated/typescript/types.ts";
import { emptyView, fold, type TaskView } from "../../../src/domain/fold.ts";
import { LIST_NAMES } from "../../../src/domain/view.ts";
import type { ConnectionState } from "./connection.ts";
import type { TaskwireError } from "./errors.ts";
import type { Follower } from "./follower.ts";
import { createListeners } from "./listeners.ts";
import type { Timing } from "./timing.ts";

/** A task by the names of `task.snapshot`, uncut. Lists hold what has an id, in order of first appearance. */
export interface TaskState extends TaskSnapshotData {
  readonly task_id: string;
  /** The last event that is in it; 0 before the first. */
  readonly seq: number;
}

interface Now {
  /** Null before anybody listens. */
  readonly connection: ConnectionState | null;
  /** Why nothing more will come, where that is no good end. */
  readonly error: TaskwireError | null;
  /** Nothing more will come. */
  readonly ended: boolean;
}

export interface TaskNow extends Now {
  readonly task: TaskState;
}

export interface TasksNow extends Now {
  readonly tasks: ReadonlyMap<string, TaskState>;
}

/** What changes and tells so. `now` is another object whenever something has changed, and the same otherwise. */
export interface Model<State> {
  readonly now: State;
  /** What `now` was before the first event: what a server shows. */
  readonly first: State;
  /** Called at most once a turn of the event loop. The first listener begins the following, the last one's leaving ends it. */
  subscribe(listener: () => void): () => void;
}

export type TaskModel = Model<TaskNow>;
export type TasksModel = Model<TasksNow>;

/** Models without listeners that are kept, so that who comes back soon finds what was there. */
const KEPT = 100;

interface Track {
  view: TaskView;
  state: TaskState;
  cursor: string | null;
  /** Events of a replayed range that is not complete: whoever stopped in it comes back to its beginning. */
  waiting: DeliveredEvent[];
  changed: boolean;
}

/** A view as plain data. */
export function stateOf(taskId: string, view: TaskView): TaskState {
  const lists = Object.fromEntries(LIST_NAMES.map((name) => [name, [...view[name].values()]]));
  const { status, seq, attempt, facts, progress, metrics, log_lines, unknown, truncated } = view;
  return { ...facts, task_id: taskId, seq, status, as_of_seq: seq, attempt, progress, ...lists, metrics: Object.fromEntries(metrics), log_lines, unknown, ...(truncated ? { truncated } : {}) } as unknown as TaskState;
}

function createTasksModel(follower: Follower, timing: Timing, taskIds: readonly string[], many: boolean, idle: () => void): TasksModel {
  const tracks = new Map<string, Track>(taskIds.map((id) => [id, { view: emptyView(), state: stateOf(id, emptyView()), cursor: null, waiting: [], changed: false }]));
  const told = (): ReadonlyMap<string, TaskState> => new Map([...tracks].map(([id, { state }]) => [id, state]));
  const first: TasksNow = { tasks: told(), connection: null, error: null, ended: false };
  let now = first;
  let change: Partial<Now> = {};

  const prepare = (): void => {
    const changed = [...tracks].filter(([, track]) => track.changed);
    for (const [id, track] of changed) {
      track.state = stateOf(id, track.view);
      track.changed = false;
    }
    now = { ...now, ...change, tasks: changed.length > 0 ? told() : now.tasks };
    change = {};
  };

  const take = (event: DeliveredEvent): void => {
    const track = tracks.get(event.task_id);
    if (!track) return;
    track.waiting.push(event);
    if (event.cursor === (track.cursor ?? "0")) return;
    for (const one of track.waiting) track.view = fold(track.view, one);
    track.waiting = [];
    track.cursor = event.cursor;
    track.changed = true;
    soon();
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    const how = {
      signal,
      replay: "compact" as const,
      onState(connection: ConnectionState) {
        if (signal.aborted) return;
        change = { ...change, connection };
        soon();
      },
    };
    const [only] = taskIds;
    const after = Object.fromEntries([...tracks].flatMap(([id, { cursor }]) => (cursor === null ? [] : [[id, cursor]])));
    try {
      const events = many || only === undefined ? follower.followMany(taskIds, { ...how, after }) : follower.follow(only, { ...how, after: after[only] ?? null });
      for await (const event of events) {
        if (signal.aborted) return;
        take(event);
      }
      if (signal.aborted) return;
      change = { ...change, ended: true };
    } catch (error) {
      if (signal.aborted) return;
      change = { ...change, ended: true, error: error as TaskwireError };
    }
    tell();
  };

  const begin = (): (() => void) => {
    if (now.ended) return idle;
    const running = new AbortController();
    void run(running.signal);
    return () => {
      running.abort();
      for (const track of tracks.values()) track.waiting = [];
      now = { ...now, connection: null };
      idle();
    };
  };
  const { subscribe, soon, tell } = createListeners({ timing, prepare, begin });

  return {
    first,
    get now() {
      return now;
    },
    subscribe,
  };
}

export interface Models {
  task(taskId: string): TaskModel;
  tasks(taskIds: readonly string[]): TasksModel;
}

/** Models over a follower, the same for the same ids. */
export function createModels(follower: Follower, timing: Timing): Models {
  const found = new Map<string, TasksModel & { used: boolean }>();

  const modelOf = (taskIds: readonly string[], many: boolean): TasksModel => {
    const key = `${many} ${taskIds.join(" ")}`;
    const known = found.get(key);
    if (known) return known;
    const idle = (): void => {
      found.delete(key);
      if (!made.now.error) found.set(key, made);
      made.used = false;
      const unused = [...found].filter(([, { used }]) => !used);
      for (const [old] of unused.slice(0, Math.max(0, unused.length - KEPT))) found.delete(old);
    };
    const model = createTasksModel(follower, timing, taskIds, many, idle);
    const made = {
      used: false,
      first: model.first,
      get now() {
        return model.now;
      },
      subscribe(listener: () => void) {
        made.used = true;
        return model.subscribe(listener);
      },
    };
    found.set(key, made);
    return made;
  };

  const singles = new WeakMap<TasksModel, TaskModel>();
  const single = (taskId: string, model: TasksModel): TaskModel => {
    const of = ({ tasks, ...rest }: TasksNow): TaskNow => ({ ...rest, task: tasks.get(taskId) as TaskState });
    const first = of(model.first);
    let from = model.first;
    let now = first;
    return {
      first,
      get now() {
        if (from !== model.now) {
          from = model.now;
          now = of(from);
        }
        return now;
      },
      subscribe: (listener) => model.subscribe(listener),
    };
  };

  return {
    task(taskId) {
      const model = modelOf([taskId], false);
      const known = singles.get(model) ?? single(taskId, model);
      singles.set(model, known);
      return known;
    },
    tasks: (taskIds) => modelOf([...new Set(taskIds)], true),
  };
}
