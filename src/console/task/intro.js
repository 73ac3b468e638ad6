/** What one is looking at, said once. */
import { html, useState } from "../view.min.js";
import { DEMO_KIND } from "../shell/start.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";

const KEY = "taskwire-understood";

const understood = () => {
  try {
    return localStorage.getItem(KEY) === "yes";
  } catch {
    return false;
  }
};

export function Intro({ watch }) {
  const [gone, setGone] = useState(understood());
  if (gone || seen(watch)?.view.facts.kind !== DEMO_KIND) return null;
  const close = () => {
    setGone(true);
    try {
      localStorage.setItem(KEY, "yes");
    } catch {
      // Then it is said again next time.
    }
  };
  return html`<aside class="intro"><p><strong>${words.intro.title}</strong> ${words.intro.text}</p><button type="button" class="button quiet" onClick=${close}>${words.intro.close}</button></aside>`;
}
