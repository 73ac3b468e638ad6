/**
 * Makes `browser/client.min.js`: the TypeScript client and what it needs, in one file that any browser loads. The service's
 * page uses it, so neither runtime needs a build at its start.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findBun, ROOT } from "../../src/cli/install.mjs";

/**
 * The file's text. It is built from the sources as they lie on disk, `generated/typescript` among them.
 * @returns {string}
 */
export function bundleClient() {
  const license = readFileSync(join(ROOT, "node_modules/eventsource-parser/LICENSE"), "utf8").trim();
  const banner = `/*! Made from clients/typescript by \`npm run generate\`: do not edit. Contains eventsource-parser:\n${license}\n*/`;
  const { status, stdout, stderr } = spawnSync(findBun(), ["build", "clients/typescript/src/client.ts", "--target=browser", "--format=esm", "--minify", `--banner=${banner}`], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`The client cannot be bundled for browsers:\n${stderr.trim()}`);
  return stdout;
}
