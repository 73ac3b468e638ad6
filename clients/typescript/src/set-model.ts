/** A watched set as a screen shows it: its tasks as their events add up to, kept up to date while somebody listens. */
import type { TaskSummary } from "../../../generated/typescript/types.ts";
import { emptyView, fold, type TaskView } from "../../../src/domain/fold.ts";
import type { ConnectionState } from "./connection.ts";
import type { TaskwireError } from "./errors.ts";
import { createListeners } from "./listeners.ts";
import { type Model, stateOf, type TaskState } from "./model.ts";
import type { FollowSet, SetItem, TaskSet } from "./set.ts";
import type { Timing } from "./timing.ts";

/** One task of the set. */
export interface SetMember {
  /** What the list says of it: also before its first event has come. */
  readonly summary: TaskSummary;
  readonly task: TaskState;
  /** Why it is in the set no more: `ended`, `deleted`, `limit`; null while it is. */
  readonly left: string | null;
}

export interface SetNow {
  /** By id, in order of joining. Those that have ended stay while somebody listens, the last 256 of them. */
  readonly members: ReadonlyMap<string, SetMember>;
  /** All that was there in the beginning was told. */
  readonly caughtUp: boolean;
  /** Null before anybody listens. */
  readonly connection: ConnectionState | null;
  /** Why nothing more will come; null while something may. */
  readonly error: TaskwireError | null;
}

export type SetModel = Model<SetNow>;

/** Tasks that have left and are still shown. */
const SHOWN = 256;

interface Track {
  view: TaskView;
  member: SetMember;
  changed: boolean;
}

const EMPTY: SetNow = { members: new Map(), caughtUp: false, connection: null, error: null };

/** The models of a client, the same for the same words. */
export function createSetModels(followSet: FollowSet, timing: Timing): (words: TaskSet) => SetModel {
  const made = new Map<string, SetModel>();
  return (words) => {
    const key = JSON.stringify(words);
    const model = made.get(key) ?? createSetModel(followSet, timing, words, () => void made.delete(key));
    made.set(key, model);
    return model;
  };
}

function createSetModel(followSet: FollowSet, timing: Timing, words: TaskSet, idle: () => void): SetModel {
  const tracks = new Map<string, Track>();
  let now = EMPTY;
  let change: Partial<SetNow> = {};
  let moved = false;

  const track = (taskId: string): Track => {
    const known = tracks.get(taskId);
    if (known !== undefined) return known;
    const view = emptyView();
    const fresh: Track = { view, member: { summary: { task_id: taskId } as TaskSummary, task: stateOf(taskId, view), left: null }, changed: true };
    tracks.set(taskId, fresh);
    return fresh;
  };
  const set = (taskId: string, facts: Partial<SetMember>): void => {
    const one = track(taskId);
    one.member = { ...one.member, ...facts };
    one.changed = true;
  };

  function take(item: SetItem): void {
    switch (item.kind) {
      case "joined":
        set(item.taskId, { summary: item.summary, left: null });
        break;
      case "left":
        set(item.taskId, { summary: item.summary, left: item.reason });
        forget();
        break;
      case "gap":
        track(item.taskId).view = emptyView();
        break;
      case "event": {
        const one = track(item.event.task_id);
        one.view = fold(one.view, item.event);
        one.changed = true;
        break;
      }
      case "refused":
        tracks.delete(item.taskId);
        break;
      case "caught_up":
        change = { ...change, caughtUp: true };
    }
    moved = true;
    soon();
  }

  function forget(): void {
    const gone = [...tracks].filter(([, { member }]) => member.left !== null);
    for (const [taskId] of gone.slice(0, Math.max(0, gone.length - SHOWN))) tracks.delete(taskId);
  }

  function prepare(): void {
    for (const [taskId, one] of tracks) {
      if (!one.changed) continue;
      one.member = { ...one.member, task: stateOf(taskId, one.view) };
      one.changed = false;
    }
    now = { ...now, ...change, ...(moved ? { members: new Map([...tracks].map(([taskId, { member }]) => [taskId, member])) } : {}) };
    moved = false;
    change = {};
  }

  async function run(signal: AbortSignal): Promise<void> {
    const onState = (connection: ConnectionState): void => {
      if (signal.aborted) return;
      change = { ...change, connection };
      soon();
    };
    try {
      for await (const item of followSet(words, { signal, onState, replay: "compact" })) {
        if (signal.aborted) return;
        take(item);
      }
    } catch (error) {
      if (signal.aborted) return;
      change = { ...change, error: error as TaskwireError };
      tell();
    }
  }

  const begin = (): (() => void) => {
    const running = new AbortController();
    void run(running.signal);
    return () => {
      running.abort();
      // It may have stopped inside a compacted range, so it begins anew with the next listener.
      tracks.clear();
      now = EMPTY;
      idle();
    };
  };
  const { subscribe, soon, tell } = createListeners({ timing, prepare, begin });

  return {
    first: EMPTY,
    get now() {
      return now;
    },
    subscribe,
  };
}
