/** What a chat's client relies on in the frames of one answer, written from its protocol alone. */
import type { Frame } from "../../src/dialects/port.ts";

const isText = (value: unknown): value is string => typeof value === "string";
const isFilled = (value: unknown): value is string => isText(value) && value !== "";
const isNullOr = (value: unknown, type: string): boolean => value === null || typeof value === type;

/** What is wrong with a frame by itself. */
function shapeOf(frame: Frame): string | null {
  if (typeof frame === "string") return "a bare text";
  switch (frame.type) {
    case "progress":
      return isFilled(frame.step) && isFilled(frame.message) ? null : "progress without step or message";
    case "token":
      if (!isFilled(frame.token)) return "an empty token";
      if ("partial_response" in frame && !isFilled(frame.partial_response)) return "a token whose partial_response is no text";
      return !("partial_response" in frame) || (frame.partial_response as string).length <= 64 * 1024 ? null : "a partial_response over 64 KiB";
    case "complete": {
      const metadata = frame.metadata as { readonly agent: unknown; readonly confidence: unknown; readonly context: { readonly sources: unknown } };
      if (!isText(frame.response)) return "complete without a response";
      if (!isFilled(frame.session_id) && typeof frame.session_id !== "number") return "complete without a session";
      if (Object.keys(metadata).sort().join() !== "agent,confidence,context") return "metadata without all its keys";
      return isNullOr(metadata.agent, "string") && isNullOr(metadata.confidence, "number") && Array.isArray(metadata.context.sources) ? null : "metadata of another kind";
    }
    case "error":
      return isFilled(frame.error) && frame.code === "PROCESSING_ERROR" ? null : "an error without words or code";
    default:
      return `a frame of the unknown type ${String(frame.type)}`;
  }
}

/** How many frames say that the task is over. */
export function ends(frames: readonly unknown[]): number {
  return frames.filter((frame) => /^(complete|error)$/.test(String((frame as { readonly type?: unknown }).type))).length;
}

/** Why the frames of one task are not what a chat's client can read; null: they are. */
export function legal(frames: readonly unknown[]): string | null {
  for (const [at, frame] of frames.entries()) {
    const wrong = shapeOf(frame as Frame);
    if (wrong !== null) return `${wrong}, at ${at}`;
    const { type } = frame as { readonly type: string };
    if ((type === "complete" || type === "error") && at < frames.length - 1) return `something behind the end, at ${at + 1}`;
  }
  return null;
}
