/** What a task is and how far: its title, status, progress with the time left, and what can be ordered of it. */
import { html, useEffect, useState } from "../view.min.js";
import { between, clock, duration } from "../parts/format.js";
import { Bar, Copy, Status } from "../parts/pieces.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";
import { Steer } from "./steer.js";

const OVER = new Set(["completed", "failed", "canceled", "deleted"]);

/** Milliseconds left as far as can be told: what the worker said, else what the pace so far gives. */
function timeLeft({ facts, progress, status }) {
  if (OVER.has(status) || status === "waiting" || status === "paused" || typeof progress.percent !== "number") return null;
  if (typeof progress.eta_ms === "number") return Math.max(0, progress.eta_ms - (Date.now() - Date.parse(facts.updated_at ?? "")) || progress.eta_ms);
  const gone = Date.now() - Date.parse(facts.started_at ?? "");
  return progress.percent >= 5 && Number.isFinite(gone) ? (gone / progress.percent) * (100 - progress.percent) : null;
}

export function TaskHead({ taskId, watch }) {
  const [, tick] = useState(0);
  const view = seen(watch)?.view;
  const { facts = {}, progress = {}, status = "unknown", attempt = 0 } = view?.seq > 0 ? view : {};
  const over = OVER.has(status);
  useEffect(() => {
    if (over) return undefined;
    const timer = setInterval(() => tick((times) => times + 1), 1_000);
    return () => clearInterval(timer);
  }, [over]);
  const title = facts.title ?? facts.kind ?? "";
  useEffect(() => {
    document.title = title ? `${title.slice(0, 80)} · ${words.name}` : words.name;
    return () => void (document.title = words.name);
  }, [title]);
  const left = timeLeft({ facts, progress, status });
  const took = over ? between(facts.started_at ?? facts.created_at, facts.ended_at) : null;
  const doing = over ? (facts.error ? (facts.user_message ?? facts.error.message) : (facts.response ?? "")) : (progress.message ?? progress.stage ?? "");
  return html`<header class="head">
    <div class="head-row">
      <div class="head-words">
        <h1 id="title" dir="auto">${title || html`<span class="bone wide" />`}</h1>
        <p class="facts"><span id="status"><${Status} status=${status} /></span>
          ${facts.kind && html`<span>${facts.kind}</span>`}
          ${facts.worker_id && html`<span>${words.task.worker(facts.worker_id)}</span>`}
          ${attempt > 1 && html`<span>${words.task.attempt(attempt)}</span>`}
          ${facts.started_at && html`<span>${words.task.started(clock(facts.started_at))}</span>`}
          <span class="id"><code id="task-id">${taskId}</code></span></p>
      </div>
      ${watch && html`<${Steer} watch=${watch} />`}
    </div>
    <div class="how-far">
      <${Bar} percent=${progress.percent} label=${words.task.progress} status=${status} />
      <p class="how-far-words" id="detail"><strong>${typeof progress.percent === "number" ? `${Math.floor(progress.percent)} %` : ""}</strong>
        <span class="doing" dir="auto">${typeof doing === "string" ? doing : ""}</span>
        <span class="left">${took ? words.task.took(took) : left !== null && left > 900 ? words.task.left(duration(left)) : ""}</span></p>
    </div>
  </header>`;
}
