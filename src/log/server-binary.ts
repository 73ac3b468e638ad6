/** Getting a nats-server: one that is there already, else fetched once, by the most trustworthy way that works here. */
import type { Settings, ServerBinary } from "./server-find.ts";
import { findServer, isServer, type Rejected } from "./server-find.ts";
import { fetchWays } from "./server-fetch.ts";
import process from "node:process";

export interface ObtainOptions {
  /** Receives a line for people whenever something that takes time begins or fails. */
  readonly progress: (line: string) => void;
  readonly settings?: Settings;
  /** Aborted: nobody wants it any more. What is fetching it is ended. */
  readonly signal?: AbortSignal;
}

/** Thrown when no way leads to a nats-server; the message names each and why it failed. */
export class NoServerFound extends Error {
  override readonly name = "NoServerFound";
  readonly tried: readonly Rejected[];

  constructor(tried: readonly Rejected[]) {
    const lines = tried.map(({ where, why }) => `  - ${where}: ${why}`).join("\n");
    super(`no nats-server could be had. Tried:\n${lines}\nInstall nats-server 2.11 or newer so that it is on PATH, or set NATS_URL to one that runs.`);
    this.tried = tried;
  }
}

/** Answers a nats-server of at least 2.11: from PATH, from the cache, or fetched into the cache. Throws `NoServerFound`, or the signal's reason. */
export async function obtainServer({ progress, settings = process.env, signal }: ObtainOptions): Promise<ServerBinary> {
  const found = findServer(settings);
  if ("path" in found) return found;
  const tried: Rejected[] = [...found];
  for (const { name, fetch } of fetchWays) {
    progress(`fetching nats-server by ${name}`);
    const fetched = await fetch(settings, progress, signal).catch((error: unknown): Rejected => ({ where: name, why: error instanceof Error ? error.message : String(error) }));
    signal?.throwIfAborted();
    if (isServer(fetched)) {
      progress(`nats-server ${fetched.version} is at ${fetched.path}`);
      return fetched;
    }
    progress(`no nats-server by ${name}: ${fetched.why}`);
    tried.push({ where: name, why: fetched.why });
  }
  throw new NoServerFound(tried);
}
