/** The page: my tasks, and one of them live, over either transport, cut and resumed before one's eyes. */
import { createClient } from "./client.min.js";
import { cuttable } from "./connections.js";
import { createEventLog } from "./event-log.js";
import { askForToken, localToken, whoIs } from "./sign-in.js";

/** How often the list is read anew while somebody looks. Milliseconds. */
const LIST_MS = 2_000;

const at = (id) => document.getElementById(id);
const say = (id, text) => {
  if (at(id).textContent !== text) at(id).textContent = text;
};
const problem = (error) => {
  at("problem").hidden = error === null;
  say("problem", error === null ? "" : `${error.message} ${error.advice ?? ""}`);
};

const log = createEventLog(at("log"));
const wires = cuttable();
const token = await signIn();
const options = { url: location.origin, token, WebSocket: wires.WebSocket, fetch: wires.fetch };
const lister = createClient({ url: location.origin, token });

/** Ends the task that is followed. */
let stop = () => {};

async function signIn() {
  let fresh = await localToken().catch(() => null);
  for (;;) {
    const given = fresh ?? (await askForToken(at("sign-in")));
    try {
      say("who", `signed in as ${await whoIs(given)}`);
      return fresh === null ? given : async () => (await localToken()) ?? given;
    } catch (error) {
      say("who", error.message);
      fresh = null;
    }
  }
}

function taskLink(task) {
  const link = document.createElement("a");
  link.href = `#${task.task_id}`;
  const facts = document.createElement("small");
  const status = document.createElement("b");
  status.dataset.status = status.textContent = task.status;
  facts.append(status, ` ${task.percent === undefined ? "" : `${Math.floor(task.percent)}% `}${task.kind} · ${new Date(task.updated_at).toLocaleTimeString()}`);
  link.append(task.title ?? task.kind, facts);
  link.title = task.title ?? task.kind;
  if (task.task_id === location.hash.slice(1)) link.setAttribute("aria-current", "true");
  const item = document.createElement("li");
  item.append(link);
  return item;
}

let listed = "";
async function list() {
  if (document.hidden) return;
  try {
    const { tasks } = await lister.list({ limit: 50, giveUpMs: 0 });
    // What has not changed stays, so that a link can be clicked while it is looked at.
    const now = JSON.stringify([tasks, location.hash]);
    if (now !== listed) at("tasks").replaceChildren(...tasks.map(taskLink));
    listed = now;
    at("no-tasks").hidden = tasks.length > 0;
    if (location.hash === "" && tasks.length > 0) location.replace(`#${tasks[0].task_id}`);
  } catch (error) {
    if (!error.retryable) problem(error);
  }
}

function showProgress({ percent, current, total, message, stage }) {
  const share = percent ?? (total > 0 ? (current / total) * 100 : undefined);
  if (share !== undefined) {
    at("progress").hidden = false;
    at("progress").value = share;
  }
  say("detail", [share === undefined ? "" : `${Math.floor(share)}%`, total > 0 ? `${current}/${total}` : "", message ?? stage ?? ""].filter(Boolean).join(" · "));
}

function showStatus(status) {
  at("status").dataset.status = status;
  say("status", status);
}

/** What an event changes above the log. */
function show({ type, data }) {
  if (type === "task.created") say("title", data.title ?? data.kind);
  if (type === "task.progress") showProgress(data);
  if (type === "task.snapshot") {
    say("title", data.title ?? data.kind ?? "");
    showStatus(data.status);
    showProgress(data.progress ?? {});
  }
  const status = { "task.created": "queued", "task.queued": "queued", "task.started": "running", "task.resumed": "running", "task.paused": "paused", "task.recovering": "recovering", "task.completed": "completed", "task.failed": "failed", "task.canceled": "canceled" }[type];
  if (status) showStatus(status);
}

/** Counts for itself, independently of the client: every `seq` once and in order. */
function createProof() {
  let next = null;
  let count = 0;
  let wrong = 0;
  let cuts = 0;
  return {
    take({ type, seq }) {
      if (next !== null && seq !== next && type !== "task.snapshot") wrong++;
      next = seq + 1;
      count++;
    },
    cut: () => void cuts++,
    show: () => say("proof", `${count} events, seq up to ${(next ?? 1) - 1}: ${wrong === 0 ? "none missing, none twice" : `${wrong} out of order`}${cuts > 0 ? `, ${cuts} ${cuts === 1 ? "cut" : "cuts"} survived` : ""}`),
  };
}

async function follow(taskId) {
  stop();
  const controller = new AbortController();
  stop = () => controller.abort();
  log.clear();
  problem(null);
  at("task").hidden = false;
  at("progress").hidden = true;
  for (const id of ["title", "detail", "connection", "status"]) say(id, "");
  say("task-id", taskId);
  const proof = createProof();
  let wasLive = false;
  const onState = ({ phase, transport, retryInMs }) => {
    if (phase === "live" && wasLive) proof.cut();
    wasLive ||= phase === "live";
    say("connection", phase === "waiting" ? `waiting ${retryInMs} ms to connect again` : phase === "ended" ? "read to its end" : `${phase} over ${transport}`);
  };
  const client = createClient({ ...options, transport: at("transport").value });
  let painted = false;
  const paint = () => {
    painted = false;
    if (!controller.signal.aborted) proof.show();
  };
  try {
    for await (const event of client.follow(taskId, { signal: controller.signal, onState })) {
      proof.take(event);
      show(event);
      log.add(event);
      if (!painted) requestAnimationFrame(paint);
      painted = true;
    }
    paint();
  } catch (error) {
    if (!controller.signal.aborted) problem(error);
  }
  if (!controller.signal.aborted) await list();
}

function followHash() {
  const taskId = location.hash.slice(1);
  if (taskId !== "") follow(taskId);
  list();
}

at("cut").addEventListener("click", wires.cut);
at("transport").addEventListener("change", followHash);
addEventListener("hashchange", followHash);
document.addEventListener("visibilitychange", list);
setInterval(list, LIST_MS);
followHash();
