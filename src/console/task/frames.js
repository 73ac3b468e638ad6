/** The frames as they came, each with its cursor: what a client sees. */
import { html, useState } from "../view.min.js";
import { number } from "../parts/format.js";
import { Copy, Notice } from "../parts/pieces.js";
import { VirtualList } from "../parts/virtual-list.js";
import { to } from "../state/route.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";

const ROW_PX = 30;
const sizes = new WeakMap();

function sizeOf(frame) {
  if (!sizes.has(frame)) sizes.set(frame, new Blob([JSON.stringify(frame)]).size);
  return sizes.get(frame);
}

function Frame({ frame, open, onOpen, taskId }) {
  const own = frame.type.startsWith("stream.");
  const { cursor } = frame;
  return html`<div class=${`frame${own ? " own" : ""}${open ? " open" : ""}`}>
    <button type="button" class="frame-line" aria-expanded=${open} onClick=${onOpen}>
      <span class="frame-seq">${frame.first_seq !== undefined && frame.first_seq !== frame.seq ? `${frame.first_seq}–${frame.seq}` : (frame.seq ?? "·")}</span><span class="frame-type">${frame.type}</span><span class="frame-cursor">${cursor ?? ""}</span><span class="frame-size">${number(sizeOf(frame))}</span>
    </button>
    ${open && html`<div class="frame-more"><pre tabindex="0" aria-label=${words.frames.whole} dir="auto">${JSON.stringify(frame, null, 2)}</pre><p class="frame-acts"><${Copy} text=${() => JSON.stringify(frame)} />${cursor && !own && html`<a class="button quiet" href=${to("tasks", taskId, { after: cursor, tab: "frames" })}>${words.frames.after}</a>`}</p></div>`}
  </div>`;
}

export function Frames({ watch }) {
  const [own, setOwn] = useState(true);
  const [opened, setOpened] = useState(null);
  const frames = own ? seen(watch).frames : seen(watch).frames.filter(({ type }) => !type.startsWith("stream."));
  const { columns } = words.frames;
  return html`<div class="frames">
    <div class="frames-head"><label class="tick"><input type="checkbox" checked=${own} onChange=${(event) => setOwn(event.target.checked)} /><span>${words.frames.own}</span></label>${watch.dropped > 0 && html`<span class="soft">${words.task.trimmed(watch.dropped)}</span>`}</div>
    <div class="frame-line frame-names" aria-hidden="true"><span>${columns.seq}</span><span>${columns.type}</span><span>${columns.cursor}</span><span>${columns.size}</span></div>
    <div class="frames-scroll" tabindex="0" role="region" aria-label=${words.frames.label}>
      ${frames.length === 0 ? html`<${Notice} title=${words.frames.empty} icon="queued" />`
        : html`<${VirtualList} key=${own} count=${frames.length} version=${watch.version.value} estimate=${ROW_PX} pinned=${!watch.wasOver} label=${words.frames.label}
          row=${(at) => html`<${Frame} frame=${frames[at]} taskId=${watch.taskId} open=${opened === frames[at]} onOpen=${() => setOpened(opened === frames[at] ? null : frames[at])} />`} />`}
    </div>
  </div>`;
}
