/**
 * Makes a fresh clone runnable, on plain Node 20 and npm: installs what the lock file names and is not there, and finds
 * the Bun that came with it. Used by `npm start`, `npm test` and the `taskwire` command.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's own folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Longest time that an installation may take. Milliseconds. */
const INSTALL_LIMIT_MS = 10 * 60_000;

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/**
 * Whether everything that the lock file asks for is installed in its locked version.
 * @param {boolean} development whether development packages count
 */
function isInstalled(development) {
  const wanted = readJson(join(ROOT, "package-lock.json"))?.packages;
  const found = readJson(join(ROOT, "node_modules", ".package-lock.json"))?.packages;
  if (!wanted || !found) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || entry.link || !path.startsWith("node_modules/")) return true;
    if (entry.optional || entry.devOptional || entry.peer || (entry.dev && !development)) return true;
    return found[path]?.version === entry.version;
  });
}

/**
 * Installs the locked packages if any is missing, showing npm's own progress on stderr.
 * @param {{ development: boolean }} what
 * @throws {Error} with the next step in its message
 */
export async function ensureInstalled({ development }) {
  if (isInstalled(development)) return;
  process.stderr.write(`Installing packages${development ? ", development ones too" : ""} (npm ci; once)\n`);
  const began = Date.now();
  const args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...(development ? [] : ["--omit=dev"])];
  const code = await run("npm", args, { cwd: ROOT, stdio: ["ignore", 2, 2], timeoutMs: INSTALL_LIMIT_MS });
  if (code !== 0) throw new Error(`\`npm ${args.join(" ")}\` ended with ${code}. Is the npm registry reachable? Run it by hand to see more.`);
  process.stderr.write(`Packages are installed (${((Date.now() - began) / 1000).toFixed(0)} s)\n`);
}

/**
 * The path of a Bun that runs here: the one from the lock file, else one on PATH.
 * Bun's npm package holds only a stub where install scripts are not run; the program is in a package per platform.
 * @returns {string}
 */
export function findBun() {
  const scope = join(ROOT, "node_modules", "@oven");
  const packaged = existsSync(scope) ? readdirSync(scope).map((name) => join(scope, name, "bin", "bun")) : [];
  const found = [...packaged, "bun"].find((path) => spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0);
  if (found) return found;
  throw new Error("No Bun was found in node_modules or on PATH. Run `npm ci` in the repository's folder, or install Bun 1.4 or newer.");
}

/**
 * Runs a program to its end, passing SIGINT and SIGTERM on to it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, stdio?: import("node:child_process").StdioOptions, env?: NodeJS.ProcessEnv, timeoutMs?: number }} options
 * @returns {Promise<number>} its exit code; 128 + the signal's number if a signal ended it
 */
export function run(command, args, { cwd, stdio = "inherit", env = process.env, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio, env });
    const limit = timeoutMs && setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const pass = (signal) => child.kill(signal);
    const release = () => {
      clearTimeout(limit);
      process.off("SIGINT", pass);
      process.off("SIGTERM", pass);
    };
    process.on("SIGINT", pass);
    process.on("SIGTERM", pass);
    child.once("error", (error) => (release(), reject(error)));
    child.once("exit", (code, signal) => (release(), resolve(code ?? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0))));
  });
}
