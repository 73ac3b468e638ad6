/** What a task asks, and the form to answer it. */
import { html, useEffect, useState } from "../view.min.js";
import { duration } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { session } from "../state/session.js";
import { say } from "../state/toast.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";
import { begin, readForm, SchemaFields } from "./schema-form.js";

function Left({ until }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const ms = Date.parse(until) - now;
  return Number.isFinite(ms) && ms > 0 ? html`<span class="soft">${words.ask.left(duration(Math.ceil(ms / 1000) * 1000))}</span>` : null;
}

function Question({ taskId, input }) {
  const [values, setValues] = useState(() => begin(input.schema));
  const [wrong, setWrong] = useState(null);
  const [busy, setBusy] = useState(false);
  const { access, client } = session.value;
  const respond = async (outcome, response) => {
    setBusy(true);
    setWrong(null);
    try {
      await client.command(taskId, "respond", { request_id: input.request_id, outcome, ...(response === undefined ? {} : { response }) });
      say(words.steer.done.respond);
    } catch (error) {
      setWrong({ text: words.ask.invalid(error.message), path: error.extra?.path ?? null });
    }
    setBusy(false);
  };
  const submit = (event) => {
    event.preventDefault();
    try {
      void respond("answered", readForm(input.schema, values));
    } catch (error) {
      setWrong({ text: error.message, path: null });
    }
  };
  const options = Array.isArray(input.options) && input.options.length > 0 ? input.options : null;
  const id = `ask-${input.request_id}`;
  return html`<form class="ask" data-ask=${input.request_id} aria-labelledby=${id} onSubmit=${submit} novalidate>
    <p class="ask-head"><${Icon} name="ask" /><strong>${words.ask.title}</strong>${input.expires_at && html`<${Left} until=${input.expires_at} />`}</p>
    <p class="ask-prompt" id=${id} dir="auto">${input.prompt}</p>
    ${access === "link" ? html`<p class="soft">${words.steer.watchOnly}</p>` : html`
      ${!options && input.kind !== "approval" && html`<${SchemaFields} id=${id} schema=${input.schema} values=${values} onChange=${setValues} wrong=${wrong?.path} />`}
      <p class="wrong" role="alert">${wrong?.text}</p>
      <div class="ask-acts">
        ${options ? options.map((option, at) => html`<button key=${at} type="button" class=${`button ${at === 0 ? "main" : ""}`} disabled=${busy} onClick=${() => respond(input.kind === "approval" ? (option.value === false ? "denied" : "approved") : "answered", option.value)}>${option.label ?? JSON.stringify(option.value)}</button>`)
          : input.kind === "approval" ? html`<button type="button" class="button main" disabled=${busy} onClick=${() => respond("approved", true)}>${words.ask.approve}</button><button type="button" class="button" disabled=${busy} onClick=${() => respond("denied", false)}>${words.ask.deny}</button>`
          : html`<button class="button main" disabled=${busy}>${words.ask.answer}</button>`}
      </div>`}
  </form>`;
}

export function Ask({ watch }) {
  const open = [...seen(watch).view.inputs.values()].filter(({ status }) => status === "open");
  return html`<div class="asks">${open.map((input) => html`<${Question} key=${input.request_id} taskId=${watch.taskId} input=${input} />`)}</div>`;
}
