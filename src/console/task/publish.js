/** Lines to publish to this task and to watch it, from anywhere, with a fresh token filled in. */
import { html, useEffect, useState } from "../view.min.js";
import { Icon } from "../parts/icons.js";
import { Copy } from "../parts/pieces.js";
import { go, to } from "../state/route.js";
import { freshToken, session } from "../state/session.js";
import { sayError } from "../state/toast.js";
import { seen } from "../state/watch.js";
import { words } from "../words.js";
import { LANGUAGES, snippet } from "./snippets.js";

const OVER = new Set(["completed", "failed", "canceled"]);
const HIDDEN = "•".repeat(24);
const { publish } = words;

function Lines({ language, what, facts, shown }) {
  const text = snippet(language, what, facts);
  const looked = shown || facts.token === "" ? text : text.replaceAll(facts.token, HIDDEN);
  return html`<div class="lines"><div class="lines-head"><h3>${publish[what]}</h3><${Copy} text=${text} /></div><pre tabindex="0" aria-label=${`${publish.languages[language]}: ${publish[what]}`} data-lines=${`${language}-${what}`}>${looked}</pre></div>`;
}

export function Publish({ watch }) {
  const [language, setLanguage] = useState("curl");
  const [token, setToken] = useState("");
  const [shown, setShown] = useState(false);
  useEffect(() => void freshToken().then((text) => setToken(text ?? ""), sayError), [watch.taskId]);
  const { status } = seen(watch).view;
  const over = OVER.has(status);
  const leased = !over && watch.queued;
  const task = over || leased ? null : watch.taskId;
  const make = async () => {
    try {
      go(to("tasks", (await session.value.client.create({ kind: "hello", title: publish.ownTitle })).task_id, { tab: "publish" }));
    } catch (error) {
      sayError(error);
    }
  };
  return html`<section class="publish">
    <h2>${publish.title}</h2><p class="soft">${task === null ? (over ? publish.ended : publish.leased) : publish.more}</p>
    ${task === null && html`<p><button type="button" class="button" id="publish-own" onClick=${make}><${Icon} name="plus" /><span>${publish.own}</span></button></p>`}
    <div class="publish-head"><div class="languages" role="group" aria-label=${publish.language}>${LANGUAGES.map((name) => html`<button key=${name} type="button" class="button quiet" id=${`language-${name}`} aria-pressed=${language === name} onClick=${() => setLanguage(name)}>${publish.languages[name]}</button>`)}</div>
      <button type="button" class="link" id="show-token" aria-pressed=${shown} onClick=${() => setShown(!shown)}>${shown ? publish.hide : publish.show}</button></div>
    <p class="soft">${publish.where[language]}</p>
    ${["publish", "watch"].map((what) => html`<${Lines} key=${what} language=${language} what=${what} shown=${shown} facts=${{ url: location.origin, token, task: what === "watch" ? watch.taskId : task }} />`)}
  </section>`;
}
