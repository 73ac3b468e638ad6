/** The same task over two wires, side by side: cut either, and both come to the same events. */
import { html, useEffect, useState } from "../view.min.js";
import { number, size } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { provenTo } from "../state/proof.js";
import { to } from "../state/route.js";
import { createWatch, seen } from "../state/watch.js";
import { words } from "../words.js";
import { Ribbon } from "./ribbon.js";
import { Proof, WireState } from "./wire-band.js";

const SHOWN = 40;

/** Whether both agree on everything up to the last number that both have. */
export function agreement(left, right) {
  const upTo = Math.min(provenTo(left.proof), provenTo(right.proof));
  return { upTo, same: left.sums.get(upTo) === right.sums.get(upTo), apart: Math.abs(provenTo(left.proof) - provenTo(right.proof)) };
}

function Column({ watch, name }) {
  const { frames } = seen(watch);
  const events = [];
  for (let at = frames.length - 1; at >= 0 && events.length < SHOWN; at--) if (!frames[at].type.startsWith("stream.")) events.push(frames[at]);
  return html`<section class="beside-one" data-transport=${name} aria-label=${words.connection.over[name]}>
    <div class="wire-top"><strong>${words.connection.over[name]}</strong><${WireState} watch=${watch} /><span class="soft">${size(watch.wires.bytes)}</span><button type="button" class="button danger" disabled=${watch.ended} onClick=${() => watch.wires.cut()}><${Icon} name="cut" /><span>${words.wire.cut}</span></button></div>
    <${Ribbon} watch=${watch} /><${Proof} watch=${watch} />
    <ol class="beside-events" tabindex="0" aria-label=${words.timeline.label}>${events.map((event) => html`<li key=${event.seq}><span>${number(event.seq)}</span><span>${event.type}</span><code>${event.cursor}</code></li>`)}</ol>
  </section>`;
}

export function Beside({ taskId }) {
  const [pair, setPair] = useState(null);
  useEffect(() => {
    const made = ["websocket", "sse"].map((transport) => createWatch(taskId, { transport, summed: true }));
    setPair(made);
    return () => made.forEach((watch) => watch.stop());
  }, [taskId]);
  if (!pair) return null;
  const [left, right] = pair;
  const { upTo, same, apart } = agreement(seen(left), seen(right));
  return html`<section class="beside"><h2>${words.beside.title}</h2><p class="soft">${words.beside.more}</p>
    <p class="acts">${["websocket", "sse"].map((name) => html`<a key=${name} class="button quiet" target="_blank" rel="noopener" href=${to("tasks", taskId, { transport: name })}><${Icon} name="open" /><span>${words.beside.tab(words.connection.pick[name])}</span></a>`)}</p>
    <p id="agreement" class=${`agreement ${same ? "good" : "wrong"}`} role="status"><${Icon} name=${same ? "check" : "failed"} />${same ? words.beside.same(upTo) : words.beside.differ}${apart > 0 ? html` <span class="soft">${words.beside.behind(apart)}</span>` : ""}</p>
    <div class="beside-both"><${Column} watch=${left} name="websocket" /><${Column} watch=${right} name="sse" /></div>
  </section>`;
}
