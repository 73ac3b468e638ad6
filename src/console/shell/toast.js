/** The place where a short word about what was just done appears. */
import { html } from "../view.min.js";
import { toast } from "../state/toast.js";

export function Toast() {
  const { value } = toast;
  return html`<div class="toast-place" role="status" aria-live="polite">${value && html`<div class=${`toast${value.bad ? " bad" : ""}`}>${value.text}</div>`}</div>`;
}
