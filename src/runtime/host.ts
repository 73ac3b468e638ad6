/** What the process gives to the service, the same on Bun and Deno: time and chance, its files, and how it is told to stop. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { extname, join, sep } from "node:path";
import process from "node:process";
import { setImmediate } from "node:timers";
import { fileURLToPath } from "node:url";
import type { Cancel, Clock, Environment, Journal, Random } from "../domain/environment.ts";
import type { Asset } from "../http/deps.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Timers hold 31 bits of milliseconds; a longer wait ends early, and whoever waits looks again. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** Of time that is ahead of the machine's, one in so many milliseconds is left out until it is not. */
const GIVES_BACK = 20;

/**
 * Time that never goes back, made of one that may. Where a machine's clock is set back, whatever waits for a moment would wait for as long
 * again: heartbeats, leases, the next write of a chat. Time stands ahead instead, and goes a little slower until the machine has caught up.
 */
export function steady(read: () => number): () => number {
  let last = Number.NEGATIVE_INFINITY;
  let ahead = 0;
  let since = 0;
  return () => {
    const wall = read();
    if (wall + ahead < last) {
      ahead = last - wall;
      since = last;
    }
    last = wall + ahead;
    if (ahead === 0 || last - since < GIVES_BACK) return last;
    const given = Math.min(ahead, Math.floor((last - since) / GIVES_BACK));
    ahead -= given;
    last -= given;
    since = last;
    return last;
  };
}

/** The machine's clock. */
export const clock: Clock = {
  now: steady(() => Date.now()),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), LONGEST_WAIT_MS));
    return () => clearTimeout(timer);
  },
  turn: (run) => void setImmediate(run),
};

const random: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
};

/** Real time and chance, with this journal. */
export function realEnvironment(journal: Journal): Environment {
  return { clock, random, journal };
}

/** What the settings cannot know. */
export function surroundings(): { homeFolder: string; terminal: boolean } {
  return { homeFolder: homedir(), terminal: process.stderr.isTTY === true };
}

/** Text of a file of this repository. Throws where it is not there. */
export function repositoryFile(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Texts of all files of this repository below a folder that end so: path below it, with slashes → text, by name. */
export function repositoryFiles(folder: string, ending: string): ReadonlyMap<string, string> {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(ending)).map((name) => name.split(sep).join("/"));
  return new Map(names.sort().map((name) => [name, repositoryFile(`${folder}/${name}`)]));
}

/** What the page loads and is made: the client, and what it is drawn with, each in one file. */
const BUNDLES: ReadonlySet<string> = new Set(["client.min.js", "view.min.js"]);

/** A file of the page; null for what is not there or is no file of a page. Read anew every time: they are small, and the system keeps them. */
export function pageFile(path: string): Asset | null {
  const type = TYPES[extname(path)];
  if (type === undefined || !/^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$/.test(path)) return null;
  try {
    const folder = BUNDLES.has(path) ? "generated/browser" : "src/console";
    return { body: new Uint8Array(readFileSync(join(ROOT, folder, path))), type };
  } catch {
    return null;
  }
}

/** What the command line needs to find the service of this machine, and to sign itself in. */
export interface LocalAccess {
  readonly url: string;
  readonly token: string;
  /** RFC 3339. */
  readonly expires_at: string;
  readonly pid: number;
}

/** `local.json` is written anew so often, long before its token ends. Milliseconds. */
const RENEW_MS = 24 * 3600 * 1000;

/** Keeps `local.json` in the state folder, readable by its owner alone, with a token that is good; it stays when the service stops. */
export async function keepLocalAccess(home: string, url: string, makeToken: () => Promise<{ access_token: string; expires_in: number }>): Promise<Cancel> {
  const write = async (): Promise<void> => {
    const { access_token: token, expires_in } = await makeToken();
    const access: LocalAccess = { url, token, expires_at: new Date(clock.now() + expires_in * 1000).toISOString(), pid: process.pid };
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const path = join(home, "local.json");
    writeFileSync(`${path}.new`, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 });
    chmodSync(`${path}.new`, 0o600);
    renameSync(`${path}.new`, path);
  };
  let cancel: Cancel = () => {};
  const again = (): void => {
    cancel = clock.after(RENEW_MS, () => void write().catch(() => {}).then(again));
  };
  await write();
  again();
  return () => cancel();
}

/** Ends this process as a crash would: nothing is closed, nothing is said. */
export function crash(): void {
  process.kill(process.pid, "SIGKILL");
}

/** A terminal's Ctrl-C reaches the whole group, and a launcher passes it on: within this time it is one. Milliseconds. */
const SAME_SIGNAL_MS = 500;

/** SIGTERM or SIGINT asks to stop, a second one ends the process at once. What nobody caught is told in the journal. */
export function stopSignal(journal: Journal): { readonly asked: Promise<string>; readonly wasAsked: () => boolean } {
  let askedAt = 0;
  const promise = new Promise<string>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (askedAt !== 0 && clock.now() - askedAt > SAME_SIGNAL_MS) process.exit(signal === "SIGINT" ? 130 : 143);
        askedAt ||= clock.now();
        resolve(signal);
      });
    }
  });
  const words = (thrown: unknown): string => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : "something that is no error was thrown");
  process.on("unhandledRejection", (reason) => journal.error("unhandled", words(reason)));
  // Half a service is worse than none: whoever started it starts it again, and the log has everything.
  process.on("uncaughtException", (error) => (journal.error("crashed", words(error)), process.exit(1)));
  return { asked: promise, wasAsked: () => askedAt !== 0 };
}
