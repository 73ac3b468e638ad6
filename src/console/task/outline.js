/** Beside the timeline: the steps at a glance, what came out, and the numbers. */
import { html } from "../view.min.js";
import { jsonText, number, size } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";

const SIGNS = { running: "running", completed: "completed", failed: "failed", retrying: "recovering", skipped: "skipped", closed: "closed" };

function download({ name, media_type: type, inline }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([jsonText(inline)], { type: "application/octet-stream" }));
  link.download = String(name ?? type ?? "artifact").replace(/[^\w.-]+/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

export function Outline({ watch }) {
  const { steps, artifacts, metrics, facts } = seen(watch).view;
  const plan = Array.isArray(facts.plan) ? facts.plan.filter(({ step_id: id }) => !steps.has(id)) : [];
  if (steps.size + artifacts.size + metrics.size + plan.length === 0) return null;
  return html`<aside class="outline" aria-label=${words.task.outline}>
    ${steps.size + plan.length > 0 && html`<h2>${words.task.steps}</h2><ol class="outline-steps">
      ${[...steps.values()].map((step) => html`<li key=${step.step_id} class=${`is-${step.status}`}><${Icon} name=${SIGNS[step.status] ?? "unknown"} spin=${step.status === "running"} /><span dir="auto">${step.title ?? step.name ?? step.step_id}</span><span class="soft">${step.status === "running" && typeof step.percent === "number" ? `${Math.floor(step.percent)} %` : ""}</span></li>`)}
      ${plan.map((step) => html`<li key=${step.step_id} class="is-planned"><${Icon} name="unknown" /><span dir="auto">${step.title ?? step.step_id}</span><span /></li>`)}
    </ol>`}
    ${metrics.size > 0 && html`<h2>${words.task.numbers}</h2><dl class="outline-numbers">${[...metrics].map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${typeof value === "number" ? number(value) : String(value)}</dd></div>`)}</dl>`}
    ${artifacts.size > 0 && html`<h2>${words.task.artifacts}</h2><ul class="outline-artifacts">${[...artifacts.values()].map((artifact) => html`<li key=${artifact.artifact_id}><${Icon} name="artifact" /><span dir="auto">${artifact.name}</span>${artifact.inline === undefined ? html`<span class="soft">${typeof artifact.size === "number" ? size(artifact.size) : ""}</span>` : html`<button type="button" class="link" onClick=${() => download(artifact)}>${words.task.download}</button>`}</li>`)}</ul>`}
  </aside>`;
}
