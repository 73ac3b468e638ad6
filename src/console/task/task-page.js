/** One task: what it is, the wire it comes over, and the ways to look at it. */
import { html, useEffect, useRef, useState } from "../view.min.js";
import { Trouble } from "../parts/pieces.js";
import { Icon } from "../parts/icons.js";
import { route, to } from "../state/route.js";
import { session } from "../state/session.js";
import { createWatch, keepFor, seen, takeUp } from "../state/watch.js";
import { words } from "../words.js";
import { Ask } from "./ask.js";
import { Beside } from "./beside.js";
import { Frames } from "./frames.js";
import { TaskHead } from "./head.js";
import { Intro } from "./intro.js";
import { Outline } from "./outline.js";
import { Publish } from "./publish.js";
import { Share } from "./share.js";
import { Timeline } from "./timeline.js";
import { WireBand } from "./wire-band.js";

/** A longer history is read compact at first. Events. */
const LONG_HISTORY = 20_000;
const TRANSPORTS = ["websocket", "sse", "long_poll"];
const TABS = ["timeline", "frames", "beside", "publish", "share"];

/** How to begin: in full where the history is short enough, and at the beginning where the task is over. */
async function beginning(taskId) {
  const wanted = route.value.query.get("replay");
  const found = await session.value.client.get(taskId, { giveUpMs: 3_000 }).catch(() => null);
  const replay = wanted === "full" || wanted === "compact" ? wanted : (found?.task.last_seq ?? 0) > LONG_HISTORY ? "compact" : "full";
  return { replay, wasOver: ["completed", "failed", "canceled"].includes(found?.task.status) };
}

export function TaskPage({ taskId }) {
  const [transport, setTransport] = useState(TRANSPORTS.includes(route.value.query.get("transport")) ? route.value.query.get("transport") : "auto");
  const chosen = useRef(transport);
  const [watch, setWatch] = useState(null);
  const [tab, setTab] = useState(TABS.includes(route.value.query.get("tab")) ? route.value.query.get("tab") : "timeline");
  const { client, access, who } = session.value;

  useEffect(() => {
    let made = takeUp(who.user, taskId);
    let over = false;
    if (made) {
      chosen.current = made.wanted;
      setTransport(made.wanted);
      setWatch(made);
    } else beginning(taskId).then(({ replay, wasOver }) => {
      if (over) return;
      made = Object.assign(createWatch(taskId, { transport: chosen.current, replay, after: route.value.query.get("after") }), { replay, wasOver });
      setWatch(made);
    });
    return () => {
      over = true;
      if (made && session.value.phase === "asking") keepFor(who.user, made);
      else made?.stop();
    };
  }, [taskId, client]);
  const change = (name) => {
    chosen.current = name;
    setTransport(name);
    watch?.over(name);
  };

  const error = seen(watch)?.error;
  if (error && watch.proof.count === 0) {
    return html`<${Trouble} error=${error}><p><a class="button" href=${to("tasks")}><${Icon} name="back" /><span>${words.errors.back}</span></a></p></${Trouble}>`;
  }
  const tabs = TABS.filter((name) => access !== "link" || (name !== "publish" && name !== "share"));
  const keys = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return html`<article class="task" aria-labelledby="title">
    <a class="to-list" href=${to("tasks")}><${Icon} name="back" /><span>${words.tasks.back}</span></a>
    <${TaskHead} taskId=${taskId} watch=${watch} />
    <${Intro} watch=${watch} />
    <${WireBand} watch=${watch} transport=${transport} onTransport=${change} />
    ${error && html`<p class="wrong" role="alert">${error.message} ${error.advice}</p>`}
    ${watch && html`<${Ask} watch=${watch} />`}
    <div class="tabs" role="tablist" aria-label=${words.task.tabs.label} onKeyDown=${keys}>
      ${tabs.map((name) => html`<button key=${name} type="button" role="tab" id=${`tab-${name}`} aria-selected=${tab === name} aria-controls="panel" tabindex=${tab === name ? 0 : -1} onClick=${() => setTab(name)}>${words.task.tabs[name]}</button>`)}
    </div>
    <div class=${`panel panel-${tab}`} id="panel" role="tabpanel" aria-labelledby=${`tab-${tab}`}>
      ${watch && tab === "timeline" && html`<${Timeline} key=${watch.began} watch=${watch} /><${Outline} watch=${watch} />`}
      ${watch && tab === "frames" && html`<${Frames} key=${watch.began} watch=${watch} />`}
      ${watch && tab === "beside" && html`<${Beside} key=${taskId} taskId=${taskId} />`}
      ${watch && tab === "publish" && html`<${Publish} watch=${watch} />`}
      ${watch && tab === "share" && html`<${Share} taskId=${taskId} />`}
    </div>
  </article>`;
}
