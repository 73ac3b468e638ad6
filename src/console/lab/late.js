/** An answer of 50,000 tokens, joined late: once every event, once compact, side by side. */
import { createClient } from "../client.min.js";
import { html, useEffect, useRef, useState } from "../view.min.js";
import { duration, number, size } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { Bar } from "../parts/pieces.js";
import { to } from "../state/route.js";
import { session } from "../state/session.js";
import { tasks } from "../state/tasks.js";
import { sayError } from "../state/toast.js";
import { cuttable } from "../state/wires.js";
import { words } from "../words.js";

export const LATE_KIND = "fifty-thousand-tokens";
const TOKENS = 50_000;
const { late } = words.lab;

/** Words to say: what the service's own contract says of everything in it, over and over. */
async function realTokens() {
  const said = [];
  const walk = (value) => {
    if (typeof value !== "object" || value === null) return;
    for (const name of ["summary", "description"]) if (typeof value[name] === "string") said.push(value[name]);
    for (const one of Object.values(value)) walk(one);
  };
  walk(await (await fetch("/asyncapi.json")).json());
  const found = `${said.join("\n")}\n`.match(/\S+\s*/g) ?? ["token "];
  return Array.from({ length: TOKENS }, (_, at) => found[at % found.length]);
}

async function publishAll(client, onDone, signal) {
  const { task_id: id } = await client.create({ kind: LATE_KIND, title: "An answer of 50,000 tokens" });
  const events = client.publisher(id, { signal });
  await events.push({ type: "task.started", data: { attempt: 1 } });
  await events.push({ type: "message.started", data: { message_id: "m1", role: "assistant" } });
  let said = 0;
  for (const delta of await realTokens()) {
    await events.push({ type: "message.delta", data: { message_id: "m1", delta } });
    said += 1;
    if (said % 1_000 === 0) onDone(said);
  }
  await events.push({ type: "task.completed", data: {} });
  await events.flush();
  return id;
}

/** Reads the task from its beginning, and measures. */
async function readAll(id, replay, onChange, signal) {
  const wires = cuttable();
  const client = createClient({ url: location.origin, token: session.value.token, fetch: wires.fetch, WebSocket: wires.WebSocket, transport: "websocket" });
  const began = performance.now();
  const result = { bytes: 0, ms: 0, events: 0, text: "" };
  for await (const { type, data } of client.follow(id, { replay, signal })) {
    result.events += 1;
    if (type === "message.delta") result.text += data.delta;
    if (type === "message.completed" && data.content) result.text = data.content;
    if (result.events % 2_000 === 0) onChange({ ...result, bytes: wires.bytes, ms: performance.now() - began });
  }
  return { ...result, bytes: wires.bytes, ms: performance.now() - began, done: true };
}

function Column({ name, found, most }) {
  return html`<section class="late-one" data-replay=${name}><h3>${late[name]}</h3>
    ${["bytes", "ms", "events"].map((what) => {
    const value = found?.[what] ?? 0;
    const shown = what === "bytes" ? size(value) : what === "ms" ? duration(value) : number(value);
    return html`<div class="measure" key=${what}><span class="soft">${{ bytes: late.bytes, ms: late.time, events: late.events }[what]}</span><strong data-measure=${what}>${found ? shown : "–"}</strong><span class="measure-bar"><span style=${{ transform: `scaleX(${most[what] > 0 ? value / most[what] : 0})` }} /></span></div>`;
  })}</section>`;
}

export function Late() {
  const [made, setMade] = useState(null);
  const [said, setSaid] = useState(null);
  const [found, setFound] = useState({ full: null, compact: null });
  const [busy, setBusy] = useState(false);
  const controller = useRef(null);
  controller.current ??= new AbortController();
  useEffect(() => () => controller.current.abort(), []);
  const earlier = [...tasks.value.values()].find(({ kind, status, last_seq: last }) => kind === LATE_KIND && status === "completed" && last > TOKENS);
  const id = made ?? earlier?.task_id ?? null;
  const { signal } = controller.current;

  const read = async (task) => {
    setFound({ full: null, compact: null });
    for (const replay of ["full", "compact"]) {
      const result = await readAll(task, replay, (now) => setFound((before) => ({ ...before, [replay]: now })), signal);
      setFound((before) => ({ ...before, [replay]: result }));
    }
  };
  const run = async () => {
    setBusy(true);
    try {
      const task = id ?? await publishAll(session.value.client, setSaid, signal);
      setMade(task);
      setSaid(null);
      await read(task);
    } catch (error) {
      if (!signal.aborted) sayError(error);
    }
    setBusy(false);
  };
  const { full, compact } = found;
  const both = full?.done && compact?.done;
  const most = Object.fromEntries(["bytes", "ms", "events"].map((what) => [what, Math.max(full?.[what] ?? 0, compact?.[what] ?? 0)]));
  return html`<section class="card late" id="late"><h2>${late.title}</h2><p class="soft">${late.text}</p>
    <div class="acts"><button type="button" class="button main" id="late-run" disabled=${busy} onClick=${run}><${Icon} name="play" /><span>${id ? late.again : late.make}</span></button>${id && html`<a class="button quiet" href=${to("tasks", id)}>${late.open}</a>`}</div>
    ${said !== null && html`<div class="late-making"><${Bar} percent=${(said / TOKENS) * 100} label=${late.make} /><span class="soft">${late.making(said)}</span></div>`}
    ${(full || compact) && html`<div class="late-both"><${Column} name="full" found=${full} most=${most} /><${Column} name="compact" found=${compact} most=${most} /></div>`}
    <p class="late-end" role="status">${both && html`<span class=${full.text === compact.text ? "good" : "wrong"}><${Icon} name=${full.text === compact.text ? "check" : "failed"} />${full.text === compact.text ? late.same : late.differ}</span> <span>${late.ratio((full.bytes / compact.bytes).toFixed(1), (full.ms / compact.ms).toFixed(1))}</span>`}</p>
  </section>`;
}
