/** Letting others watch: a link for a person, an address for a program, and what was given away. */
import { html, useEffect, useState } from "../view.min.js";
import { clock } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { Copy, Sure } from "../parts/pieces.js";
import { session } from "../state/session.js";
import { say, sayError } from "../state/toast.js";
import { words } from "../words.js";

const DAY_MS = 86_400_000;
const { share } = words;

function Result({ id, label, value }) {
  return html`<div class="given"><input id=${id} readonly value=${value} aria-label=${label} onFocus=${(event) => event.target.select()} /><${Copy} text=${value} /></div>`;
}

function LinkCard({ taskId, onGiven }) {
  const [days, setDays] = useState(7);
  const [label, setLabel] = useState("");
  const [link, setLink] = useState(null);
  const make = async (event) => {
    event.preventDefault();
    try {
      const { token } = await session.value.client.grant({ task_ids: [taskId], ...(label.trim() ? { label: label.trim() } : {}), expires_at: new Date(Date.now() + days * DAY_MS).toISOString() });
      setLink(`${location.origin}/#/tasks/${taskId}?access=${token}`);
      onGiven();
    } catch (error) {
      sayError(error);
    }
  };
  return html`<form class="card" onSubmit=${make}><h2>${share.link}</h2><p class="soft">${share.linkMore}</p>
    <div class="field"><label for="share-label">${share.label}</label><input id="share-label" dir="auto" maxlength="256" placeholder=${share.labelPlaceholder} value=${label} onInput=${(event) => setLabel(event.target.value)} /></div>
    <div class="field"><label for="share-days">${share.days}</label><select id="share-days" value=${days} onChange=${(event) => setDays(Number(event.target.value))}>${[1, 7, 30, 365].map((count) => html`<option key=${count} value=${count}>${share.day(count)}</option>`)}</select></div>
    <button class="button main" id="share-make">${share.make}</button>${link && html`<${Result} id="share-link" label=${share.link} value=${link} />`}
  </form>`;
}

function TicketCard({ taskId }) {
  const [ticket, setTicket] = useState(null);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!ticket) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [ticket]);
  const make = () => session.value.client.ticket({ task_ids: [taskId] }).then(setTicket, sayError);
  return html`<div class="card"><h2>${share.ticket}</h2><p class="soft">${share.ticketMore}</p><button type="button" class="button main" id="ticket-make" onClick=${make}>${share.makeTicket}</button>
    ${ticket && html`<${Result} id="ticket" label=${share.ticket} value=${new URL(ticket.url, location.origin).href} /><p class="soft">${share.useBy(Math.ceil((Date.parse(ticket.use_by) - now) / 1000))}</p>`}</div>`;
}

export function Share({ taskId }) {
  const [grants, setGrants] = useState(null);
  const read = () => session.value.client.grants().then((all) => setGrants(all.filter(({ task_ids: ids }) => ids?.includes(taskId))), sayError);
  useEffect(() => void read(), [taskId]);
  const revoke = (id) => session.value.client.revoke(id).then(() => (say(share.revoked), read()), sayError);
  return html`<section class="share"><div class="cards"><${LinkCard} taskId=${taskId} onGiven=${read} /><${TicketCard} taskId=${taskId} /></div>
    <h2>${share.given}</h2>
    ${grants !== null && grants.length === 0 && html`<p class="soft">${share.none}</p>`}
    <ul class="grants">${(grants ?? []).map((grant) => html`<li key=${grant.grant_id}><${Icon} name="open" /><span dir="auto">${grant.label ?? grant.grant_id}</span><span class="soft">${grant.expires_at ? share.until(new Date(grant.expires_at).toLocaleString()) : clock(grant.created_at)}</span><${Sure} label=${share.revoke} icon="trash" onSure=${() => revoke(grant.grant_id)} /></li>`)}</ul>
  </section>`;
}
