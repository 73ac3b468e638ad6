/** What a client sends on a WebSocket, read and judged by its form alone. Pure. */
import { CLIENT_FRAME_TYPES } from "../../generated/typescript/catalog.ts";
import type { ClientFrame } from "../../generated/typescript/types.ts";
import { clientFrame } from "../../generated/typescript/validators.ts";
import { TaskwireError } from "../domain/error.ts";
import { isDeeper, JSON_DEPTH } from "../domain/size.ts";

export type Reading =
  | { readonly kind: "frame"; readonly frame: ClientFrame }
  /** The bare text `ping`. */
  | { readonly kind: "ping" }
  | { readonly kind: "wrong"; readonly error: TaskwireError; readonly requestId: string | null };

const known = new Set<string>(CLIENT_FRAME_TYPES);
const ID_LENGTH = 128;

function wrong(error: TaskwireError, requestId: string | null = null): Reading {
  return { kind: "wrong", error, requestId };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

/** The request id of whatever was sent, so that even a refusal finds its asker. */
function requestIdOf(value: object): string | null {
  const id = (value as { request_id?: unknown }).request_id;
  return typeof id === "string" && id !== "" && id.length <= ID_LENGTH ? id : null;
}

/** Reads a text frame. Never throws. */
export function readFrame(text: string): Reading {
  if (text === "ping") return { kind: "ping" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong(new TaskwireError("frame_invalid", "The frame is not JSON; expected one JSON object such as {\"type\":\"ping\"}."));
  }
  if (isDeeper(value)) return wrong(new TaskwireError("frame_invalid", `The frame is nested more than ${JSON_DEPTH} levels deep.`));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(new TaskwireError("frame_invalid", "The frame is no JSON object; expected one with a `type`."));
  const requestId = requestIdOf(value);
  const { type } = value as { type?: unknown };
  if (typeof type !== "string") return wrong(new TaskwireError("frame_invalid", "The frame has no `type`; expected one of " + `${CLIENT_FRAME_TYPES.join(", ")}.`, { path: "type" }), requestId);
  if (!known.has(type)) return wrong(new TaskwireError("frame_unknown", `Frames of the type ${quoted(type)} are not known; expected one of ${CLIENT_FRAME_TYPES.join(", ")}.`), requestId);
  const judged = clientFrame.safeParse(value);
  if (judged.success) return { kind: "frame", frame: judged.data };
  const issue = judged.error.issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  const found = issue?.message.replace(", received undefined", ", but it is missing") ?? "it does not match its schema";
  if (path === "task_id" && typeof (value as { task_id?: unknown }).task_id === "string") {
    return wrong(new TaskwireError("id_invalid", "The frame's task_id is not a legal id; expected 1 to 64 characters of A-Z a-z 0-9 _ -.", { path }), requestId);
  }
  return wrong(new TaskwireError("frame_invalid", `The ${type} frame is wrong${path === "" ? "" : ` at ${path}`}: ${found}.`, { path }), requestId);
}
