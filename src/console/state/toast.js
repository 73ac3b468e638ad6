/** A short word about what was just done. */
import { signal } from "../view.min.js";

const SHOWN_MS = 5_000;

export const toast = signal(null);
let timer = 0;

/** Says it for some seconds; `bad`: something did not work. */
export function say(text, bad = false) {
  clearTimeout(timer);
  toast.value = { text, bad };
  timer = setTimeout(() => void (toast.value = null), SHOWN_MS);
}

/** Says what went wrong. */
export function sayError(error) {
  say(`${error.message ?? error}${error.advice ? ` ${error.advice}` : ""}`, true);
}
