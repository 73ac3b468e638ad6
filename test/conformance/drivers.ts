/** The clients that there are, and how the driver of each is started here; or why it cannot be. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runtimeCommand } from "../support/service.ts";
import type { DriverCommand } from "./driver.ts";

const ROOT = join(import.meta.dir, "../..");
const TYPESCRIPT = join(ROOT, "clients/typescript/conformance/driver.ts");
const PYTHON = join(ROOT, "clients/python/conformance/driver.py");
const SWIFT_PRODUCT = "taskwire-conformance";

/** Longest time that building a driver may take. Milliseconds. */
const BUILD_LIMIT_MS = 600_000;

function skipped(name: string, skip: string): DriverCommand {
  return { name, command: "", args: [], skip };
}

/** The first of some programs that runs with these arguments. */
function firstThatRuns(programs: readonly (string | undefined)[], args: readonly string[]): string | undefined {
  return programs.find((program) => program !== undefined && spawnSync(program, args, { stdio: "ignore", timeout: 60_000 }).status === 0);
}

/** On Bun. */
function typescript(): DriverCommand {
  return { name: "typescript", command: process.execPath, args: [TYPESCRIPT] };
}

/** The same in one file on Node, with Node's own WebSocket, which version 20 has behind a flag. */
function typescriptOnNode(): DriverCommand {
  const name = "typescript-node";
  const node = firstThatRuns(["node"], ["--version"]);
  if (node === undefined) return skipped(name, "there is no Node here");
  const file = join(mkdtempSync(join(tmpdir(), "taskwire-conformance-")), "driver.mjs");
  process.once("exit", () => rmSync(dirname(file), { recursive: true, force: true }));
  const built = spawnSync(process.execPath, ["build", TYPESCRIPT, "--target=node", "--format=esm", "--outfile", file], { encoding: "utf8", timeout: BUILD_LIMIT_MS });
  if (built.status !== 0) throw new Error(`The driver for Node cannot be built:\n${built.stderr}`);
  const flag = firstThatRuns([node], ["-e", "new WebSocket('ws://127.0.0.1:1').onerror = () => {}"]) ? [] : ["--experimental-websocket", "--disable-warning=ExperimentalWarning"];
  return { name, command: node, args: [...flag, file] };
}

function typescriptOnDeno(): DriverCommand {
  const name = "typescript-deno";
  const [command, args] = runtimeCommand("deno", "clients/typescript/conformance/driver.ts");
  return { name, command, args, cwd: ROOT };
}

/** The same in a page of a real browser. */
function typescriptOnChromium(): DriverCommand {
  const name = "typescript-chromium";
  const named = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map((program) => Bun.which(program));
  const found = [process.env.CHROMIUM, ...named].find((path) => path !== undefined && path !== null && existsSync(path));
  return found ? { name, command: process.execPath, args: [join(ROOT, "clients/typescript/conformance/chromium.ts"), found], lanes: 2 } : skipped(name, "there is no chromium or google-chrome on PATH");
}

/** The Python of `TASKWIRE_PYTHON`, of the client's own environment, or on PATH: the first that has what the client needs. */
function python(): DriverCommand {
  if (!existsSync(PYTHON)) return skipped("python", "there is no driver of it");
  const found = firstThatRuns([process.env.TASKWIRE_PYTHON, join(ROOT, "clients/python/.venv/bin/python"), "python3"], ["-c", "import httpx, pydantic, websockets"]);
  return found === undefined ? skipped("python", "no Python here has httpx, pydantic and websockets; name one in TASKWIRE_PYTHON") : { name: "python", command: found, args: [PYTHON], cwd: join(ROOT, "clients/python") };
}

/** The Swift of `TASKWIRE_SWIFT` or on PATH; the driver is built first. */
function swift(): DriverCommand {
  const manifest = join(ROOT, "Package.swift");
  if (!existsSync(manifest) || !readFileSync(manifest, "utf8").includes(`"${SWIFT_PRODUCT}"`)) return skipped("swift", "there is no driver of it");
  const found = firstThatRuns([process.env.TASKWIRE_SWIFT, "swift"], ["--version"]);
  if (found === undefined) return skipped("swift", "there is no Swift toolchain here; name one in TASKWIRE_SWIFT");
  const built = spawnSync(found, ["build", "--product", SWIFT_PRODUCT], { cwd: ROOT, encoding: "utf8", timeout: BUILD_LIMIT_MS });
  if (built.status !== 0) throw new Error(`The Swift driver cannot be built:\n${built.stdout}${built.stderr}`);
  return { name: "swift", command: found, args: ["run", "--skip-build", SWIFT_PRODUCT], cwd: ROOT };
}

const MAKERS: Readonly<Record<string, () => DriverCommand>> = { typescript, "typescript-node": typescriptOnNode, "typescript-deno": typescriptOnDeno, "typescript-chromium": typescriptOnChromium, python, swift };

/** The names of all clients. */
export const CLIENTS: readonly string[] = Object.keys(MAKERS);

/** The driver of a client, ready to be started. Throws for a name that is none, and where it cannot be built. */
export function driverOf(name: string): DriverCommand {
  const make = MAKERS[name];
  if (!make) throw new Error(`There is no client "${name}"; expected one of ${CLIENTS.join(", ")}.`);
  return make();
}

/** A stranger's driver, by its command line. */
export function strangersDriver(line: string): DriverCommand {
  const [command = "", ...args] = line.trim().split(/\s+/);
  return { name: command.split("/").at(-1) ?? command, command, args };
}
