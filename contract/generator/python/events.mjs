/** Prints `events.py`: a model per event type, as it is delivered and as a producer sends it, and the union of all. */
import { docstring, heading, quote } from "./text.mjs";

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printEvents(model) {
  const core = model.events.filter(({ type }) => type !== null);
  const drafts = core.filter(({ service }) => !service);
  const datas = [...new Set(core.map(({ data }) => data))].sort();
  return [
    `${heading(model)}"""Events by type. \`parse_event\` makes of any delivered event the model of its type; what this version does not know stays an \`UnknownEvent\`."""

from collections.abc import Mapping
from typing import Any, Literal

from .types import (
${["AnyEvent", "DraftEnvelope", "Envelope", ...datas].sort().map((name) => `    ${name},\n`).join("")})
`,
    ...core.map(({ name, type, doc, data }) => `class ${name}Event(Envelope):\n${docstring(doc || `\`${type}\`.`)}\n    type: Literal[${quote(type)}]\n    data: ${data}\n`),
    `class UnknownEvent(AnyEvent):\n    """An event of a vendor's type (\`x.*\`), or of a later version; its data is there as it came."""\n`,
    ...drafts.map(({ name, type, doc, data }) => `class ${name}Draft(DraftEnvelope):\n${docstring(doc || `\`${type}\`, to be sent.`)}\n    type: Literal[${quote(type)}] = ${quote(type)}\n    data: ${data}\n`),
    `#: An event by its type.\nStoredEvent = (\n    ${core.map(({ name }) => `${name}Event`).join("\n    | ")}\n    | UnknownEvent\n)\n`,
    `#: Each type's model, as it is delivered.\nEVENT_MODELS: Mapping[str, type[Envelope]] = {\n${core.map(({ name, type }) => `    ${quote(type)}: ${name}Event,\n`).join("")}}\n`,
    `#: Each type's model, as a producer sends it.\nDRAFT_MODELS: Mapping[str, type[DraftEnvelope]] = {\n${drafts.map(({ name, type }) => `    ${quote(type)}: ${name}Draft,\n`).join("")}}\n`,
    `def parse_event(value: Mapping[str, Any]) -> StoredEvent:
    """The event as the model of its type.

    Raises \`pydantic.ValidationError\` where a known type has data that the contract does not allow.
    """
    model: Any = EVENT_MODELS.get(str(value.get("type")), UnknownEvent)
    event: StoredEvent = model.model_validate(value)
    return event
`,
  ].join("\n\n");
}
