/** Two readers of one task, one of which takes its time. */
import { html, useEffect, useRef, useState } from "../view.min.js";
import { size } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { session } from "../state/session.js";
import { provenTo } from "../state/proof.js";
import { sayError } from "../state/toast.js";
import { createWatch, seen } from "../state/watch.js";
import { words } from "../words.js";
import { Ribbon } from "../task/ribbon.js";
import { Proof } from "../task/wire-band.js";

/** What the slow reader takes for one event, and what may wait for it before it stops reading. Milliseconds; events. */
const PACE_MS = 12;
const BOUNDS = { items: 200, size: 64 * 1024 };
/** What is published: lines of the service's own contract, in bursts. */
const BURST = 60;
const EVERY_MS = 200;
const MOST = 6_000;
const { slow } = words.lab;

async function publishUntil(client, signal, onPublished) {
  const { task_id: id } = await client.create({ kind: "two-readers", title: "Two readers, one slow" });
  const lines = (await (await fetch("/asyncapi.json")).text()).match(/.{40,120}/g) ?? ["a line"];
  const run = async () => {
    await client.publish(id, { type: "task.started", data: { attempt: 1 } });
    let count = 1;
    while (!signal.aborted && count < MOST) {
      await client.publish(id, Array.from({ length: BURST }, (_, at) => ({ type: "log.line", data: { level: "info", text: lines[(count + at) % lines.length] } })));
      count += BURST;
      onPublished(count + 1);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    await client.publish(id, { type: "task.completed", data: {} });
    onPublished(count + 2);
  };
  return { id, done: run() };
}

function Reader({ name, watch, published }) {
  const at = provenTo(seen(watch).proof);
  const behind = Math.max(0, published - at);
  const { phase, retryInMs } = watch.connection;
  return html`<section class="slow-one" data-reader=${name}><h3>${slow[name]}</h3>
    <p><strong class="slow-seq">seq ${at.toLocaleString("en")}</strong> <span class=${behind > 0 ? "survived" : "good"}>${behind > 0 ? slow.behind(behind) : slow.level}</span></p>
    <span class="measure-bar"><span style=${{ transform: `scaleX(${published > 0 ? Math.min(1, at / published) : 0})` }} /></span>
    <${Ribbon} watch=${watch} />
    <p class="soft">${slow.wire(phase === "waiting" && !retryInMs ? slow.paused : words.connection[phase])}, ${size(watch.wires.bytes)}</p>
    <${Proof} watch=${watch} /></section>`;
}

export function Slow() {
  const [pair, setPair] = useState(null);
  const [published, setPublished] = useState(0);
  const [running, setRunning] = useState(false);
  const controller = useRef(null);
  const stop = () => controller.current?.abort();
  useEffect(() => () => pair?.forEach((watch) => watch.stop()), [pair]);
  useEffect(() => stop, []);
  const start = async () => {
    setRunning(true);
    controller.current = new AbortController();
    try {
      const { id, done } = await publishUntil(session.value.client, controller.current.signal, setPublished);
      setPair([createWatch(id), createWatch(id, { pace: PACE_MS, bounds: BOUNDS })]);
      await done;
    } catch (error) {
      sayError(error);
    }
    setRunning(false);
  };
  return html`<section class="card slow" id="slow"><h2>${slow.title}</h2><p class="soft">${slow.text}</p>
    <div class="acts">${running ? html`<button type="button" class="button" id="slow-stop" onClick=${stop}><${Icon} name="stop" /><span>${slow.stop}</span></button>` : html`<button type="button" class="button main" id="slow-start" onClick=${start}><${Icon} name="play" /><span>${slow.start}</span></button>`}<span class="soft">${published > 0 ? slow.published(published) : ""}</span></div>
    ${pair && html`<div class="slow-both"><${Reader} name="fast" watch=${pair[0]} published=${published} /><${Reader} name="slow" watch=${pair[1]} published=${published} /></div>`}
  </section>`;
}
