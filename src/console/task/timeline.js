/** What has happened, in order: what belongs together is one row, which grows. Only what can be seen is there. */
import { html, useMemo, useRef, useState } from "../view.min.js";
import { Icon } from "../parts/icons.js";
import { Notice } from "../parts/pieces.js";
import { VirtualList } from "../parts/virtual-list.js";
import { route, to } from "../state/route.js";
import { seen } from "../state/watch.js";
import { DEMO_KIND } from "../shell/start.js";
import { words } from "../words.js";
import { BODIES } from "./rows.js";
import { SayTo } from "./steer.js";

const ESTIMATE_PX = 34;

function Row({ row, rev }) {
  const [open, setOpen] = useState(null);
  return useMemo(() => {
    const body = BODIES[row.kind] ?? BODIES.other;
    const shown = body({ row, open, toggle: () => setOpen((before) => !(before ?? body.begins?.(row) ?? false)) });
    return html`<article class=${`row row-${row.kind} is-${row.status}${row.step && row.kind !== "step" ? " in-step" : ""}${row.level ? ` level-${row.level}` : ""}`} data-kind=${row.kind} data-seq=${row.seq}>
      <span class="row-seq" aria-hidden="true">${row.seq}</span><div class="row-body">${shown}</div>
    </article>`;
  }, [row, rev, open]);
}

/** How to get what waits for a worker going. */
function NoWorker({ kind }) {
  const command = kind === DEMO_KIND ? "npx taskwire demo" : words.work.command(kind ?? "KIND");
  return html`<p class="no-worker"><span>${words.timeline.noWorker}</span> <code>${command}</code></p>`;
}

export function Timeline({ watch }) {
  const { list } = seen(watch).rows;
  const [pinned, setPinned] = useState(true);
  const [left, setLeft] = useState(0);
  const api = useRef(null);
  const onPinned = (now) => {
    setPinned(now);
    if (!now) setLeft(list.length);
  };
  const { status, facts } = watch.view;
  const waits = status === "queued" && watch.queued;
  return html`<div class="timeline">
    <div class="timeline-scroll" id="log" tabindex="0" aria-label=${words.timeline.label} role="region">
      ${watch.replay === "compact" && html`<p class="note">${words.task.compact(watch.merged)} <a href=${to("tasks", watch.taskId, { replay: "full" })}>${words.task.readAll}</a></p>`}
      ${route.value.query.get("after") && html`<p class="note"><code>after=${route.value.query.get("after")}</code></p>`}
      ${list.length === 0 ? html`<${Notice} title=${words.timeline.empty} icon="queued"><p>${words.timeline.emptyMore}</p></${Notice}>`
        : html`<${VirtualList} api=${api} count=${list.length} version=${watch.version.value} estimate=${ESTIMATE_PX} pinned=${!watch.wasOver} onPinned=${onPinned} label=${words.timeline.label} row=${(at) => html`<${Row} row=${list[at]} rev=${list[at].rev} />`} />`}
      ${waits && html`<${NoWorker} kind=${facts.kind} />`}
    </div>
    ${!pinned && list.length > 0 && html`<button type="button" class="button latest" onClick=${() => api.current?.toEnd()}><${Icon} name="down" /><span>${words.timeline.latest}${!watch.ended && list.length > left ? `, ${words.timeline.fresh(list.length - left)}` : ""}</span></button>`}
    <${SayTo} watch=${watch} />
  </div>`;
}
