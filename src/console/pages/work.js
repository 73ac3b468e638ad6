/** What waits for workers, who is at work, and which instances serve. */
import { html, useEffect, useState } from "../view.min.js";
import { ago, number } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { Bar, Loading, Status } from "../parts/pieces.js";
import { newestFirst } from "../shell/task-list.js";
import { to } from "../state/route.js";
import { session } from "../state/session.js";
import { tasks } from "../state/tasks.js";
import { say, sayError } from "../state/toast.js";
import { words } from "../words.js";

const LOOK_MS = 4_000;
const AT_WORK = new Set(["running", "paused", "waiting", "recovering"]);
const { work } = words;

function useStats() {
  const [stats, setStats] = useState({ value: null, refused: false });
  useEffect(() => {
    const controller = new AbortController();
    const { client } = session.value;
    const look = async () => {
      if (document.hidden) return;
      try {
        const value = await client.call({ method: "GET", path: "/v1/admin/stats" }, { signal: controller.signal, giveUpMs: 0 });
        if (!controller.signal.aborted) setStats({ value, refused: false });
      } catch (error) {
        if (error.code === "scope_missing") setStats({ value: null, refused: true });
      }
    };
    void look();
    const timer = setInterval(look, LOOK_MS);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, []);
  return stats;
}

function Queued({ queued }) {
  const kinds = Object.entries(queued).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...kinds.map(([, count]) => count));
  if (kinds.length === 0) return html`<p class="soft">${work.noneQueued}</p>`;
  return html`<ul class="kinds">${kinds.map(([kind, count]) => html`<li key=${kind}><code>${kind}</code><span class="measure-bar"><span style=${{ transform: `scaleX(${count / most})` }} /></span><strong>${number(count)}</strong></li>`)}</ul>`;
}

function Add() {
  const [kind, setKind] = useState("build");
  const [title, setTitle] = useState("");
  const [input, setInput] = useState("{}");
  const [wrong, setWrong] = useState(null);
  const add = async (event) => {
    event.preventDefault();
    let value;
    try {
      value = JSON.parse(input || "null");
    } catch {
      return setWrong(words.ask.notJson);
    }
    try {
      await session.value.client.create({ kind, queue: true, input: value, ...(title.trim() ? { title: title.trim() } : {}) });
      setWrong(null);
      say(work.added);
    } catch (error) {
      setWrong(error.message);
    }
  };
  return html`<form class="card" onSubmit=${add}><h2>${work.create}</h2>
    <div class="field"><label for="work-kind">${work.kind}</label><input id="work-kind" required maxlength="64" value=${kind} onInput=${(event) => setKind(event.target.value)} /></div>
    <div class="field"><label for="work-title">${work.titleField}</label><input id="work-title" dir="auto" maxlength="512" value=${title} onInput=${(event) => setTitle(event.target.value)} /></div>
    <div class="field"><label for="work-input">${work.input}</label><textarea id="work-input" class="mono" rows="3" value=${input} onInput=${(event) => setInput(event.target.value)}></textarea></div>
    <p class="wrong" role="alert">${wrong}</p><button class="button main" id="work-add"><${Icon} name="plus" /><span>${work.add}</span></button>
    <p class="soft">${work.worker} <code>${work.command(kind || "KIND")}</code></p></form>`;
}

export function WorkPage() {
  const { value, refused } = useStats();
  const atWork = newestFirst(tasks.value).filter(({ status }) => AT_WORK.has(status));
  return html`<article class="page work"><h1>${work.title}</h1><p class="lead">${work.more}</p>
    <div class="cards">
      <section class="card" id="queue"><h2>${work.queued}</h2>${refused ? html`<p class="soft">${work.admin}</p>` : value ? html`<${Queued} queued=${value.queued} />` : html`<${Loading} rows=${2} />`}</section>
      <section class="card" id="at-work"><h2>${work.running}</h2>${atWork.length === 0 ? html`<p class="soft">${work.noneRunning}</p>` : html`<ul class="at-work">${atWork.map((task) => html`<li key=${task.task_id}><a href=${to("tasks", task.task_id)} dir="auto">${task.title || task.kind}</a><span class="soft">${task.worker ?? task.kind}</span><${Status} status=${task.status} small /><${Bar} percent=${task.percent ?? 0} label=${words.task.progress} status=${task.status} /></li>`)}</ul>`}</section>
      ${value && html`<section class="card" id="instances"><h2>${work.instances}</h2><ul class="instances">${value.instances.map((one) => html`<li key=${one.instance}><code>${one.instance}</code><span class="soft">${one.version}, ${work.since(ago(one.started_at))}${one.leads ? `, ${work.leads}` : ""}</span></li>`)}</ul>
        <p><strong>${work.connections}</strong> <span class="soft">WebSocket ${number(value.connections.websocket)}, SSE ${number(value.connections.sse)}</span></p></section>`}
      <${Add} />
    </div></article>`;
}
