/** What a driver answers without a connection: who it is, and what the vectors ask. */
import { createParser } from "eventsource-parser";
import { EVENT_TYPES, STREAM_FRAME_TYPES } from "../../../generated/typescript/catalog.ts";
import { TaskwireError, type TaskFold } from "../src/client.ts";
import { emptyView, fold, type FoldEvent, type TaskView } from "../../../src/domain/fold.ts";
import { anyEvent, streamFrame } from "../../../generated/typescript/validators.ts";
import type { Command } from "./command.ts";

type Output = Readonly<Record<string, unknown>>;

const ABILITIES = ["websocket", "sse", "long_poll", "many", "fold", "publish", "produce", "command", "sets", "work"];

function nodeVersion(): string {
  const { process } = globalThis as { process?: { version: string } };
  return `Node ${process?.version.slice(1) ?? ""}`;
}

function runtime(): string {
  const { Bun, Deno, document } = globalThis as { Bun?: { version: string }; Deno?: { version: { deno: string } }; document?: unknown };
  if (Bun) return `Bun ${Bun.version}`;
  if (Deno) return `Deno ${Deno.version.deno}`;
  return document ? (/Chrome\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? "a browser") : nodeVersion();
}

/** Events need a type, a task, a whole `seq` and an object of data; that is all that a client relies on, but the vectors ask for the whole schema. */
function decode({ what, text }: Command): Output {
  try {
    const value: unknown = JSON.parse(text as string);
    const known = (what === "frame" ? STREAM_FRAME_TYPES : EVENT_TYPES) as readonly string[];
    const { type } = (value ?? {}) as { type?: unknown };
    // A frame of a later version is left aside as a whole.
    if (what === "frame" && typeof type === "string" && type.startsWith("stream.") && !known.includes(type)) return { is: "decoded", type, known: false, value };
    const { success, data } = (what === "frame" ? streamFrame : anyEvent).safeParse(value);
    return success ? { is: "decoded", type, known: known.includes(String(type)), value: data } : { is: "undecodable" };
  } catch {
    return { is: "undecodable" };
  }
}

function parse({ chunks }: Command): Output {
  const dispatches: Output[] = [];
  let id = "";
  let retry: number | null = null;
  const parser = createParser({
    onEvent(event) {
      id = event.id ?? id;
      dispatches.push({ event: event.event ?? "message", id, data: event.data });
    },
    onRetry: (ms) => void (retry = ms),
  });
  const decoder = new TextDecoder();
  for (const chunk of chunks as string[]) parser.feed(decoder.decode(Uint8Array.from(chunk.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)), { stream: true }));
  return { is: "parsed", dispatches, retry };
}

/** A view as the vectors tell it. */
function toldView(view: TaskView): Output {
  const statuses = (list: ReadonlyMap<string, { readonly status: string }>): unknown => Object.fromEntries([...list].map(([id, { status }]) => [id, status]));
  const texts = (list: ReadonlyMap<string, { readonly status: string; readonly content: string }>): unknown => Object.fromEntries([...list].map(([id, { status, content }]) => [id, { status, content }]));
  return {
    status: view.status, seq: view.seq, attempt: view.attempt, percent: view.progress.percent ?? null, log_lines: view.log_lines,
    steps: statuses(view.steps), tools: statuses(view.tools), inputs: statuses(view.inputs), messages: texts(view.messages), reasonings: texts(view.reasonings),
  };
}

/** A model's state, told in the same way. */
export function toldState(state: TaskFold): Output {
  const list = (name: "steps" | "tools" | "inputs" | "messages" | "reasonings"): readonly Readonly<Record<string, unknown>>[] => (state as unknown as Record<string, readonly Readonly<Record<string, unknown>>[]>)[name] ?? [];
  const statuses = (name: "steps" | "tools" | "inputs", id: string): unknown => Object.fromEntries(list(name).map((item) => [item[id], item.status]));
  const texts = (name: "messages" | "reasonings", id: string): unknown => Object.fromEntries(list(name).map((item) => [item[id], { status: item.status, content: item.content }]));
  const { status, seq, attempt, progress, log_lines } = state;
  return {
    status, seq, attempt, percent: progress.percent ?? null, log_lines,
    steps: statuses("steps", "step_id"), tools: statuses("tools", "tool_call_id"), inputs: statuses("inputs", "request_id"), messages: texts("messages", "message_id"), reasonings: texts("reasonings", "reasoning_id"),
  };
}

function folded({ events }: Command): Output {
  const all = (events as (FoldEvent & { readonly events?: readonly FoldEvent[] })[]).flatMap((one) => (one.type === "stream.replayed" ? [...(one.events ?? [])] : [one]));
  return { is: "folded", value: toldView(all.reduce(fold, emptyView())) };
}

/** The answer to a command that needs no connection; null: it is none of those. */
export function pureAnswer(command: Command): Output | null {
  switch (command.do) {
    case "hello":
      return { is: "hello", client: "typescript", runtime: runtime(), abilities: ABILITIES };
    case "decode":
      return decode(command);
    case "parse":
      return parse(command);
    case "fold":
      return folded(command);
    case "explain": {
      const { retryable, advice } = new TaskwireError(String(command.code));
      return { is: "explained", retryable, advice };
    }
    default:
      return null;
  }
}
