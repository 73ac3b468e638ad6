/** What the TypeScript target consists of. */
import { printCatalog, printErrors } from "./tables.mjs";
import { printTypes } from "./types.mjs";
import { printValidators } from "./validators.mjs";

/**
 * @param {ReturnType<import("../model/model.mjs").modelOf>} model
 * @returns {{ path: string, text: string }[]} paths below `generated/`
 */
export function typescriptFiles(model) {
  return [
    { path: "typescript/types.ts", text: printTypes(model) },
    { path: "typescript/catalog.ts", text: printCatalog(model) },
    { path: "typescript/errors.ts", text: printErrors(model) },
    { path: "typescript/validators.ts", text: printValidators(model) },
  ];
}
