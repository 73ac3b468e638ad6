/** What can be ordered of a task: pause, resume, cancel, a message; or doing it again. */
import { html, useState } from "../view.min.js";
import { Icon } from "../parts/icons.js";
import { Sure } from "../parts/pieces.js";
import { go, to } from "../state/route.js";
import { session } from "../state/session.js";
import { say, sayError } from "../state/toast.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";

const OVER = new Set(["completed", "failed", "canceled"]);

export function Steer({ watch }) {
  const [busy, setBusy] = useState(false);
  const { status } = seen(watch).view;
  const { client, access } = session.value;
  if (access === "link") return html`<p class="soft steer">${words.steer.watchOnly}</p>`;
  if (watch.view.seq === 0 || status === "deleted") return html`<div class="steer" />`;
  const run = async (work, done) => {
    setBusy(true);
    try {
      await work();
      if (done) say(done);
    } catch (error) {
      sayError(error);
    }
    setBusy(false);
  };
  const order = (command) => () => run(() => client.command(watch.taskId, command), words.steer.done[command]);
  const again = () => run(async () => go(to("tasks", (await client.retry(watch.taskId)).task_id)), words.steer.done.retry);
  const remove = () => run(async () => {
    await client.remove(watch.taskId);
    go(to("tasks"));
  }, words.steer.removed);
  const button = (name, icon, act) => html`<button type="button" class="button quiet" id=${`steer-${name}`} disabled=${busy} onClick=${act}><${Icon} name=${icon} /><span>${words.steer[name]}</span></button>`;
  if (OVER.has(status)) return html`<div class="steer" role="group" aria-label=${words.steer.label}>${button("retry", "again", again)}<${Sure} label=${words.steer.remove} icon="trash" disabled=${busy} onSure=${remove} /></div>`;
  return html`<div class="steer" role="group" aria-label=${words.steer.label}>
    ${status === "paused" ? button("resume", "play", order("resume")) : status !== "queued" && button("pause", "pause", order("pause"))}
    <${Sure} label=${words.steer.cancel} icon="stop" disabled=${busy} onSure=${order("cancel")} />
  </div>`;
}

/** Says something to a task that is under way. */
export function SayTo({ watch }) {
  const [text, setText] = useState("");
  const { client, access } = session.value;
  const { status } = seen(watch).view;
  if (access === "link" || watch.view.seq === 0 || OVER.has(status) || status === "deleted") return null;
  const send = async (event) => {
    event.preventDefault();
    const said = text.trim();
    if (said === "") return;
    setText("");
    await client.command(watch.taskId, "message", { text: said }).catch((error) => (setText(said), sayError(error)));
  };
  return html`<form class="say" id="say" onSubmit=${send}>
    <label class="unseen" for="say-text">${words.steer.message}</label>
    <input id="say-text" dir="auto" autocomplete="off" placeholder=${words.steer.placeholder} value=${text} onInput=${(event) => setText(event.target.value)} />
    <button class="button" disabled=${text.trim() === ""}><${Icon} name="send" /><span>${words.steer.send}</span></button>
  </form>`;
}
