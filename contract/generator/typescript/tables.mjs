/** Prints `catalog.ts` and `errors.ts`: plain tables. */
import { comment, heading, quote } from "./text.mjs";

const list = (name, doc, values, type) => `${comment(doc)}export const ${name}${type ? `: ${type}` : ""} = [\n${values.map((value) => `  ${quote(value)},\n`).join("")}]${type ? "" : " as const"};\n`;
const set = (name, doc, values) => `${comment(doc)}export const ${name}: ReadonlySet<string> = new Set([\n${values.map((value) => `  ${quote(value)},\n`).join("")}]);\n`;

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printCatalog(model) {
  const core = model.events.filter(({ type }) => type !== null);
  const ends = core.filter(({ terminal }) => terminal);
  return [
    heading(model),
    'import type { EventType, ProducerType, TaskStatus } from "./types.ts";\n',
    `/** The version of the contract that this was generated from. */\nexport const CONTRACT_VERSION = ${quote(model.version)};\n`,
    `/** The WebSocket subprotocol. */\nexport const PROTOCOL = ${quote(model.protocol)};\n`,
    list("EVENT_TYPES", "Every core type.", core.map(({ type }) => type), "readonly EventType[]"),
    list("PRODUCER_TYPES", "Core types that a producer may send.", core.filter(({ service }) => !service).map(({ type }) => type), "readonly ProducerType[]"),
    set("SERVICE_ONLY_TYPES", "Core types that only the service writes (law 6).", core.filter(({ service }) => service).map(({ type }) => type)),
    set("TERMINAL_TYPES", "Types after which nothing follows (law 1).", ends.map(({ type }) => type)),
    list("STATUSES", "Every status of a task.", model.statuses, "readonly TaskStatus[]"),
    set("TERMINAL_STATUSES", "Statuses of a task that is over.", ends.map(({ status }) => status)),
    list("COMMANDS", "What a person may order.", model.commands),
    list("STREAM_FRAME_TYPES", "Types of the frames that the service sends besides events.", model.streamFrames.map(({ type }) => type)),
    list("CLIENT_FRAME_TYPES", "Types of the frames that a client sends.", model.clientFrames.map(({ type }) => type)),
    FACT_TYPES,
    `/** What the laws and the fold must know of every core type. */\nexport const EVENT_FACTS: ReadonlyMap<string, EventFacts> = new Map<EventType, EventFacts>([\n${core.map(printFacts).join("")}]);\n`,
  ].join("\n");
}

const FACT_TYPES = `/** What may be open in a task. */
export type ScopeFamily = "step" | "message" | "reasoning" | "tool" | "input";

/** What an event does to a scope: \`opens\` it, \`continues\` it, adds to it (\`delta\`, which alone needs it open), or \`closes\` it. */
export type ScopeRole = "opens" | "continues" | "delta" | "closes";

export interface ScopeFacts {
  readonly family: ScopeFamily;
  readonly role: ScopeRole;
  /** The field of \`data\` that names the scope. */
  readonly id: string;
  /** The field of \`data\` which, when true, keeps the scope open that the event would close. */
  readonly unless: string | null;
}

export interface EventFacts {
  /** Only the service writes it. */
  readonly service: boolean;
  /** Made when it is asked for, never stored. */
  readonly synthetic: boolean;
  /** Nothing follows it. */
  readonly terminal: boolean;
  /** It closes every open scope. */
  readonly closesAll: boolean;
  /** The service gives it a \`time\` where the producer gave none. */
  readonly timed: boolean;
  /** The status that it puts the task in. */
  readonly status: TaskStatus | null;
  /** What its \`percent\` is of (law 2). */
  readonly percent: "task" | "step" | "tool" | null;
  readonly scope: ScopeFacts | null;
}
`;

function printFacts({ type, service, synthetic, terminal, closesAll, timed, status, percent, scope }) {
  const scopeText = scope ? `{ family: ${quote(scope.family)}, role: ${quote(scope.role)}, id: ${quote(scope.id)}, unless: ${quote(scope.unless)} }` : "null";
  return `  [${quote(type)}, { service: ${service}, synthetic: ${synthetic}, terminal: ${terminal}, closesAll: ${closesAll}, timed: ${timed}, status: ${quote(status)}, percent: ${quote(percent)}, scope: ${scopeText} }],\n`;
}

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printErrors(model) {
  const rows = model.errors.map(({ code, status, close, retryable, title }) => `  ${code}: { code: ${quote(code)}, status: ${status}, close: ${close}, retryable: ${retryable}, title: ${quote(title)}, advice: ADVICE.${code} },\n`);
  const closes = model.closes.map(({ reason, code }) => `  ${reason}: ${code},\n`);
  return `${heading(model)}
import { ADVICE } from "./advice.ts";

/** A stable error code. */
export type ErrorCode =${model.errors.map(({ code }) => `\n  | ${quote(code)}`).join("")};

export interface ErrorFacts {
  readonly code: ErrorCode;
  /** The HTTP status. */
  readonly status: number;
  /** The WebSocket close code; null where the connection stays open. */
  readonly close: number | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly title: string;
  /** What to do. */
  readonly advice: string;
}

/** The one error table. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorFacts>> = {
${rows.join("")}};

/** Why a connection is closed → the WebSocket close code. 4000-4499: connect again; 4500-4999: do not. */
export const CLOSE_CODES = {
${closes.join("")}} as const;

/** A reason for closing a connection. */
export type CloseReason = keyof typeof CLOSE_CODES;
`;
}

/**
 * What a client needs of the errors, in a file of its own: so that a page which only follows carries no more.
 * @param {ReturnType<import("../model/model.mjs").modelOf>} model
 */
export function printAdvice(model) {
  const advices = model.errors.map(({ code, advice }) => `  ${code}: ${quote(advice)},\n`);
  const again = model.errors.filter(({ retryable }) => retryable).map(({ code }) => `\n  ${quote(code)},`);
  const closes = model.errors.filter(({ close }) => close !== null).map(({ code, close }) => `  [${close}, ${quote(code)}],\n`);
  return `${heading(model)}
import type { ErrorCode } from "./errors.ts";

/** What to do about each error. */
export const ADVICE: Readonly<Record<ErrorCode, string>> = {
${advices.join("")}};

/** Errors after which the same request may succeed later. */
export const RETRYABLE: ReadonlySet<string> = new Set<ErrorCode>([${again.join("")}
]);

/** The error that a WebSocket close code stands for. */
export const ERROR_OF_CLOSE: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
${closes.join("")}]);
`;
}
