/** What the TypeScript target consists of. */
import { printAdvice, printCatalog, printErrors } from "./tables.mjs";
import { printTypes } from "./types.mjs";
import { printValidators } from "./validators.mjs";

/**
 * @param {ReturnType<import("../model/model.mjs").modelOf>} model
 * @returns {{ name: string, text: string }[]} files of `generated/typescript/`
 */
export function typescriptFiles(model) {
  return [
    { name: "types.ts", text: printTypes(model) },
    { name: "catalog.ts", text: printCatalog(model) },
    { name: "errors.ts", text: printErrors(model) },
    { name: "advice.ts", text: printAdvice(model) },
    { name: "validators.ts", text: printValidators(model) },
  ];
}
