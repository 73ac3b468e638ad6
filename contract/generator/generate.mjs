#!/usr/bin/env node
/**
 * Makes `generated/` from `contract/`, and from the client its form for browsers, on plain Node 20. Installs the AsyncAPI generator into this folder where it is missing.
 *
 *   npm run generate               make it anew
 *   npm run generate -- --check    change nothing; fail where what is committed is not what the contract makes
 *   npm run generate -- --lint     only hold the contract to its rules, and its examples and vectors to their schemas
 *   npm run generate -- --install  only install what generating needs
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, findBun, ROOT, run } from "../../src/cli/install.mjs";
import { BUNDLE_PATHS, bundleForBrowsers } from "./browser.mjs";
import { differences } from "./model/compare.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const CONTRACT = join(ROOT, "contract");
const GENERATED = join(ROOT, "generated");
/** Written by hand, beside what is made. What Python compiles for itself counts as nothing, too. */
const KEPT = new Set(["README.md", "console-light.png", "console-dark.png"]);
/** Made last: they contain what is made from the contract. */
const LAST = new Set(BUNDLE_PATHS);
/** Longest time that installing may take. Milliseconds. */
const INSTALL_LIMIT_MS = 5 * 60_000;

const say = (text) => process.stderr.write(`${text}\n`);

/** The generator is 280 MB of packages: a workspace of its own, installed only where code is generated. */
async function ensureEngine() {
  const stamp = join(HERE, "node_modules", ".taskwire-lock");
  const lock = readFileSync(join(HERE, "bun.lock"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  await ensureInstalled({ development: true });
  say("Installing the AsyncAPI generator (280 MB, development only; once)");
  const began = Date.now();
  const args = ["install", "--frozen-lockfile", "--ignore-scripts"];
  const code = await run(findBun(), args, { cwd: HERE, stdio: ["ignore", 2, 2], timeoutMs: INSTALL_LIMIT_MS });
  if (code !== 0) throw new Error(`\`bun ${args.join(" ")}\` in contract/generator ended with ${code}. Is the npm registry reachable? Run it by hand to see more.`);
  writeFileSync(stamp, lock);
  say(`The AsyncAPI generator is installed (${((Date.now() - began) / 1000).toFixed(0)} s)`);
}

/** What tools of other languages leave beside what they read. */
const CACHES = /(^|\/)(__pycache__|\.[a-z]+_cache|\.build)\//;

/** Every file below a folder: path with slashes → text. */
function filesBelow(folder) {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return new Map(paths.map((path) => [relative(folder, path).split(sep).join("/"), readFileSync(path, "utf8")]).filter(([path]) => !KEPT.has(path) && !CACHES.test(path)));
}

/** What the contract makes. The template's own files, and the contract itself in one piece. */
async function make(document) {
  const { render, withFolder } = await import("./engine.mjs");
  const { printDocument } = await import("./model/document.mjs");
  const files = await withFolder(async (folder) => (await render(document, folder), filesBelow(folder)));
  return files.set("asyncapi.json", printDocument(document));
}

/** Writes what differs; what is the same is not touched, so that nobody builds it again, or while it is written. */
function write(made) {
  const before = filesBelow(GENERATED);
  for (const path of before.keys()) if (!made.has(path) && !LAST.has(path)) rmSync(join(GENERATED, path));
  for (const [path, text] of made) {
    if (before.get(path) === text) continue;
    mkdirSync(dirname(join(GENERATED, path)), { recursive: true });
    writeFileSync(join(GENERATED, path), text);
  }
}

async function main(flags) {
  const strange = flags.find((flag) => !["--check", "--lint", "--install"].includes(flag));
  if (strange) throw new Error(`${strange} is not known. Use --check, --lint, --install, or nothing.`);
  await ensureEngine();
  if (flags.includes("--install")) return;
  const { loadContract } = await import("./load.mjs");
  const { lint } = await import("./lint.mjs");
  const document = loadContract(CONTRACT);
  const faults = await lint(document, CONTRACT);
  if (faults.length > 0) throw new Error(`The contract breaks its rules:\n${faults.map((fault) => `  ${fault}`).join("\n")}\nMend contract/ and run it again.`);
  if (flags.includes("--lint")) return say("The contract holds, and every example and vector agrees with its schema.");
  const made = await make(document);
  const before = filesBelow(GENERATED);
  const checking = flags.includes("--check");
  if (!checking) write(made);
  for (const [path, text] of bundleForBrowsers()) made.set(path, text);
  const wrong = differences(before, made);
  if (!checking) {
    write(made);
    return say(wrong.length === 0 ? "generated/ was up to date." : `generated/ is made anew:\n${wrong.map((line) => `  ${line}`).join("\n")}`);
  }
  if (wrong.length > 0) throw new Error(`generated/ is not what contract and client make:\n${wrong.map((line) => `  generated/${line}`).join("\n")}\nRun \`npm run generate\` and commit what it changes; never edit these files by hand.`);
  say(`generated/ is what contract and client make (${made.size} files).`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
