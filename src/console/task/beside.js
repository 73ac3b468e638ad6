/** The same task over two wires, side by side: cut either, and both come to the same events. */
import { html, useEffect, useState } from "../view.min.js";
import { number, size } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { provenTo } from "../state/proof.js";
import { createWatch, seen } from "../state/watch.js";
import { words } from "../words.js";
import { Ribbon } from "./ribbon.js";
import { Proof, WireState } from "./wire-band.js";

const SHOWN = 40;

/** The events of a watch as text, up to a number: what both must agree on. */
export function agreement(left, right) {
  const upTo = Math.min(provenTo(left.proof), provenTo(right.proof));
  const events = ({ frames }) => frames.filter(({ type, seq }) => !type.startsWith("stream.") && seq <= upTo);
  const [a, b] = [events(left), events(right)];
  const count = Math.min(a.length, b.length);
  const same = a.slice(a.length - count).every((event, at) => JSON.stringify(event) === JSON.stringify(b[b.length - count + at]));
  return { upTo, same, apart: Math.abs(provenTo(left.proof) - provenTo(right.proof)) };
}

function Column({ watch, name }) {
  const events = seen(watch).frames.filter(({ type }) => !type.startsWith("stream.")).slice(-SHOWN).reverse();
  return html`<section class="beside-one" data-transport=${name} aria-label=${words.connection.over[name]}>
    <div class="wire-top"><strong>${words.connection.over[name]}</strong><${WireState} watch=${watch} /><span class="soft">${size(watch.wires.bytes)}</span><button type="button" class="button danger" disabled=${watch.ended} onClick=${() => watch.wires.cut()}><${Icon} name="cut" /><span>${words.wire.cut}</span></button></div>
    <${Ribbon} watch=${watch} /><${Proof} watch=${watch} />
    <ol class="beside-events" tabindex="0" aria-label=${words.timeline.label}>${events.map((event) => html`<li key=${event.seq}><span>${number(event.seq)}</span><span>${event.type}</span><code>${event.cursor}</code></li>`)}</ol>
  </section>`;
}

export function Beside({ taskId }) {
  const [pair, setPair] = useState(null);
  useEffect(() => {
    const made = ["websocket", "sse"].map((transport) => createWatch(taskId, { transport }));
    setPair(made);
    return () => made.forEach((watch) => watch.stop());
  }, [taskId]);
  if (!pair) return null;
  const [left, right] = pair;
  const { upTo, same, apart } = agreement(seen(left), seen(right));
  return html`<section class="beside"><h2>${words.beside.title}</h2><p class="soft">${words.beside.more}</p>
    <p id="agreement" class=${`agreement ${same ? "good" : "wrong"}`} role="status"><${Icon} name=${same ? "check" : "failed"} />${same ? words.beside.same(upTo) : words.beside.differ}${apart > 0 ? html` <span class="soft">${words.beside.behind(apart)}</span>` : ""}</p>
    <div class="beside-both"><${Column} watch=${left} name="websocket" /><${Column} watch=${right} name="sse" /></div>
  </section>`;
}
