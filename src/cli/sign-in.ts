/**
 * Which service, and as who: `--url` or `TASKWIRE_URL` with `TASKWIRE_TOKEN`, else what the service that runs on this
 * machine has left in its state folder (`local.json`: its address and a token of this machine's user).
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Client, type ClientOptions, createClient, TaskwireError } from "../../clients/typescript/src/client.ts";
import { CommandError, EXIT } from "./exit.ts";

export type Settings = Readonly<Record<string, string | undefined>>;

/** A service that does not answer is asked again for so long, where somebody waits for the answer. Milliseconds. */
export const PATIENCE_MS = 5_000;

/** Where a service listens unless it was told otherwise. */
const USUAL_URL = "http://127.0.0.1:8080";

export interface LocalService {
  readonly url: string;
  readonly token: string;
}

export interface SignIn {
  readonly url: string;
  /** Reads anew what can have changed; throws a retryable `network` error where nothing is there yet. */
  readonly token: () => string;
}

/** The state folder: `TASKWIRE_HOME`, else the one that XDG names. */
export function stateFolder(settings: Settings): string {
  return settings.TASKWIRE_HOME || join(settings.XDG_STATE_HOME || join(settings.HOME || homedir(), ".local", "state"), "taskwire");
}

/** What a running service has left for this machine's user; null where there is nothing readable. */
export function readLocal(settings: Settings): LocalService | null {
  try {
    const { url, token } = JSON.parse(readFileSync(join(stateFolder(settings), "local.json"), "utf8")) as Partial<LocalService>;
    return typeof url === "string" && typeof token === "string" ? { url, token } : null;
  } catch {
    return null;
  }
}

const sameService = (a: string, b: string): boolean => a.replace(/\/+$/, "") === b.replace(/\/+$/, "");

/** Finds out where to go and how to sign in. */
export function signIn(settings: Settings, wanted?: string): SignIn {
  const named = wanted || settings.TASKWIRE_URL;
  const url = named || readLocal(settings)?.url || USUAL_URL;
  return {
    url,
    token() {
      if (settings.TASKWIRE_TOKEN) return settings.TASKWIRE_TOKEN;
      const local = readLocal(settings);
      if (local && (!named || sameService(local.url, url))) return local.token;
      if (named) return "";
      throw new TaskwireError("network", { detail: `No service has left its address in ${stateFolder(settings)}.`, advice: "Start one with `npm start`, or set TASKWIRE_URL and TASKWIRE_TOKEN." });
    },
  };
}

/** A client signed in that way. Throws `CommandError` for an address that is none. */
export function clientFor({ url, token }: SignIn, options: Partial<ClientOptions> = {}): Client {
  try {
    return createClient({ url, token, ...options });
  } catch (error) {
    throw new CommandError(error instanceof TaskwireError ? `${error.message} ${error.advice}` : String(error), EXIT.usage);
  }
}
