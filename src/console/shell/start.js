/** Starts the task that does real work: the worker beside `npm start` takes it. */
import { html, useState } from "../view.min.js";
import { Icon } from "../parts/icons.js";
import { go, to } from "../state/route.js";
import { session } from "../state/session.js";
import { sayError } from "../state/toast.js";
import { words } from "../words.js";

export const DEMO_KIND = "read-repository";

export function StartButton({ main = false, label = words.tasks.start }) {
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      const { task_id: id } = await session.value.client.create({ kind: DEMO_KIND, title: "Read this repository and report", queue: true });
      go(to("tasks", id));
    } catch (error) {
      sayError(error);
    }
    setBusy(false);
  };
  return html`<button type="button" id=${main ? "start-first" : "start"} class=${`button ${main ? "main" : ""}`} disabled=${busy} onClick=${start}><${Icon} name="play" /><span>${busy ? words.tasks.starting : label}</span></button>`;
}
