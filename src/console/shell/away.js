/** Says that the service is away, and when it is tried again. */
import { html, useEffect, useState } from "../view.min.js";
import { service } from "../state/tasks.js";
import { session } from "../state/session.js";
import { words } from "../words.js";
import { Icon } from "../parts/icons.js";

/** A cut of a moment is no news. Milliseconds. */
const QUIET_MS = 700;

export function Away() {
  const { phase, retryInMs } = service.value;
  const gone = phase === "waiting" || phase === "connecting";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!gone) return void setShown(false);
    const timer = setTimeout(() => setShown(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [gone]);
  return html`<div class="away-place" role="status">${gone && shown && html`<div class="away"><${Icon} name="cut" /><strong>${words.connection.away}</strong>
    <span>${words.connection.awayMore(retryInMs === null || retryInMs === undefined ? null : Math.ceil(retryInMs / 1000))}</span>
    <button type="button" class="button" onClick=${() => session.value.client?.wake()}>${words.connection.retryNow}</button></div>`}</div>`;
}
