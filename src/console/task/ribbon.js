/** A minute of the wire: above, the wire itself, with its holes; below, what came over it. Drawn on a canvas, told in words. */
import { html, useEffect, useRef } from "../view.min.js";
import { marks } from "../state/session.js";
import { provenTo } from "../state/proof.js";
import { SLOT_MS } from "../state/watch.js";
import { words } from "../words.js";

const SPAN_MS = 60_000;
const WIRE_Y = 9;
/** Of a bar, and between two labels. Pixels. */
const WIDEST = 10;
const APART = 64;
/** Read to its end within so long: it was over before we came. Milliseconds. */
const RECORD_MS = 3_000;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const colours = (element) => {
  const style = getComputedStyle(element);
  return Object.fromEntries(["copper", "patina", "rust", "line", "soft"].map((name) => [name, style.getPropertyValue(`--${name}`).trim() || "gray"]));
};

function paint(canvas, watch) {
  if (!canvas) return;
  const { width, height } = canvas.getBoundingClientRect();
  const scale = devicePixelRatio || 1;
  if (width === 0) return;
  if (canvas.width !== Math.round(width * scale)) Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  const draw = canvas.getContext("2d");
  const { copper, patina, rust, line, soft } = colours(canvas);
  draw.setTransform(scale, 0, 0, scale, 0, 0);
  draw.clearRect(0, 0, width, height);
  const over = watch.ended || watch.error;
  const now = over ? (watch.stoppedAt ??= performance.now()) : performance.now();
  const x = (at) => width - ((now - at) / SPAN_MS) * width;
  const floor = height - 1;
  draw.fillStyle = line;
  draw.fillRect(0, floor, width, 1);
  if (watch.ended && now - watch.began < RECORD_MS) return record(draw, watch, width, floor, { copper, soft });
  wires(draw, watch, now, x, width, { patina, rust, soft });
  const slot = (SLOT_MS / SPAN_MS) * width;
  const first = Math.floor((now - SPAN_MS) / SLOT_MS);
  for (const [at, count] of watch.arrivals) {
    if (at < first) {
      watch.arrivals.delete(at);
      continue;
    }
    const tall = tallFor(count, floor);
    draw.fillStyle = copper;
    draw.fillRect(x(at * SLOT_MS), floor - tall, Math.max(1.5, slot - 1), tall);
  }
  draw.font = "600 11px ui-monospace, monospace";
  draw.fillStyle = rust;
  for (const { at, what } of marks) {
    if (now - at > SPAN_MS) continue;
    draw.fillRect(x(at), WIRE_Y, 1, floor - WIRE_Y);
    draw.textAlign = "right";
    draw.fillText(`${words.wire.marks[what]} ✕`, x(at) - 3, WIRE_Y + 27);
    draw.textAlign = "left";
  }
  draw.fillStyle = patina;
  let labelled = -APART;
  for (const { at, seq } of watch.resumes) {
    if (now - at > SPAN_MS) continue;
    draw.fillRect(x(at), WIRE_Y, 1, floor - WIRE_Y);
    if (x(at) - labelled < APART) continue;
    labelled = x(at);
    draw.fillText(`seq ${seq + 1}`, Math.min(x(at) + 4, width - 70), WIRE_Y + 14);
  }
}

/** A task that was over when we came: when its events happened, from the first to the last. */
function record(draw, { moments }, width, floor, { copper, soft }) {
  const slots = [...moments.keys()].filter(Number.isFinite);
  const [first, last] = [Math.min(...slots), Math.max(...slots)];
  const wide = width / Math.max(1, last - first + 1);
  draw.fillStyle = soft;
  draw.fillRect(0, WIRE_Y, width, 1);
  draw.fillStyle = copper;
  const most = Math.max(1, (last - first + 1) / width);
  const bins = new Map();
  for (const [slot, count] of moments) {
    const bin = Math.floor((slot - first) / most);
    bins.set(bin, (bins.get(bin) ?? 0) + count);
  }
  const bar = Math.min(WIDEST, Math.max(1.5, most * wide - 1));
  for (const [bin, count] of bins) draw.fillRect(bin * most * wide, floor - tallFor(count, floor), bar, tallFor(count, floor));
}

/** How tall a bar is for so many events. */
function tallFor(count, floor) {
  return Math.min(1, Math.log2(count + 1) / 10) * (floor - WIRE_Y - 11) + 2;
}

/** The wire: whole where it was live, broken where it was not. */
function wires(draw, { history }, now, x, width, { patina, rust, soft }) {
  history.forEach(({ at, phase }, index) => {
    const until = history[index + 1]?.at ?? now;
    if (now - until > SPAN_MS) return;
    const [from, to] = [Math.max(0, x(at)), Math.min(width, x(until))];
    draw.beginPath();
    draw.lineWidth = phase === "live" ? 2.5 : 2;
    draw.strokeStyle = phase === "live" ? patina : phase === "ended" || phase === "resting" ? soft : rust;
    draw.setLineDash(phase === "live" ? [] : [2, 4]);
    draw.moveTo(from, WIRE_Y);
    draw.lineTo(Math.max(to, from + 1), WIRE_Y);
    draw.stroke();
  });
  draw.setLineDash([]);
}

export function Ribbon({ watch }) {
  const canvas = useRef(null);
  useEffect(() => {
    if (!watch) return undefined;
    let over = false;
    const step = () => {
      if (over) return;
      paint(canvas.current, watch);
      if (STILL.matches || watch.ended || watch.error) return;
      requestAnimationFrame(step);
    };
    step();
    const sizes = new ResizeObserver(() => paint(canvas.current, watch));
    sizes.observe(canvas.current);
    return () => {
      over = true;
      sizes.disconnect();
    };
  }, [watch]);
  useEffect(() => {
    if (watch && (STILL.matches || watch.ended)) paint(canvas.current, watch);
  }, [watch?.version.value]);
  return html`<canvas ref=${canvas} class="ribbon" role="img" aria-label=${words.wire.ribbon(watch ? words.wire.proof(watch.proof.count, watch.proof.first ?? 1, provenTo(watch.proof)) : "")}></canvas>`;
}
