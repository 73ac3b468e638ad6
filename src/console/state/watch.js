/** One task watched: its events, what they add up to, the state of the wire, and the proof; told at most once a frame. */
import { createClient } from "../client.min.js";
import { emptyView, fold, signal } from "../view.min.js";
import { createProof, prove, provenTo } from "./proof.js";
import { createRows } from "./rows.js";
import { judged, session } from "./session.js";
import { cuttable } from "./wires.js";

/** Frames kept on the page; the task has them all. */
const KEPT = 20_000;
/** Arrivals are counted in slots of so long. Milliseconds. */
export const SLOT_MS = 250;

const SUM = 0xdeadbeef;

/** A text added to a check sum of 53 bits. */
function addUp(sum, text) {
  let [high, low] = [sum ^ 0x41c6ce57, Math.floor(sum / 2 ** 21) ^ 0x9e3779b1];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** The watch as it is now, for a part of the page that is to be drawn again when it changes. */
export function seen(watch) {
  return watch && watch.version.value >= 0 ? watch : null;
}

/**
 * Begins to watch. `pace`: milliseconds that each event takes this reader; `bounds`: what may wait for it; `summed`: keeps a
 * check sum of everything up to each number.
 * What changes is told by `version`, a signal; everything else is read when it has changed.
 */
export function createWatch(taskId, { transport = "auto", replay = "full", after = null, pace = 0, bounds, keep = KEPT, summed = false } = {}) {
  let controller = new AbortController();
  let over = false;
  const wires = cuttable();
  const rows = createRows();
  const watch = {
    taskId, wires, rows, version: signal(0), view: emptyView(), proof: createProof(), frames: [], dropped: 0, merged: 0, began: performance.now(),
    connection: { phase: "idle", transport: transport === "auto" ? "websocket" : transport, retryInMs: null }, error: null, ended: false,
    /** It was made for workers to take: only the one that holds it publishes to it. */
    queued: false,
    /** The transport that was chosen. */
    wanted: transport,
    /** By number: what the characters of all events up to it come to. */
    sums: new Map(),
    /** What became of the wire: `{at, phase, transport}`; arrivals by slot; resumes: `{at, seq, ms}`. */
    history: [], arrivals: new Map(), resumes: [], lastCut: null,
    /** When things happened by the task's own clock: how many events by second since 1970. */
    moments: new Map(), lastTime: null,
    stop() {
      over = true;
      controller.abort();
    },
    /** Goes on over another transport, from where it is. */
    over(name) {
      if (over || watch.ended || watch.error) return;
      watch.wanted = name;
      controller.abort();
      controller = new AbortController();
      watch.lastCut ??= { at: performance.now(), seq: provenTo(watch.proof), switched: true };
      void run(name, controller.signal);
    },
    /** Goes on with the token there is now, after the one before was refused. */
    again() {
      if (over || watch.ended || !watch.error) return;
      watch.error = null;
      watch.lastCut ??= { at: performance.now(), seq: provenTo(watch.proof) };
      void run(watch.wanted, controller.signal);
    },
  };
  let waiting = false;
  const soon = () => {
    if (waiting || over) return;
    waiting = true;
    const tell = () => {
      waiting = false;
      if (!over) watch.version.value += 1;
    };
    if (document.hidden) setTimeout(tell, 200);
    else requestAnimationFrame(tell);
  };
  const keepFrame = (frame) => {
    watch.frames.push(frame);
    if (watch.frames.length > keep * 1.1) watch.dropped += watch.frames.splice(0, watch.frames.length - keep).length;
  };
  const onState = (state, signal) => {
    if (signal.aborted) return;
    const now = performance.now();
    const { phase, transport: over } = state;
    // Waiting without a time to end is waiting for us: a slow reader's wire is closed on purpose.
    const rests = phase === "waiting" && state.retryInMs === null;
    if (watch.connection.phase === "live" && phase !== "live" && phase !== "ended" && !rests) watch.lastCut ??= { at: now, seq: provenTo(watch.proof) };
    if (phase === "live" && watch.lastCut) {
      if (!watch.lastCut.switched) watch.proof.cuts += 1;
      watch.resumes.push({ at: now, seq: watch.lastCut.seq, ms: Math.round(now - watch.lastCut.at) });
      watch.lastCut = null;
    }
    watch.connection = state;
    watch.history.push({ at: now, phase: rests ? "resting" : phase, transport: over });
    soon();
  };
  let last = after;
  const take = (event) => {
    // Who goes on inside a merged range is told all of it again.
    if (event.seq <= known && event.type !== "task.snapshot") return;
    known = 0;
    last = event.cursor;
    prove(watch.proof, event);
    watch.view = fold(watch.view, event);
    rows.take(event);
    if (summed) watch.sums.set(event.seq, addUp(watch.sums.get(event.seq - 1) ?? SUM, JSON.stringify(event)));
    if (event.type === "task.queued") watch.queued = true;
    if (event.first_seq !== undefined && event.first_seq !== event.seq) watch.merged += event.seq - event.first_seq;
    keepFrame(event);
    watch.lastTime = event.time ? Date.parse(event.time) : watch.lastTime;
    const moment = Math.floor(watch.lastTime / SLOT_MS);
    watch.moments.set(moment, (watch.moments.get(moment) ?? 0) + 1);
    const slot = Math.floor(performance.now() / SLOT_MS);
    watch.arrivals.set(slot, (watch.arrivals.get(slot) ?? 0) + 1);
    soon();
  };

  /** What was known when another transport took over. */
  let known = 0;

  async function run(name, signal) {
    known = last === after ? 0 : provenTo(watch.proof);
    const client = createClient({ url: location.origin, token: session.value.token, WebSocket: wires.WebSocket, fetch: wires.fetch, transport: name, ...(bounds ? { bounds } : {}) });
    try {
      for await (const event of client.follow(taskId, { signal, onState: (state) => onState(state, signal), replay, after: last, onFrame: (frame) => (keepFrame(frame), soon()) })) {
        take(event);
        if (pace > 0) await new Promise((resolve) => setTimeout(resolve, pace));
      }
      if (!signal.aborted) watch.ended = true;
    } catch (error) {
      if (!signal.aborted) watch.error = judged(error);
    }
    soon();
  }
  void run(transport, controller.signal);
  return watch;
}

/** What was being watched when the token ended, and by whom: `{user, watch}`. */
let interrupted = null;

/** Keeps a watch until its user is back with another token. */
export function keepFor(user, watch) {
  interrupted = { user, watch };
}

/** The watch of this task that this user was made to leave, which goes on where it was; null where there is none. */
export function takeUp(user, taskId) {
  const kept = interrupted;
  interrupted = null;
  if (kept === null) return null;
  if (kept.user === user && kept.watch.taskId === taskId) {
    kept.watch.again();
    return kept.watch;
  }
  kept.watch.stop();
  return null;
}
