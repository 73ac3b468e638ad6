/** What the Swift target consists of. Its types are views of JSON objects: `ContractObject` and what belongs to it are in clients/swift. */
import { printEvents } from "./events.mjs";
import { printFrames } from "./frames.mjs";
import { printCatalog, printErrors } from "./tables.mjs";
import { printTypes } from "./types.mjs";

/**
 * @param {ReturnType<import("../model/model.mjs").modelOf>} model
 * @returns {{ name: string, text: string }[]} files of `generated/swift/`
 */
export function swiftFiles(model) {
  return [
    { name: "Types.swift", text: printTypes(model) },
    { name: "Events.swift", text: printEvents(model) },
    { name: "Frames.swift", text: printFrames(model) },
    { name: "Catalog.swift", text: printCatalog(model) },
    { name: "ErrorTable.swift", text: printErrors(model) },
  ];
}
