/** Small pieces that many parts use. */
import { html, useEffect, useRef, useState } from "../view.min.js";
import { words } from "../words.js";
import { number, size } from "./format.js";
import { Icon } from "./icons.js";

const KNOWN = new Set(["queued", "running", "paused", "waiting", "recovering", "completed", "failed", "canceled", "deleted"]);

/** A task's status, as a sign and a word. */
export function Status({ status, small = false }) {
  const name = KNOWN.has(status) ? status : "unknown";
  return html`<span class=${`status status-${name}${small ? " small" : ""}`}><${Icon} name=${name} spin=${name === "running" || name === "recovering"} /><span>${words.status[status] ?? status}</span></span>`;
}

/** A state of the page where there is nothing else to see: empty, wrong, or gone. */
export function Notice({ title, kind = "empty", icon = "unknown", children, alert = false }) {
  return html`<div class=${`notice notice-${kind}`} role=${alert ? "alert" : undefined}><span class="notice-sign"><${Icon} name=${icon} /></span><${alert ? "h1" : "h2"}>${title}</${alert ? "h1" : "h2"}>${children}</div>`;
}

/** What an error means to people. */
export function Trouble({ error, children }) {
  const known = words.errors[error.code] ?? words.errors.other;
  return html`<${Notice} title=${known.title} kind="error" icon="failed" alert>
    <p>${known.text || error.message}</p>
    ${error.advice && html`<p class="soft">${words.errors.advice} ${error.advice}</p>`}
    <p class="soft"><code>${error.code ?? ""}</code></p>${children}
  </${Notice}>`;
}

/** Shapes where something will be. */
export function Loading({ rows = 4 }) {
  return html`<div class="loading" role="status"><span class="unseen">${words.loading}</span>${Array.from({ length: rows }, (_, at) => html`<span class="bone" key=${at} />`)}</div>`;
}

/** Copies what `text` gives, which may take a moment. */
export function Copy({ text, label = words.copy.copy }) {
  const [said, setSaid] = useState(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), 2_000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? await text() : text);
      setSaid(words.copy.copied);
    } catch {
      setSaid(words.copy.failed);
    }
  };
  return html`<button type="button" class="button quiet copy" onClick=${copy}><${Icon} name=${said === words.copy.copied ? "check" : "copy"} /><span aria-live="polite">${said ?? label}</span></button>`;
}

/** A text of any length: of a long one its beginning (`tail`: its end), all of it on demand. Always text, never markup. */
export function LongText({ text, most = 1_600, tail = false, mono = false }) {
  const [all, setAll] = useState(false);
  const long = text.length > most;
  const shown = !long || all ? text : tail ? `… ${text.slice(-most)}` : `${text.slice(0, most)} …`;
  return html`<div class=${`text${mono ? " mono" : ""}`} dir="auto">${shown}</div>
    ${long && html`<button type="button" class="link" aria-expanded=${all} onClick=${() => setAll(!all)}>${all ? words.timeline.less : words.timeline.showAll(text.length < 2_048 ? `${number(text.length)} characters` : size(new Blob([text]).size))}</button>`}`;
}

/** A button that asks once more before it does what cannot be undone. */
export function Sure({ label, icon, onSure, disabled }) {
  const [asked, setAsked] = useState(false);
  const button = useRef(null);
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(() => setAsked(false), 4_000);
    return () => clearTimeout(timer);
  }, [asked]);
  return html`<button ref=${button} type="button" class=${`button quiet${asked ? " bad" : ""}`} disabled=${disabled} onClick=${() => (asked ? (setAsked(false), onSure()) : setAsked(true))}><${Icon} name=${icon} /><span>${asked ? words.steer.sure : label}</span></button>`;
}

/** A thin bar; without a percent it says that it does not know. */
export function Bar({ percent, label, status }) {
  const known = typeof percent === "number";
  return html`<div class=${`bar-track status-${status ?? "running"}`} role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${known ? Math.floor(percent) : undefined} aria-valuetext=${known ? `${Math.floor(percent)} %` : words.task.notKnown}>
    <span class="bar-fill" style=${{ transform: `scaleX(${known ? percent / 100 : 0})` }} />
  </div>`;
}
