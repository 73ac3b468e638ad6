/** How each kind of row looks. Whatever a task says is text here, and nothing else. */
import { html } from "../view.min.js";
import { between, clock, jsonText, number, size } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { LongText } from "../parts/pieces.js";
import { words } from "../words.js";

const { timeline } = words;
const time = (row) => row.time && html`<time class="row-time" datetime=${row.time}>${clock(row.time)}</time>`;
const took = (row) => {
  const text = row.ended && row.time ? between(row.time, row.ended) : null;
  return text && html`<span class="row-took">${text}</span>`;
};
const share = (row) => row.status === "running" && typeof row.percent === "number" && html`<span class="row-share">${Math.floor(row.percent)} %</span>`;
const sign = (status, name) => html`<${Icon} name=${status === "running" || status === "retrying" ? "running" : status === "failed" ? "failed" : status === "completed" ? "completed" : name} spin=${status === "running"} />`;
const failure = (error) => error && html`<p class="row-error" dir="auto">${error.message ?? ""} ${error.code && html`<code>${error.code}</code>`}</p>`;
const json = (label, value) => value !== undefined && value !== null && html`<div class="row-json"><span class="soft">${label}</span><${LongText} text=${jsonText(value)} mono /></div>`;
const isFlat = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every((one) => typeof one !== "object") && Object.keys(value).length <= 12;
/** A flat object as names and values, anything else as JSON. */
const facts = (label, value) => (isFlat(value) ? html`<p class="row-facts">${Object.entries(value).map(([name, one]) => html`<span key=${name} class="metric" dir="auto">${name} <b>${typeof one === "number" ? number(one) : String(one)}</b></span>`)}</p>` : json(label, value));
const Fold = (open, toggle, label) => html`<button type="button" class="row-fold" aria-expanded=${open} onClick=${toggle}><${Icon} name=${open ? "down" : "open"} /><span class="unseen">${label}</span></button>`;

function life({ row }) {
  const { type, data, message } = row;
  const more = message ?? data.user_message ?? data.error?.message ?? data.reason ?? (type === "task.started" && data.worker_id ? words.task.worker(data.worker_id) : type === "task.created" ? (data.title ?? data.kind) : (data.response ?? data.intent ?? ""));
  const name = type === "task.completed" ? "completed" : type === "task.failed" ? "failed" : type === "task.canceled" ? "canceled" : type === "task.paused" ? "paused" : "life";
  return html`<p class="row-line"><${Icon} name=${name} /><strong>${timeline.life[type] ?? type}</strong> <span class="row-more" dir="auto">${typeof more === "string" ? more : ""}</span>${time(row)}</p>
    ${type === "task.failed" && data.error && html`<p class="row-error"><code>${data.error.code}</code></p>`}
    ${type === "task.completed" && facts(words.task.result, data.result)}${type === "task.created" && facts(words.task.input, data.input)}
    ${(type === "plan.created" || type === "plan.updated") && Array.isArray(data.steps) && html`<ol class="row-plan">${data.steps.map((step, at) => html`<li key=${at} dir="auto">${step.title ?? step.step_id}</li>`)}</ol>`}`;
}

function step({ row }) {
  return html`<p class="row-line">${sign(row.status, "step")}${row.index && html`<span class="row-index">${words.timeline.step(row.index, row.total)}</span>`} <strong dir="auto">${row.title ?? row.name}</strong>
    ${share(row)}${took(row)}${time(row)}</p>
    ${row.status === "running" && html`<p class="row-now" dir="auto">${row.message ?? "\u00a0"}</p>`}${failure(row.error)}${row.status === "skipped" && html`<p class="soft" dir="auto">${row.reason}</p>`}`;
}

function tool({ row, open, toggle }) {
  const shown = open ?? false;
  return html`<p class="row-line">${Fold(shown, toggle, row.name)}${sign(row.status, "tool")}<code class="tool-name">${row.name}</code> <span dir="auto">${row.title ?? ""}</span>${share(row)}${took(row)}${time(row)}</p>
    ${shown && html`${json(timeline.input, row.input)}${json(timeline.output, row.output)}`}${row.text !== "" && html`<${LongText} text=${row.text} most=${800} tail mono />`}${failure(row.error)}`;
}

function message({ row }) {
  const running = row.status === "running";
  return html`<div class=${`bubble by-${row.role ?? "assistant"}`}><p class="bubble-head"><${Icon} name="message" /><strong>${timeline.role[row.role] ?? row.role ?? timeline.role.assistant}</strong>${row.agent && html` <span class="soft">${row.agent}</span>`}${took(row)}${time(row)}</p>
    <${LongText} text=${row.text} most=${6_000} tail=${running} />${running && html`<span class="caret" aria-hidden="true" />`}
    ${Array.isArray(row.sources) && html`<ul class="sources">${row.sources.map((source, at) => html`<li key=${at}>${jsonText(source.title ?? source.url ?? source, 0)}</li>`)}</ul>`}</div>`;
}

function reasoning({ row, open, toggle }) {
  const running = row.status === "running";
  const shown = open ?? true;
  return html`<p class="row-line quiet">${Fold(shown, toggle, timeline.thought)}<${Icon} name="reasoning" /><em>${running ? timeline.said : timeline.thought}</em>${row.agent && html`<span class="soft">${row.agent}</span>`}${took(row)}${time(row)}</p>${shown && html`<${LongText} text=${row.text} most=${900} tail=${running} />`}`;
}

function log({ row }) {
  return html`<div class="log-line"><${LongText} text=${row.text} most=${600} mono />${time(row)}</div>`;
}

function artifact({ row: { data, time: at }, open, toggle }) {
  const shown = open ?? false;
  const text = typeof data.inline === "string" ? data.inline : data.inline === undefined ? null : jsonText(data.inline);
  return html`<p class="row-line">${text !== null && Fold(shown, toggle, data.name)}<${Icon} name="artifact" /><strong dir="auto">${data.name}</strong> <span class="soft">${data.media_type}${typeof data.size === "number" ? `, ${size(data.size)}` : ""}</span>${time({ time: at })}</p>${text !== null ? shown && html`<div class="row-json"><${LongText} text=${text} most=${4_000} mono /></div>` : data.ref && html`<p class="soft mono">${jsonText(data.ref, 0)}</p>`}`;
}

function check({ row }) {
  const { data } = row;
  return html`<p class="row-line">${sign(row.status, "check")}<span>${String(data.check).replaceAll("_", " ")}</span> <span class="soft">${data.passed ? timeline.check.passed : timeline.check.failed}${typeof data.score === "number" ? `, ${Math.round(data.score * 100)} %` : ""}</span>${time(row)}</p>${Array.isArray(data.issues) && data.issues.length > 0 && html`<p class="soft" dir="auto">${data.issues.map((issue) => jsonText(issue, 0)).join(", ")}</p>`}`;
}

function metrics({ row }) {
  return html`<p class="row-line quiet"><${Icon} name="metrics" />${Object.entries(row.values).map(([name, value]) => html`<span key=${name} class="metric">${name} <b>${typeof value === "number" ? number(value) : String(value)}</b></span>`)}${time(row)}</p>`;
}

function ask({ row }) {
  const { data } = row;
  const outcome = row.outcome && (timeline[row.outcome] ?? row.outcome);
  return html`<p class="row-line"><${Icon} name="ask" /><strong>${timeline.asked}</strong> <span dir="auto">${data?.prompt ?? ""}</span>${time(row)}</p>
    ${outcome && html`<p class="row-answer"><span class="soft">${outcome}</span>${row.response !== undefined && row.response !== null && html` <code dir="auto">${jsonText(row.response, 0)}</code>`}</p>`}`;
}

function command({ row }) {
  return html`<p class="row-line quiet"><${Icon} name="command" /><strong>${timeline.ordered[row.name] ?? row.name}</strong> <span class="soft">${timeline.outcome[row.status] ?? row.status}${row.code ? ` (${row.code})` : ""}</span>${time(row)}</p>`;
}

function gap({ row }) {
  return html`<p class="row-line"><${Icon} name="gap" /><strong>${timeline.life["task.snapshot"]}</strong>${time(row)}</p><p class="soft">${timeline.gap}</p>`;
}

function other({ row, open, toggle }) {
  const shown = open ?? false;
  return html`<p class="row-line">${Fold(shown, toggle, row.type)}<${Icon} name="other" /><code>${row.type}</code> ${!shown && html`<span class="soft row-more mono">${jsonText(row.data ?? {}, 0).slice(0, 160)}</span>`}${time(row)}</p>${shown && html`<p class="soft">${timeline.unknown}</p><${LongText} text=${jsonText(row.data ?? {})} most=${1_200} mono />`}`;
}

const openAtFirst = () => true;
reasoning.begins = openAtFirst;

export const BODIES = { life, step, tool, message, reasoning, log, artifact, check, metrics, ask, command, gap, other };
