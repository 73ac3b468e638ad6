/** Prints `catalog.py` and `errors.py`: plain tables. */
import { bool, heading, quote } from "./text.mjs";

const list = (name, doc, values) => `#: ${doc}\n${name}: tuple[str, ...] = (\n${values.map((value) => `    ${quote(value)},\n`).join("")})\n`;
const set = (name, doc, values) => `#: ${doc}\n${name}: frozenset[str] = frozenset(\n    (\n${values.map((value) => `        ${quote(value)},\n`).join("")}    )\n)\n`;

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printCatalog(model) {
  const core = model.events.filter(({ type }) => type !== null);
  const ends = core.filter(({ terminal }) => terminal);
  return [
    `${heading(model)}"""What the contract lists."""\n\nfrom __future__ import annotations\n\nfrom collections.abc import Mapping\nfrom typing import Literal, NamedTuple\n`,
    `#: The version of the contract that this was generated from.\nCONTRACT_VERSION = ${quote(model.version)}\n`,
    `#: The WebSocket subprotocol.\nPROTOCOL = ${quote(model.protocol)}\n`,
    list("EVENT_TYPES", "Every core type.", core.map(({ type }) => type)),
    list("PRODUCER_TYPES", "Core types that a producer may send.", core.filter(({ service }) => !service).map(({ type }) => type)),
    set("SERVICE_ONLY_TYPES", "Core types that only the service writes (law 6).", core.filter(({ service }) => service).map(({ type }) => type)),
    set("TERMINAL_TYPES", "Types after which nothing follows (law 1).", ends.map(({ type }) => type)),
    list("STATUSES", "Every status of a task.", model.statuses),
    set("TERMINAL_STATUSES", "Statuses of a task that is over.", ends.map(({ status }) => status)),
    list("COMMANDS", "What a person may order.", model.commands),
    list("STREAM_FRAME_TYPES", "Types of the frames that the service sends besides events.", model.streamFrames.map(({ type }) => type)),
    list("CLIENT_FRAME_TYPES", "Types of the frames that a client sends.", model.clientFrames.map(({ type }) => type)),
    FACT_TYPES,
    `#: What the laws and the fold must know of every core type.\nEVENT_FACTS: Mapping[str, EventFacts] = {\n${core.map(printFacts).join("")}}\n`,
  ].join("\n");
}

const FACT_TYPES = `
class ScopeFacts(NamedTuple):
    """The scope that an event belongs to."""

    #: What may be open in a task.
    family: Literal["step", "message", "reasoning", "tool", "input"]
    #: What an event does to a scope: opens it, continues it, adds to it (\`delta\`, which alone needs it open), or closes it.
    role: Literal["opens", "continues", "delta", "closes"]
    #: The field of \`data\` that names the scope.
    id: str
    #: The field of \`data\` which, when true, keeps the scope open that the event would close.
    unless: str | None


class EventFacts(NamedTuple):
    """What an event of a type means to its task."""

    #: Only the service writes it.
    service: bool
    #: Made when it is asked for, never stored.
    synthetic: bool
    #: Nothing follows it.
    terminal: bool
    #: It closes every open scope.
    closes_all: bool
    #: The service gives it a \`time\` where the producer gave none.
    timed: bool
    #: The status that it puts the task in.
    status: str | None
    #: What its \`percent\` is of (law 2).
    percent: Literal["task", "step", "tool"] | None
    scope: ScopeFacts | None

`;

function printFacts({ type, service, synthetic, terminal, closesAll, timed, status, percent, scope }) {
  const scopeText = scope ? `ScopeFacts(${quote(scope.family)}, ${quote(scope.role)}, ${quote(scope.id)}, ${quote(scope.unless)})` : "None";
  return `    ${quote(type)}: EventFacts(${[service, synthetic, terminal, closesAll, timed].map(bool).join(", ")}, ${quote(status)}, ${quote(percent)}, ${scopeText}),\n`;
}

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printErrors(model) {
  return `${heading(model)}"""The one error table, and the close codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ErrorFacts(NamedTuple):
    """What is known of an error code."""

    #: The HTTP status.
    status: int
    #: The WebSocket close code; None where the connection stays open.
    close: int | None
    #: Whether the same request may succeed later.
    retryable: bool
    title: str
    #: What to do.
    advice: str


#: Code → facts.
ERRORS: Mapping[str, ErrorFacts] = {
${model.errors.map(({ code, status, close, retryable, title, advice }) => `    ${quote(code)}: ErrorFacts(${status}, ${close ?? "None"}, ${bool(retryable)}, ${quote(title)}, ${quote(advice)}),\n`).join("")}}

#: Why a connection is closed → the WebSocket close code. 4000-4499: connect again; 4500-4999: do not.
CLOSE_CODES: Mapping[str, int] = {
${model.closes.map(({ reason, code }) => `    ${quote(reason)}: ${code},\n`).join("")}}
`;
}
