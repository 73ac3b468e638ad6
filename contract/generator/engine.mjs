/** Runs the AsyncAPI generator with the template beside this file. The only place that knows the engine. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * The engine's class. It looks for a global npm when it is loaded, and throws where there is none; it would use it only to
 * download templates. So that look-up is answered here, with any path.
 */
function loadEngine() {
  const require = createRequire(import.meta.url);
  const engine = require.resolve("@asyncapi/generator");
  const requireg = createRequire(engine)("requireg");
  const resolve = requireg.resolve;
  requireg.resolve = (name, ...rest) => (name === "npm" ? join(HERE, "index.js") : resolve(name, ...rest));
  return require(engine);
}

/**
 * Renders the template from a document into a folder.
 * @param {Record<string, any>} document the bundled contract
 * @param {string} folder absolute; emptied by the caller, since stale files are not deleted
 */
export async function render(document, folder) {
  const Generator = loadEngine();
  // The engine transpiles into the template's folder: a stale result would win over a changed template.
  rmSync(join(HERE, "__transpiled"), { recursive: true, force: true });
  await new Generator(HERE, folder, { forceWrite: true }).generateFromString(JSON.stringify(document));
}

/** Runs `work` with a folder of its own that is gone afterwards. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "taskwire-generate-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
