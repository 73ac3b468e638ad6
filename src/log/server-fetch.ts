/** Ways to fetch a nats-server into the cache, the most trustworthy first. Each is bounded in time and says why it failed. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Rejected, type ServerBinary, type Settings, OLDEST_SERVER, compareVersions, inspectBinary, isServer, serverCache } from "./server-find.ts";

/** Longest time of a download, of a build from source, and of a package manager. Milliseconds. */
const DOWNLOAD_LIMIT_MS = 120_000;
const BUILD_LIMIT_MS = 300_000;
const PACKAGE_LIMIT_MS = 180_000;
const QUESTION_LIMIT_MS = 15_000;

/** A line of progress is due after so much silence. Milliseconds. */
const SILENCE_MS = 5_000;

/** What Go builds; its checksum database vouches for the source. */
const SOURCE_VERSION = "2.15.2";

/** Where releases are, unless `TASKWIRE_NATS_RELEASES` names a mirror of them; the checksum holds for both. */
const RELEASES = "https://github.com/nats-io/nats-server/releases/download";

/** The newest official release whose archives' sums were published where they could be compared (nats-io/nats-docker). */
const RELEASE_VERSION = "2.15.0";
const RELEASE_SHA256: Readonly<Record<string, string>> = {
  "linux-amd64": "5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92",
  "linux-arm64": "cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112",
};

type Progress = (line: string) => void;

export interface FetchWay {
  readonly name: string;
  /** Answers the server, or why this way is closed. May throw instead. */
  readonly fetch: (settings: Settings, progress: Progress, signal?: AbortSignal) => Promise<ServerBinary | Rejected>;
}

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end with its output kept. Throws where it cannot be started or takes too long. */
function run(command: string, args: readonly string[], settings: Settings, limitMs: number, progress: Progress = () => {}, signal?: AbortSignal): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: settings as NodeJS.ProcessEnv, signal });
    const began = Date.now();
    let output = "";
    const keep = (chunk: unknown): void => void (output = `${output}${String(chunk)}`.slice(-64 * 1024));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const alive = setInterval(() => progress(`${command} is at work (${Math.round((Date.now() - began) / 1000)} s)`), SILENCE_MS);
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      settle(() => reject(new Error(`${command} was still not done after ${limitMs / 1000} s`)));
    }, limitMs);
    const settle = (done: () => void): void => {
      clearInterval(alive);
      clearTimeout(limit);
      done();
    };
    child.once("error", (error) => settle(() => reject(new Error(/ENOENT|not found/.test(error.message) ? `${command} is not installed` : error.message))));
    child.once("close", (code) => settle(() => resolve({ code, output })));
  });
}

/** The last words of a program that failed, on one line. */
function lastWords({ code, output }: Ran): string {
  const lines = output.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return `ended with code ${code}: ${lines.slice(-2).join(" / ").slice(0, 300)}`;
}

/** A folder in the cache to work in, removed afterwards whatever happens. */
async function inScratch<T>(settings: Settings, work: (folder: string) => Promise<T>): Promise<T> {
  const cache = serverCache(settings);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, ".fetch-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Moves a program to its place in the cache, in one step, so that nobody finds half of one. */
function keepInCache(program: string, settings: Settings): ServerBinary | Rejected {
  const found = inspectBinary(program);
  if (!isServer(found)) return found;
  const folder = join(serverCache(settings), found.version);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "nats-server");
  renameSync(program, path);
  return { ...found, path };
}

async function fetchRelease(settings: Settings, progress: Progress, signal?: AbortSignal): Promise<ServerBinary | Rejected> {
  const where = "the official release";
  const platform = `${process.platform}-${{ x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch}`;
  const sum = RELEASE_SHA256[platform];
  if (!sum) return { where, why: `we know no checksum of it for ${platform}` };
  const name = `nats-server-v${RELEASE_VERSION}-${platform}`;
  const address = `${settings.TASKWIRE_NATS_RELEASES || RELEASES}/v${RELEASE_VERSION}/${name}.tar.gz`;
  progress(`downloading ${address}`);
  const limit = AbortSignal.timeout(DOWNLOAD_LIMIT_MS);
  const archive = await fetch(address, { signal: signal ? AbortSignal.any([signal, limit]) : limit }).then(
    async (answer) => (answer.ok ? new Uint8Array(await answer.arrayBuffer()) : `the download answered ${answer.status}`),
    (error: unknown) => `it cannot be downloaded (${error instanceof Error ? error.message : String(error)})`,
  );
  if (typeof archive === "string") return { where, why: archive };
  const actual = createHash("sha256").update(archive).digest("hex");
  if (actual !== sum) return { where, why: `its SHA-256 is ${actual}, expected ${sum}; it was thrown away` };
  return inScratch(settings, async (folder) => {
    const file = join(folder, "archive.tar.gz");
    writeFileSync(file, archive);
    const unpacked = await run("tar", ["-xzf", file, "-C", folder], settings, DOWNLOAD_LIMIT_MS);
    return unpacked.code === 0 ? keepInCache(join(folder, name, "nats-server"), settings) : { where, why: `tar ${lastWords(unpacked)}` };
  });
}

async function buildWithGo(settings: Settings, progress: Progress, signal?: AbortSignal): Promise<ServerBinary | Rejected> {
  progress("Go builds it from its source: a minute or two, this once");
  return inScratch(settings, async (folder) => {
    const built = await run("go", ["install", `github.com/nats-io/nats-server/v2@v${SOURCE_VERSION}`], { ...settings, GOBIN: folder }, BUILD_LIMIT_MS, progress, signal);
    return built.code === 0 ? keepInCache(join(folder, "nats-server"), settings) : { where: "go install", why: `go ${lastWords(built)}` };
  });
}

async function installWithHomebrew(settings: Settings, progress: Progress, signal?: AbortSignal): Promise<ServerBinary | Rejected> {
  const where = "Homebrew";
  const installed = await run("brew", ["install", "--quiet", "nats-server"], { ...settings, HOMEBREW_NO_AUTO_UPDATE: "1" }, PACKAGE_LIMIT_MS, progress, signal);
  if (installed.code !== 0) return { where, why: `brew ${lastWords(installed)}` };
  const prefix = await run("brew", ["--prefix"], settings, QUESTION_LIMIT_MS);
  return inspectBinary(join(prefix.output.trim(), "bin", "nats-server"));
}

/** Asks for the version first: what is too old is not installed. */
async function installWithApt(settings: Settings, progress: Progress, signal?: AbortSignal): Promise<ServerBinary | Rejected> {
  const where = "apt";
  const policy = await run("apt-cache", ["policy", "nats-server"], { ...settings, LC_ALL: "C" }, QUESTION_LIMIT_MS);
  const candidate = policy.output.match(/Candidate:\s*(?:\d+:)?(\d+\.\d+\.\d+)/)?.[1];
  if (!candidate) return { where, why: "it offers no nats-server" };
  if (compareVersions(candidate, OLDEST_SERVER) < 0) return { where, why: `it offers version ${candidate}; ${OLDEST_SERVER} or newer is needed` };
  if (process.getuid?.() !== 0) return { where, why: "installing needs root: run `sudo apt-get install nats-server`" };
  const installed = await run("apt-get", ["install", "-y", "--no-install-recommends", "nats-server"], { ...settings, DEBIAN_FRONTEND: "noninteractive" }, PACKAGE_LIMIT_MS, progress, signal);
  return installed.code === 0 ? inspectBinary("/usr/sbin/nats-server") : { where, why: `apt-get ${lastWords(installed)}` };
}

/** In the order in which they are tried. */
export const fetchWays: readonly FetchWay[] = [
  { name: "the official release", fetch: fetchRelease },
  { name: "go install", fetch: buildWithGo },
  { name: "Homebrew", fetch: installWithHomebrew },
  { name: "apt", fetch: installWithApt },
];
