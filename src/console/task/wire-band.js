/** The wire, drawn: what came over it in the last minute, where it was cut, and the proof that nothing is missing. */
import { html, useEffect, useState } from "../view.min.js";
import { size } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { breakIt, session } from "../state/session.js";
import { provenTo } from "../state/proof.js";
import { say, sayError } from "../state/toast.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";
import { Ribbon } from "./ribbon.js";

/** The proof in words. */
export function Proof({ watch, id, legend = false }) {
  const { proof, merged } = seen(watch);
  const to = provenTo(proof);
  return html`<p class="proof" id=${id} role="status"><span class="proof-count">${words.wire.proof(proof.count, proof.first ?? 1, to)}</span>${proof.count > 0 && html`<span class=${proof.wrong === 0 ? "good" : "wrong"}><${Icon} name=${proof.wrong === 0 ? "check" : "failed"} />${proof.wrong === 0 ? words.wire.good : words.wire.wrong(proof.wrong)}</span>`}
    ${proof.cuts > 0 && html`<span class="survived">${words.wire.survived(proof.cuts)}</span>`}${merged > 0 && html`<span class="soft">${words.task.compact(merged)}</span>`}${legend && html`<span class="legend soft">${watch.wasOver ? words.wire.record : words.wire.legend}</span>`}</p>`;
}

/** How the wire is, in a word or two. */
export function WireState({ watch, id }) {
  const { phase, transport } = seen(watch)?.connection ?? { phase: "connecting", transport: "websocket" };
  return html`<span class=${`pill wire-${phase}`} id=${id} role="status"><span class="pulse" /><span>${words.connection[phase]}</span>${phase === "live" && html`<span class="soft">${words.connection.over[transport]}</span>`}</span>`;
}

/** What happened to the wire last. */
function Last({ watch }) {
  const [now, setNow] = useState(performance.now());
  const last = seen(watch).resumes.at(-1);
  useEffect(() => {
    setNow(performance.now());
    const timer = setTimeout(() => setNow(performance.now()), 8_100);
    return () => clearTimeout(timer);
  }, [last, watch.lastCut]);
  if (watch.lastCut) return html`<span class="last cut">${words.wire.cutAt(watch.lastCut.seq)}</span>`;
  if (last && now - last.at < 8_000) return html`<span class="last resumed">${words.wire.resumed(last.seq, last.ms)}</span>`;
  return html`<span class="last soft">${words.wire.bytes(size(watch.wires.bytes))}</span>`;
}

export function BreakButtons() {
  const { can } = session.value;
  const act = (what, done) => () => breakIt(what).then(() => say(done), sayError);
  return html`${can.broker && html`<button type="button" class="button danger" id="break-broker" onClick=${act("broker", words.wire.brokerGone)}><${Icon} name="stop" /><span>${words.wire.broker}</span></button>`}
    ${can.service && html`<button type="button" class="button danger" id="break-service" onClick=${act("service", words.wire.serviceGone)}><${Icon} name="lab" /><span>${words.wire.service}</span></button>`}`;
}

export function WireBand({ watch, transport, onTransport }) {
  const over = seen(watch)?.ended ?? false;
  return html`<section class="wire" aria-label=${words.wire.title}>
    <div class="wire-top">
      <${WireState} watch=${watch} id="connection" />
      ${watch && html`<${Last} watch=${watch} />`}
      <div class="wire-acts">
        <label class="pick"><span class="unseen">${words.wire.transport}</span><select id="transport" value=${transport} onChange=${(event) => onTransport(event.target.value)}>
          ${["auto", "websocket", "sse", "long_poll"].map((name) => html`<option key=${name} value=${name}>${words.connection.pick[name]}</option>`)}</select></label>
        <button type="button" class="button danger" id="cut" disabled=${!watch || over} onClick=${() => watch.wires.cut()}><${Icon} name="cut" /><span>${words.wire.cut}</span></button>
        <${BreakButtons} />
      </div>
    </div>
    <${Ribbon} watch=${watch} />
    ${watch ? html`<${Proof} watch=${watch} id="proof" legend />` : html`<p class="proof" />`}
  </section>`;
}
