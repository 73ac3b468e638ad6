/**
 * Hooks for React 18 and newer: a task's state, kept up to date while a component shows it. On a server, and until the page
 * has come alive, they answer the state before the first event.
 */
import { useSyncExternalStore } from "react";
import type { Client, SetNow, TaskNow, TaskSet, TasksNow } from "../src/client.ts";
import type { Model } from "../src/model.ts";

export type { SetNow, TaskNow, TasksNow } from "../src/client.ts";

const NOTHING: TasksNow = { tasks: new Map(), connection: null, error: null, ended: false };
const nobody: Model<TasksNow> = { now: NOTHING, first: NOTHING, subscribe: () => () => {} };

function useModel<State>(model: Model<State>): State {
  return useSyncExternalStore(model.subscribe, () => model.now, () => model.first);
}

/** A task as it stands, with the state of its connection: `{task, connection, error, ended}`. Components that show the same task share one connection. */
export function useTask(client: Pick<Client, "task">, taskId: string): TaskNow {
  return useModel(client.task(taskId));
}

/** Several tasks over one connection: `{tasks, connection, error, ended}`, `tasks` by id. None: nothing is opened. */
export function useTasks(client: Pick<Client, "tasks">, taskIds: readonly string[]): TasksNow {
  return useModel(taskIds.length === 0 ? nobody : client.tasks(taskIds));
}

/** A set of tasks that changes by itself, such as `{scope: "mine"}`, over one connection: `{members, caughtUp, connection, error}`. */
export function useTaskSet(client: Pick<Client, "set">, words: TaskSet): SetNow {
  return useModel(client.set(words));
}
