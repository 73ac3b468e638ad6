/** Reads the contract from its files into one document. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { bundle } from "./model/bundle.mjs";

/** The file that everything begins with. */
const ENTRY = "asyncapi.yaml";

/**
 * @param {string} folder the contract's folder
 * @returns {Record<string, any>} one document with local references only
 * @throws {Error} naming the file, where one cannot be read or a reference leads nowhere
 */
export function loadContract(folder) {
  return bundle(ENTRY, (path) => {
    try {
      return parse(readFileSync(join(folder, path), "utf8"), { merge: true });
    } catch (error) {
      throw new Error(`contract/${path}: ${error.message}`);
    }
  });
}
