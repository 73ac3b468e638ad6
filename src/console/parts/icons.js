/** Signs, drawn for this page: lines of 1.5 on a field of 16. */
import { html } from "../view.min.js";

const PATHS = {
  queued: "M8 3.2v5l3 1.8M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  running: "M14 8a6 6 0 1 1-6-6",
  paused: "M6 5.5v5M10 5.5v5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  waiting: "M6.2 6.4a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.1M8 11.4v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  recovering: "M13.5 6.5A5.8 5.8 0 0 0 3 5.2M2.5 9.5A5.8 5.8 0 0 0 13 10.8M3 2.5v2.8h2.8M13 13.5v-2.8h-2.8",
  completed: "M5.2 8.2 7.2 10.2 11 6.2M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  failed: "M6 6l4 4M10 6l-4 4M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  canceled: "M5.2 8h5.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  unknown: "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  closed: "M5.2 8h5.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  skipped: "M4 5l4 3-4 3M9 5l4 3-4 3",
  message: "M2.5 3.5h11v7.5H7l-3 2.5V11H2.5Z",
  reasoning: "M8 2v2M8 12v2M2 8h2M12 8h2M4 4l1.2 1.2M10.8 10.8 12 12M12 4l-1.2 1.2M5.2 10.8 4 12M10 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z",
  tool: "M10.5 2.8a3.2 3.2 0 0 0-3.2 4.3L2.8 11.6l1.6 1.6 4.5-4.5a3.2 3.2 0 0 0 4.3-3.2l-1.9 1.6-1.7-.5-.5-1.7Z",
  step: "M3 8h10M9.5 4.5 13 8l-3.5 3.5",
  log: "M3 4.5h10M3 8h7M3 11.5h9",
  artifact: "M4 2.5h5l3 3v8H4ZM9 2.5v3h3",
  check: "M3 8.5l3 3 7-7",
  metrics: "M3 13V8M6.5 13V4M10 13V9.5M13.5 13V6",
  ask: "M6.2 6.4a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.1M8 11.4v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  command: "M3 4.5 6.5 8 3 11.5M8.5 12H13",
  life: "M8 4.5v7M4.5 8h7",
  gap: "M2 8h3M11 8h3M6.5 5.5l3 5",
  other: "M4 8h.1M8 8h.1M12 8h.1",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.5 8Z",
  stop: "M4 4h8v8H4Z",
  again: "M13 6.5A5.3 5.3 0 1 0 13.3 9M13.2 3v3.6H9.6",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
  cut: "M4.5 6A1.8 1.8 0 1 1 4.5 2.4 1.8 1.8 0 0 1 4.5 6ZM4.5 13.6a1.8 1.8 0 1 1 0-3.6 1.8 1.8 0 0 1 0 3.6ZM6 5.2 13.5 11M6 10.8 13.5 5",
  copy: "M6 6h7.5v7.5H6ZM10 6V2.5H2.5V10H6",
  send: "M2.5 8 13.5 2.8 10 13.2 7.8 8.8Z",
  down: "M8 3v9.5M4 8.8l4 4 4-4",
  back: "M10 3 5 8l5 5",
  open: "M6 3l5 5-5 5",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6Z",
  sun: "M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0Z",
  auto: "M8 2a6 6 0 1 0 0 12ZM8 2a6 6 0 0 1 0 12",
  tasks: "M2.5 4h1M2.5 8h1M2.5 12h1M6 4h7.5M6 8h7.5M6 12h7.5",
  conversations: "M2 3h8v5.5H5.5L3.5 10.5v-2H2ZM12 6h2v5.5h-1.5v2l-2-2H7",
  work: "M2.5 5.5h11v8h-11ZM5.5 5.5v-3h5v3M2.5 9h11",
  lab: "M8.8 1.8 4 8.8h3.6l-.6 5.4 5-7.4H8.2Z",
  docs: "M8 4c-1.5-1.2-3.5-1.3-5.5-1v9.5c2-.3 4-.2 5.5 1 1.5-1.2 3.5-1.3 5.5-1V3C11.500 2.700 9.500 2.800 8 4ZM8 4v9.500",
  out: "M6.500 2.500h-4v11h4M10 5l3 3-3 3M13 8H6",
  plus: "M8 3v10M3 8h10",
};

/** A sign; it says nothing to who cannot see it, for words stand beside it. */
export function Icon({ name, spin = false }) {
  return html`<svg class=${`icon${spin ? " spin" : ""}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"><path d=${PATHS[name] ?? PATHS.other} /></svg>`;
}

/** Two ends and a wire that goes on between them. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 20" width="32" height="20" aria-hidden="true" focusable="false">
    <path class="mark-wire" d="M4.500 10H11c3 0 2.500-6 5-6s2 12 4.500 12 2-6 5-6h2" /><circle class="mark-from" cx="3.500" cy="10" r="2.500" /><circle class="mark-to" cx="28.500" cy="10" r="2.500" />
  </svg>`;
}
