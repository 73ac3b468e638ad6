/** Which service an example works for, and until when: TASKWIRE_URL with TASKWIRE_TOKEN, else the service of this machine; until Ctrl-C. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "../src/client.ts";

interface Local {
  readonly url: string;
  readonly token: string;
}

/** What a running service has left for this machine's user. */
function local(): Local | null {
  const { TASKWIRE_HOME, XDG_STATE_HOME } = process.env;
  try {
    return JSON.parse(readFileSync(join(TASKWIRE_HOME ?? join(XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "taskwire"), "local.json"), "utf8")) as Local;
  } catch {
    return null;
  }
}

/** A client, and a signal that the first Ctrl-C or SIGTERM aborts. */
export function connect(): { readonly client: Client; readonly signal: AbortSignal } {
  const { TASKWIRE_URL, TASKWIRE_TOKEN } = process.env;
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  return {
    // Tokens end, and a service that starts anew leaves another: the file is read each time.
    client: createClient({ url: TASKWIRE_URL ?? local()?.url ?? "http://127.0.0.1:8080", token: () => TASKWIRE_TOKEN ?? local()?.token ?? "" }),
    signal: stop.signal,
  };
}
