/** Reads the contract from its files into one document. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { bundle } from "./model/bundle.mjs";

/** The file that everything begins with. */
const ENTRY = "asyncapi.yaml";

/**
 * @param {string} folder the contract's folder
 * @param {(path: string) => string} read answers a file's text; where it is left out, from the disk
 * @returns {Record<string, any>} one document with local references only
 * @throws {Error} naming the file, where one cannot be read or a reference leads nowhere
 */
export function loadContract(folder, read = (path) => readFileSync(path, "utf8")) {
  return bundle(ENTRY, (path) => {
    try {
      return parse(read(join(folder, path)), { merge: true });
    } catch (error) {
      throw new Error(`contract/${path}: ${error.message}`);
    }
  });
}
