/** Where a nats-server that is new enough may already be: on PATH, or in this user's cache of programs. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";

/** The oldest nats-server that has batched direct get. */
export const OLDEST_SERVER = "2.11.0";

/** How long `nats-server --version` may take. Milliseconds. */
const VERSION_LIMIT_MS = 5_000;

/** Settings of the process by name, as in `process.env`. */
export type Settings = Readonly<Record<string, string | undefined>>;

export interface ServerBinary {
  readonly path: string;
  readonly version: string;
}

/** What was looked at and why it will not do, in words for a person. */
export interface Rejected {
  readonly where: string;
  readonly why: string;
}

/** Compares two versions such as 2.11.0 by their numbers: negative where `a` is the older one. What follows a hyphen is left out. */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string): number[] => (version.split("-")[0] ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < 3; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The folder in which fetched servers are kept, one folder a version. */
export function serverCache(settings: Settings = process.env): string {
  return join(settings.XDG_CACHE_HOME || join(settings.HOME || homedir(), ".cache"), "taskwire", "nats-server");
}

/** Asks a program for its version. Answers a reason where it is no nats-server, or too old. */
export function inspectBinary(path: string): ServerBinary | Rejected {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return { where: path, why: "is not there" };
  }
  const asked = spawnSync(path, ["--version"], { encoding: "utf8", timeout: VERSION_LIMIT_MS });
  const version = `${asked.stdout ?? ""}`.match(/nats-server:?\s+v?(\d+\.\d+\.\d+\S*)/)?.[1];
  if (!version) return { where: path, why: asked.error ? `does not run: ${asked.error.message}` : "does not say which version it is" };
  if (compareVersions(version, OLDEST_SERVER) < 0) return { where: path, why: `is version ${version}; ${OLDEST_SERVER} or newer is needed` };
  return { path, version };
}

/** True where `inspectBinary` found a server that will do. */
export function isServer(found: ServerBinary | Rejected): found is ServerBinary {
  return "path" in found;
}

/** Every version in the cache, newest first. */
function cachedVersions(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => compareVersions(b, a));
  } catch {
    return [];
  }
}

/** Looks on PATH, then in the cache. Answers the server, or what was looked at. */
export function findServer(settings: Settings = process.env): ServerBinary | readonly Rejected[] {
  const rejected: Rejected[] = [];
  const folders = (settings.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = folders.map((folder) => join(folder, "nats-server")).filter((path) => existsSync(path));
  if (onPath.length === 0) rejected.push({ where: "PATH", why: "has no nats-server" });
  const cache = serverCache(settings);
  const cached = cachedVersions(cache).map((version) => join(cache, version, "nats-server"));
  for (const path of [...onPath, ...cached]) {
    const found = inspectBinary(path);
    if (isServer(found)) return found;
    rejected.push(found);
  }
  if (cached.length === 0) rejected.push({ where: cache, why: "nothing was fetched before" });
  return rejected;
}
