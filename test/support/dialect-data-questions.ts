/** What a client of data questions relies on in the frames of one question, written from its protocol alone: above all that people read nothing but these words. */
import type { Fields, Frame } from "../../src/dialects/port.ts";

/** What people read → the percents beside it. */
export const SHOWN: ReadonlyMap<unknown, readonly [number, number]> = new Map([
  ["Planning Task...", [0, 15]], ["Fetching Data...", [30, 50]], ["Validating Data...", [40, 40]], ["Interpreting Data...", [75, 85]], ["Finalizing Response...", [95, 95]],
]);

const ENDS: ReadonlySet<unknown> = new Set(["completed", "error"]);

const keysOf = (fields: Fields): string => Object.keys(fields).sort().join();
const isFilled = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";

function progressOf({ message, percent, retry_count: retries }: Fields): string | null {
  if (!SHOWN.has(message)) return `the words ${String(message)}`;
  if (!Number.isInteger(percent) || Number(percent) < 0 || Number(percent) > 100) return `${String(percent)} %`;
  return retries === undefined || (Number.isInteger(retries) && Number(retries) > 0) ? null : `${String(retries)} retries`;
}

/** What is wrong with a frame by itself. */
export function shapeOf(frame: Frame): string | null {
  if (typeof frame === "string") return "a bare text";
  if (keysOf(frame) !== "data,type" || typeof frame.data !== "object" || frame.data === null) return `the fields ${keysOf(frame)}`;
  const data = frame.data as Fields;
  const keys = keysOf(data);
  switch (frame.type) {
    case "started":
      return keys === "message,percent" && data.message === "Planning Task..." && data.percent === 0 ? null : `started with ${JSON.stringify(data)}`;
    case "progress":
      return keys === "message,percent" || keys === "message,percent,retry_count" ? progressOf(data) : `progress with ${keys}`;
    case "completed":
      return keys === "message,percent,response" && data.message === "Complete!" && data.percent === 100 && isFilled(data.response) ? null : `completed with ${JSON.stringify(data)}`;
    case "error":
      return keys === "message" && isFilled(data.message) ? null : `error with ${JSON.stringify(data)}`;
    case "pong":
      return keys === "" ? null : `pong with ${keys}`;
    default:
      return `the unknown type ${String(frame.type)}`;
  }
}

/** Why the frames of one question are not what a client can read; null: they are. */
export function legal(frames: readonly unknown[]): string | null {
  let percent = 0;
  for (const [at, frame] of frames.entries()) {
    const wrong = shapeOf(frame as Frame);
    if (wrong !== null) return `${wrong}, at ${at}`;
    const { type, data } = frame as { readonly type: string; readonly data: Fields };
    if ((type === "started") !== (at === 0)) return `${type} at ${at}`;
    if (ENDS.has(type) && at < frames.length - 1) return `something behind the end, at ${at + 1}`;
    const told = typeof data.percent === "number" ? data.percent : percent;
    if (told < percent) return `${told} % behind ${percent} %, at ${at}`;
    percent = told;
  }
  return null;
}

/** How many frames say that the task is over. */
export function ends(frames: readonly unknown[]): number {
  return frames.filter((frame) => ENDS.has((frame as { readonly type?: unknown }).type)).length;
}
