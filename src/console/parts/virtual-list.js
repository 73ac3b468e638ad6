/** A list of any length of which only what can be seen is there. Heights may differ and change; what one reads stays where it is. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.min.js";

const OVER_PX = 600;
const END_PX = 48;

/** The element that scrolls this one: the nearest ancestor that can, else the page. */
function scrollerOf(element) {
  for (let at = element.parentElement; at; at = at.parentElement) if (/auto|scroll/.test(getComputedStyle(at).overflowY) && at !== document.body) return at;
  return document.scrollingElement;
}

const inner = (scroller) => (scroller === document.scrollingElement ? window : scroller);

/** The first row that ends behind `y`. */
function rowAt(offsets, count, y) {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle + 1] <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * `count` rows, drawn by `row(at)`; `estimate`: height of a row that was not seen yet, in pixels; `pinned`: begins at the end and stays
 * there while nobody scrolls away; `onPinned` is told of that. `version` changes whenever rows do.
 */
export function VirtualList({ count, row, version, estimate = 40, pinned: begin = false, onPinned, label, role = "list", api }) {
  const host = useRef(null);
  const state = useRef(null);
  const [, draw] = useState(0);
  state.current ??= { heights: [], offsets: new Float64Array(1), scroller: null, pinned: begin, view: { top: 0, height: 900 }, width: 0, told: null };
  const own = state.current;

  if (own.offsets.length < count + 1) {
    const longer = new Float64Array(Math.max(256, (count + 1) * 2));
    longer.set(own.offsets);
    own.offsets = longer;
  }
  for (let at = 0; at < count; at++) own.offsets[at + 1] = own.offsets[at] + (own.heights[at] ?? estimate);
  const total = own.offsets[count];

  const look = () => {
    const { scroller } = own;
    if (!scroller || !host.current) return;
    const page = scroller === document.scrollingElement;
    const top = page ? 0 : scroller.getBoundingClientRect().top;
    own.view = { top: top - host.current.getBoundingClientRect().top, height: page ? innerHeight : scroller.clientHeight };
  };
  const atEnd = () => {
    const { scroller } = own;
    return !scroller || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_PX;
  };
  const tell = () => {
    const now = own.pinned || atEnd();
    if (own.told !== now) onPinned?.(now);
    own.told = now;
  };

  useEffect(() => {
    own.scroller = scrollerOf(host.current);
    // What scrolls with the whole page begins where the page does.
    if (own.scroller === document.scrollingElement) own.pinned = false;
    const target = inner(own.scroller);
    let asked = false;
    const onScroll = () => {
      own.pinned = atEnd();
      tell();
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        look();
        draw((times) => times + 1);
      });
    };
    const onSize = () => {
      if (!host.current) return;
      const { clientWidth } = host.current ?? { clientWidth: 0 };
      const scroller = scrollerOf(host.current);
      if (own.width !== clientWidth) own.heights = [];
      own.width = clientWidth;
      if (scroller !== own.scroller) {
        inner(own.scroller).removeEventListener("scroll", onScroll);
        own.scroller = scroller;
        inner(scroller).addEventListener("scroll", onScroll, { passive: true });
      }
      look();
      draw((times) => times + 1);
    };
    target.addEventListener("scroll", onScroll, { passive: true });
    const sizes = new ResizeObserver(onSize);
    sizes.observe(host.current);
    if (own.scroller !== document.scrollingElement) sizes.observe(own.scroller);
    const rows = new ResizeObserver((entries) => {
      let [changed, above] = [false, 0];
      for (const { target: element } of entries) {
        const at = Number(element.dataset.at);
        const height = element.offsetHeight;
        if (!element.isConnected || own.heights[at] === height) continue;
        if (own.offsets[at + 1] <= own.view.top) above += height - (own.heights[at] ?? estimate);
        own.heights[at] = height;
        changed = true;
      }
      if (above !== 0 && !own.pinned) own.scroller.scrollTop += above;
      if (changed) draw((times) => times + 1);
    });
    own.rows = rows;
    own.toEnd = () => {
      own.pinned = true;
      tell();
      draw((times) => times + 1);
    };
    if (api) api.current = { toEnd: own.toEnd };
    onSize();
    tell();
    return () => {
      inner(own.scroller).removeEventListener("scroll", onScroll);
      sizes.disconnect();
      rows.disconnect();
    };
  }, []);

  useLayoutEffect(() => {
    if (own.rows && host.current) for (const element of host.current.children) if (!element.seen) (element.seen = true), own.rows.observe(element);
    if (own.pinned && own.scroller) {
      const end = own.scroller.scrollHeight;
      if (Math.abs(own.scroller.scrollTop + own.scroller.clientHeight - end) > 1) own.scroller.scrollTop = end;
    }
    if (own.scroller) tell();
  });

  look();
  // Pinned to the end, what is there is judged from the end: the scrolling follows after the drawing.
  const bottom = own.pinned ? total : own.view.top + own.view.height;
  const top = own.pinned ? total - own.view.height : own.view.top;
  const first = rowAt(own.offsets, count, Math.max(0, top - OVER_PX));
  const last = Math.min(count, rowAt(own.offsets, count, bottom + OVER_PX) + 1);
  const drawn = [];
  for (let at = first; at < last; at++) {
    drawn.push(html`<div class="vrow" role=${role === "list" ? "listitem" : undefined} key=${at} data-at=${at} aria-setsize=${role === "list" ? count : undefined} aria-posinset=${role === "list" ? at + 1 : undefined} style=${{ transform: `translateY(${own.offsets[at]}px)` }}>${row(at)}</div>`);
  }
  return html`<div ref=${host} class="vlist" role=${role} aria-label=${label} data-version=${version} style=${{ height: `${total}px` }}>${drawn}</div>`;
}
