/** The door: is this value an event that a producer may send? Pure, and in the range of a microsecond. */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import type { EventDraft } from "../../generated/typescript/types.ts";
import { eventDraft, extensionDraft } from "../../generated/typescript/validators.ts";

export type DraftRefusal = "event_invalid" | "event_type_unknown" | "event_reserved";

/** `path` says where, with dots: `data.steps.0.title`; empty for the value as a whole. */
export type ParsedDraft =
  | { readonly ok: true; readonly draft: EventDraft }
  | { readonly ok: false; readonly code: DraftRefusal; readonly path: string; readonly message: string };

/** Fields that the service sets (law 6). */
const RESERVED_FIELDS = ["seq", "first_seq", "cursor", "actor", "attempt"] as const;

/** Of each event schema, what of zod is used. */
interface DraftSchema {
  safeParse(value: unknown): { success: true; data: EventDraft } | { success: false; error: { issues: readonly Issue[] } };
}
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const SCHEMAS: ReadonlyMap<string, DraftSchema> = new Map(Object.entries(eventDraft));

/**
 * Judges one value of a producer against the catalogue. Fields that the catalogue does not know are kept.
 * Answers a refusal instead of throwing: `event_reserved` for what only the service writes, `event_type_unknown` for a core
 * type that does not exist, `event_invalid` with the path of the first breach otherwise.
 */
export function parseDraft(value: unknown): ParsedDraft {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse("event_invalid", "", `Expected an object with type and data, got ${nameOf(value)}`);
  const type = (value as { type?: unknown }).type;
  if (typeof type !== "string") return refuse("event_invalid", "type", `Expected the event's type as a string, got ${nameOf(type)}`);
  const schema = type.startsWith("x.") ? extensionDraft : SCHEMAS.get(type);
  if (schema === undefined) return refuseType(type);
  for (const field of RESERVED_FIELDS) if ((value as Record<string, unknown>)[field] !== undefined) return refuse("event_reserved", field, `Only the service sets ${field}; leave it out`);
  const parsed = (schema as DraftSchema).safeParse(value);
  return parsed.success ? { ok: true, draft: parsed.data } : refuseIssue(type, parsed.error.issues[0]);
}

function refuseType(type: string): ParsedDraft {
  if (EVENT_FACTS.get(type)?.service || type.startsWith("stream.")) return refuse("event_reserved", "type", `Only the service writes ${type}`);
  return refuse("event_type_unknown", "type", `${JSON.stringify(type.slice(0, 128))} is not in the catalogue; vendors' types begin with "x."`);
}

function refuseIssue(type: string, issue: Issue | undefined): ParsedDraft {
  return refuse("event_invalid", (issue?.path ?? []).map(String).join("."), `${type}: ${issue?.message ?? "does not match its schema"}`);
}

const refuse = (code: DraftRefusal, path: string, message: string): ParsedDraft => ({ ok: false, code, path, message });

function nameOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

