/** My tasks, live, the newest first; those to come appear by themselves. */
import { html, useEffect, useState } from "../view.min.js";
import { ago } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { Bar, Loading, Status } from "../parts/pieces.js";
import { route, to } from "../state/route.js";
import { session } from "../state/session.js";
import { listError, loaded, next, readPage, tasks } from "../state/tasks.js";
import { sayError } from "../state/toast.js";
import { words } from "../words.js";
import { StartButton } from "./start.js";

const OVER = new Set(["completed", "failed", "canceled"]);
const CLOCK_MS = 10_000;

/** By creation, so that nothing moves while one looks at it. */
export function newestFirst(all) {
  return [...all.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0));
}

function Entry({ task, current }) {
  const over = OVER.has(task.status);
  const title = task.title || task.kind || task.task_id;
  return html`<li><a class="entry" href=${to("tasks", task.task_id)} aria-current=${current ? "true" : undefined}>
    <span class="entry-title" dir="auto" title=${title}>${title}</span>
    <span class="entry-facts"><${Status} status=${task.status} small /><span class="soft">${over || typeof task.percent !== "number" ? task.kind : `${Math.floor(task.percent)} %`}</span><span class="soft entry-time">${ago(task.updated_at ?? task.created_at)}</span></span>
    <span class="entry-bar">${!over && html`<${Bar} percent=${task.percent ?? 0} label=${words.task.progress} status=${task.status} />`}</span>
  </a></li>`;
}

export function TaskList() {
  const [wanted, setWanted] = useState("");
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((times) => times + 1), CLOCK_MS);
    return () => clearInterval(timer);
  }, []);
  const word = wanted.trim().toLowerCase();
  const all = newestFirst(tasks.value);
  const found = word === "" ? all : all.filter((task) => `${task.title ?? ""} ${task.kind} ${task.status} ${task.task_id}`.toLowerCase().includes(word));
  return html`<nav class="side" aria-labelledby="tasks-title">
    <div class="side-head"><h2 id="tasks-title">${words.tasks.title}</h2><${StartButton} label=${words.tasks.startShort} /></div>
    <label class="find"><span class="unseen">${words.tasks.filter}</span><input type="search" placeholder=${words.tasks.filter} value=${wanted} onInput=${(event) => setWanted(event.target.value)} /></label>
    ${!loaded.value && !listError.value && html`<${Loading} />`}
    ${listError.value && html`<p class="wrong" role="alert">${listError.value.message}</p>`}
    <ul id="tasks" class="entries">${found.map((task) => html`<${Entry} key=${task.task_id} task=${task} current=${task.task_id === route.value.id} />`)}</ul>
    ${found.length === 0 && all.length > 0 && html`<p class="soft pad">${words.tasks.noneFound}</p>`}
    ${next.value && html`<button type="button" class="button quiet older" onClick=${() => readPage(session.value.client).catch(sayError)}><${Icon} name="down" /><span>${words.tasks.older}</span></button>`}
  </nav>`;
}
