/** My tasks, live: the list as it was, then everything that happens, over one connection. */
import { batch, signal } from "../view.min.js";
import { judged } from "./session.js";

const PAGE = 50;
const STATUS = {
  "task.created": "queued", "task.queued": "queued", "task.started": "running", "task.resumed": "running", "task.paused": "paused", "task.recovering": "recovering", "task.retrying": "queued",
  "task.completed": "completed", "task.failed": "failed", "task.canceled": "canceled", "input.requested": "waiting", "input.resolved": "running",
};

/** By id. `loaded`: null, or when the first page is here; `next`: where older ones begin. */
export const tasks = signal(new Map());
export const loaded = signal(false);
export const next = signal(null);
export const service = signal({ phase: "idle", transport: "websocket", retryInMs: null });
export const listError = signal(null);

let pending = new Map();
let waiting = false;

function put(id, change) {
  const known = pending.get(id) ?? tasks.value.get(id);
  pending.set(id, change === null ? null : { ...(known ?? { task_id: id, kind: "", status: "unknown", last_seq: 0 }), ...change });
  if (waiting) return;
  waiting = true;
  const tell = () => {
    waiting = false;
    const all = new Map(tasks.value);
    for (const [key, value] of pending) if (value === null) all.delete(key); else all.set(key, value);
    pending = new Map();
    tasks.value = all;
  };
  if (document.hidden) setTimeout(tell, 200);
  else requestAnimationFrame(tell);
}

function happened({ task_id: id, type, data = {}, seq, time, message }) {
  const share = type === "task.progress" ? (data.percent ?? (data.total > 0 ? (data.current / data.total) * 100 : undefined)) : type === "task.completed" ? 100 : undefined;
  put(id, {
    last_seq: seq,
    ...(time ? { updated_at: time } : {}),
    ...(STATUS[type] ? { status: STATUS[type] } : {}),
    ...(share === undefined ? {} : { percent: share }),
    ...(message ?? (type === "task.progress" ? data.message : undefined) ? { message: message ?? data.message } : {}),
    ...(type === "task.created" ? { title: data.title, kind: data.kind, created_at: time } : {}),
    ...(type === "task.started" && data.worker_id ? { worker: data.worker_id } : {}),
  });
  if (type === "task.deleted") put(id, null);
}

/** Reads a page of older tasks; the first one where none was read. */
export async function readPage(client, signal_) {
  const page = await client.list({ limit: PAGE, signal: signal_, ...(next.value ? { before: next.value } : {}) });
  batch(() => {
    for (const task of page.tasks) put(task.task_id, task);
    next.value = page.next;
    loaded.value = true;
  });
}

/** Begins; answers what ends it. */
export function watchTasks(client) {
  const controller = new AbortController();
  const { signal: aborted } = controller;
  batch(() => {
    tasks.value = new Map();
    loaded.value = false;
    next.value = null;
    listError.value = null;
  });
  const failed = (error) => void (aborted.aborted || (listError.value = judged(error)));
  const run = async () => {
    const onState = (state) => void (aborted.aborted || (service.value = state));
    for await (const item of client.followSet({ scope: "mine" }, { signal: aborted, onState, replay: "none" })) {
      if (item.kind === "event") happened(item.event);
      else if (item.kind === "joined") put(item.taskId, item.summary);
      else if (item.kind === "left") put(item.taskId, item.reason === "deleted" ? null : item.summary);
    }
  };
  readPage(client, aborted).catch(failed);
  run().catch(failed);
  return () => controller.abort();
}
