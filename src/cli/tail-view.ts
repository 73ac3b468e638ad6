/** A task's events as lines for a person, and where it stands. Pure: events in, text out. */
import type { DeliveredEvent } from "../../clients/typescript/src/client.ts";
import { bar, clockTime, type Colour, duration, harmless } from "./terminal.ts";

export interface View {
  /** What to print for an event: nothing, a part of a line, or whole lines. */
  print(event: DeliveredEvent): string;
  /** The task's state in one line of at most `width` characters; empty before anything is known. */
  status(width: number): string;
  readonly outcome: "completed" | "failed" | "canceled" | null;
}

export interface Paint {
  readonly live: boolean;
  colour(name: Colour, text: string): string;
}

/** What a program's own output is told apart by from the lines about the task. */
const MARKS: Readonly<Record<string, readonly [Colour, string]>> = {
  "task.created": ["cyan", "●"], "task.queued": ["dim", "…"], "task.started": ["cyan", "▶"], "task.paused": ["yellow", "‖"], "task.resumed": ["cyan", "▶"],
  "task.recovering": ["yellow", "↻"], "task.retrying": ["yellow", "↻"], "task.completed": ["green", "✔"], "task.failed": ["red", "✘"], "task.canceled": ["yellow", "■"],
  "step.started": ["cyan", "→"], "step.completed": ["green", "✓"], "step.failed": ["red", "✗"], "step.skipped": ["dim", "–"], "step.retrying": ["yellow", "↻"],
  "input.requested": ["yellow", "?"], "input.resolved": ["green", "!"], "artifact.created": ["cyan", "▤"],
};
/** Told by the moving line, or of no interest to a reader. */
const SILENT = new Set(["task.progress", "step.progress", "tool.progress", "reasoning.delta", "message.started", "reasoning.started"]);
const BAR_WIDTH = 24;
const DETAIL_LENGTH = 200;

type Data = Readonly<Record<string, unknown>>;
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const object = (value: unknown): Data => (typeof value === "object" && value !== null ? (value as Data) : {});

/** The sentence about an event: the producer's own, else the most telling of its fields. */
function sentence(event: DeliveredEvent): string {
  const data = object(event.data);
  if (event.type === "task.failed" || event.type === "step.failed" || event.type === "tool.failed") return text(data.user_message) || text(event.message) || text(object(data.error).message);
  if (event.type === "task.completed") return [text(event.message) || text(data.response), typeof data.duration_ms === "number" ? duration(data.duration_ms) : ""].filter(Boolean).join(" · ");
  const telling = [event.message, data.title, data.message, data.prompt, data.name, data.reason, data.summary, data.intent, data.check, data.step_id];
  const found = text(telling.find((value) => text(value) !== ""));
  if (found !== "") return found;
  if (event.type === "metrics.updated") return Object.entries(object(data.values)).map(([name, value]) => `${name} ${typeof value === "number" ? Number(value.toPrecision(4)) : value}`).join(", ");
  if (/^(task|step)\./.test(event.type)) return "";
  const json = JSON.stringify(data);
  return json === "{}" ? "" : json.length > DETAIL_LENGTH ? `${json.slice(0, DETAIL_LENGTH)}…` : json;
}

/** A view that remembers what its lines depend on. */
export function createView({ live, colour }: Paint): View {
  let title = "";
  let state = "";
  let percent: number | null = null;
  let detail = "";
  let outcome: View["outcome"] = null;
  /** A line has begun that has not ended: a partial log line, a message that is being written. */
  let open = false;

  const fresh = (line: string): string => {
    const before = open ? "\n" : "";
    open = false;
    return before + line;
  };

  const about = (event: DeliveredEvent): string => {
    const [hue, mark] = MARKS[event.type] ?? (["dim", "·"] as const);
    const words = harmless(sentence(event), live).trim();
    return fresh(`${colour("dim", clockTime(event.time))} ${colour(hue, mark)} ${colour("bold", event.type)}${words ? ` ${words}` : ""}\n`);
  };

  const progress = (data: Data, task: boolean): void => {
    const { current, total } = data;
    const share = typeof current === "number" && typeof total === "number" && total > 0 ? (current / total) * 100 : null;
    const found = typeof data.percent === "number" ? data.percent : share;
    // One of a task's steps says how far it is, not how far the task is; it is better than nothing while the task says nothing.
    if (found !== null && (task || percent === null)) percent = found;
    detail = text(data.message) || text(data.stage) || (share === null ? "" : `${current}/${total}${data.unit ? ` ${data.unit}` : ""}`);
  };

  const log = (data: Data): string => {
    const partial = object(data.fields).partial === true;
    const line = harmless(text(data.text), live);
    open = partial;
    return `${data.level === "error" ? colour("red", line) : data.level === "debug" ? colour("dim", line) : line}${partial ? "" : "\n"}`;
  };

  return {
    print(event) {
      const data = object(event.data);
      if (event.type.startsWith("task.") && event.type !== "task.progress") state = event.type.slice(5);
      switch (event.type) {
        case "log.line":
          return log(data);
        case "message.delta":
          open = true;
          return harmless(text(data.delta), live);
        case "message.completed":
          if (open) return fresh("");
          return data.content === undefined ? "" : `${harmless(text(data.content), live)}\n`;
        case "task.created":
          title = text(data.title) || text(data.kind);
          break;
        case "task.snapshot":
          state = text(data.status);
          title = text(data.title) || title;
          progress(object(data.progress), true);
          break;
        case "task.progress":
          progress(data, true);
          break;
        case "step.progress":
        case "tool.progress":
          progress(data, false);
          break;
        case "task.completed":
          percent = 100;
          outcome = "completed";
          break;
        case "task.failed":
          outcome = "failed";
          break;
        case "task.canceled":
          outcome = "canceled";
          break;
        case "step.started":
          detail = text(data.title) || text(data.name);
      }
      return SILENT.has(event.type) ? "" : about(event);
    },
    status(width) {
      if (state === "" && percent === null) return "";
      const parts = [percent === null ? state : `${bar(percent, BAR_WIDTH)} ${Math.floor(percent)}%`, harmless(detail || title, false).replace(/\s+/g, " ")];
      const line = parts.filter(Boolean).join("  ");
      return line.length < width ? line : `${line.slice(0, Math.max(0, width - 2))}…`;
    },
    get outcome() {
      return outcome;
    },
  };
}
