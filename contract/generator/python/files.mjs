/** What the Python target consists of: the package `taskwire.generated`. */
import { printEvents } from "./events.mjs";
import { printFrames } from "./frames.mjs";
import { printCatalog, printErrors } from "./tables.mjs";
import { heading } from "./text.mjs";
import { printTypes } from "./types.mjs";

/**
 * @param {ReturnType<import("../model/model.mjs").modelOf>} model
 * @returns {{ name: string, text: string }[]} files of `generated/python/`
 */
export function pythonFiles(model) {
  return [
    { name: "__init__.py", text: `${heading(model)}"""What the contract says: types, events, frames, tables."""\n` },
    { name: "types.py", text: printTypes(model) },
    { name: "events.py", text: printEvents(model) },
    { name: "frames.py", text: printFrames(model) },
    { name: "catalog.py", text: printCatalog(model) },
    { name: "errors.py", text: printErrors(model) },
  ];
}
