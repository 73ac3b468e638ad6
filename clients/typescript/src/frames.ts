/** From text to frames: the one place where the client looks into JSON that came over a wire. */
import type { StoredEvent, StreamFrame } from "../../../generated/typescript/types.ts";

/** A frame as it came: a stored event with its cursor, or a `stream.*` frame. */
export type Frame = StoredEvent | StreamFrame;

/** Any frame, looked at field by field; nothing is trusted to be there. */
export type LooseFrame = Readonly<Record<string, unknown>> & { readonly type: string };

/** The frame in a text, or null where it is none (the bare `pong`, a proxy's page). */
export function parseFrame(text: string): LooseFrame | null {
  if (!text.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string" ? (value as LooseFrame) : null;
  } catch {
    return null;
  }
}

/** Whether the frame is the service's own (`stream.*`) and no stored event. */
export function isStreamFrame(frame: LooseFrame): boolean {
  return frame.type.startsWith("stream.");
}

/** A field that holds text, else null. */
export function textOf(frame: LooseFrame, field: string): string | null {
  const value = frame[field];
  return typeof value === "string" ? value : null;
}

/** A field that holds a number, else null. */
export function numberOf(frame: LooseFrame, field: string): number | null {
  const value = frame[field];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Whether an event ends its task. */
export function isTerminal(type: string): boolean {
  return type === "task.completed" || type === "task.failed" || type === "task.canceled" || type === "task.deleted";
}
