/**
 * Makes `browser/*.min.js`: the TypeScript client, and what the console is drawn with, each in one file that any browser loads.
 * The service's page uses them, so neither runtime needs a build at its start.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findBun, ROOT } from "../../src/cli/install.mjs";

/** Each file, what it is made from, and whose code it contains besides our own. */
const BUNDLES = [
  { path: "browser/client.min.js", entry: "clients/typescript/src/client.ts", from: "clients/typescript", packages: ["eventsource-parser"] },
  { path: "browser/view.min.js", entry: "contract/generator/browser/view.js", from: "contract/generator/browser/view.js", packages: ["preact", "htm", "@preact/signals"] },
];

/** The paths of the bundles below `generated/`. */
export const BUNDLE_PATHS = BUNDLES.map(({ path }) => path);

/**
 * The bundles: path below `generated/` → text. They are built from the sources as they lie on disk, `generated/typescript` among them.
 * @returns {Map<string, string>}
 */
export function bundleForBrowsers() {
  return new Map(BUNDLES.map((bundle) => [bundle.path, textOf(bundle)]));
}

function textOf({ entry, from, packages }) {
  const banner = `/*! Made from ${from} by \`npm run generate\`: do not edit.\n${packages.map((name) => `Contains ${name}:\n${licenseOf(name)}`).join("\n\n")}\n*/`;
  const { status, stdout, stderr } = spawnSync(findBun(), ["build", entry, "--target=browser", "--format=esm", "--minify", "--production", `--banner=${banner}`], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`${entry} cannot be bundled for browsers:\n${stderr.trim()}`);
  return stdout;
}

/** A package's licence; of a long one its name and where its text is. */
function licenseOf(name) {
  const folder = join(ROOT, "node_modules", name);
  const file = join(folder, "LICENSE");
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  const { license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return text === "" || text.length > 4_096 ? `${license}, ${typeof author === "string" ? author : (author?.name ?? "its authors")}; the licence's text is in LICENSE of this repository where it is the same` : text;
}
