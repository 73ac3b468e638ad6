/** Everything that goes wrong in real life, on purpose. */
import { html } from "../view.min.js";
import { Icon } from "../parts/icons.js";
import { StartButton } from "../shell/start.js";
import { newestFirst } from "../shell/task-list.js";
import { to } from "../state/route.js";
import { tasks } from "../state/tasks.js";
import { BreakButtons } from "../task/wire-band.js";
import { words } from "../words.js";
import { Late } from "./late.js";
import { Slow } from "./slow.js";

const { lab } = words;

export function LabPage() {
  const all = newestFirst(tasks.value);
  const running = all.find(({ status }) => ["running", "paused", "waiting"].includes(status));
  const any = running ?? all[0];
  return html`<article class="page lab"><h1>${lab.title}</h1><p class="lead">${lab.more}</p>
    <section class="card"><h2>${lab.cut.title}</h2><p class="soft">${lab.cut.text}</p><div class="acts">${running ? html`<a class="button main" href=${to("tasks", running.task_id)}><${Icon} name="open" /><span>${lab.cut.go}</span></a>` : html`<${StartButton} main label=${lab.cut.none} />`}<${BreakButtons} /></div></section>
    <section class="card"><h2>${lab.both.title}</h2><p class="soft">${lab.both.text}</p>${any && html`<div class="acts"><a class="button" href=${to("tasks", any.task_id, { tab: "beside" })}><${Icon} name="open" /><span>${lab.both.go}</span></a></div>`}</section>
    <${Late} /><${Slow} />
  </article>`;
}
