/** Where no task is chosen: the newest one where there is room for it, else how to get a first one. */
import { html, useEffect } from "../view.min.js";
import { Mark } from "../parts/icons.js";
import { Loading, Trouble } from "../parts/pieces.js";
import { go, route, to } from "../state/route.js";
import { listError, loaded, tasks } from "../state/tasks.js";
import { session } from "../state/session.js";
import { words } from "../words.js";
import { StartButton } from "./start.js";
import { newestFirst } from "./task-list.js";

const WIDE = matchMedia("(min-width: 60rem)");

export function Welcome() {
  const all = newestFirst(tasks.value);
  const first = all[0]?.task_id;
  useEffect(() => {
    if (route.value.id === null && route.value.page === "tasks" && first && WIDE.matches) go(to("tasks", first), true);
  }, [first]);
  if (session.value.access === "link") return html`<p class="soft">${words.tasks.shared}</p>`;
  if (listError.value && !loaded.value) return html`<${Trouble} error=${listError.value} />`;
  if (!loaded.value) return html`<${Loading} />`;
  if (first) return null;
  return html`<section class="welcome">
    <${Mark} />
    <h1>${words.tasks.none}</h1>
    <p>${words.tasks.noneMore}</p>
    <p><${StartButton} main /></p>
    <p class="soft">${words.tasks.startedBy} <code>${words.tasks.command}</code></p>
  </section>`;
}
