/** Prints `frames.py`: the unions of what the service sends besides events, and of what a client sends. */
import { heading, quote } from "./text.mjs";

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printFrames({ streamFrames, clientFrames, ...model }) {
  const names = [...streamFrames, ...clientFrames].map(({ name }) => name).sort();
  return [
    `${heading(model)}"""Frames: what travels besides events."""

from collections.abc import Mapping
from typing import Any

from .types import (
${[...names, "Model"].sort().map((name) => `    ${name},\n`).join("")})`,
    `#: A frame of the service besides events.\nStreamFrame = (\n    ${streamFrames.map(({ name }) => name).join("\n    | ")}\n)\n`,
    `#: A frame of a client.\nClientFrame = (\n    ${clientFrames.map(({ name }) => name).join("\n    | ")}\n)\n`,
    ...[["STREAM_FRAME_MODELS", streamFrames], ["CLIENT_FRAME_MODELS", clientFrames]].map(([table, frames]) => `${table}: Mapping[str, type[Model]] = {\n${frames.map(({ name, type }) => `    ${quote(type)}: ${name},\n`).join("")}}\n`),
    `def parse_stream_frame(value: Mapping[str, Any]) -> StreamFrame | None:
    """The frame as the model of its type; None for a type of a later version.

    Raises \`pydantic.ValidationError\` where a known frame is not what the contract says.
    """
    model: Any = STREAM_FRAME_MODELS.get(str(value.get("type")))
    if model is None:
        return None
    frame: StreamFrame = model.model_validate(value)
    return frame
`,
  ].join("\n\n");
}
