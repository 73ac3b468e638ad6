/** Serves on the runtime that the process runs on, and says in words why it cannot. */
import process from "node:process";
import type { LimitSet } from "../limits.ts";
import type { Gate } from "../http/gate.ts";

export interface Listening {
  readonly port: number;
  readonly hostname: string;
  stop(): Promise<void>;
}

export interface ListenOptions {
  readonly app: Gate;
  readonly hostname: string;
  readonly port: number;
  readonly limits: LimitSet;
}

const REASONS: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `port ${port} of ${host} is taken: stop what listens there, or set PORT to another one (0: any that is free)`,
  EADDRNOTAVAIL: (host) => `${host} is no address of this machine: set HOST to one that is, such as 127.0.0.1`,
  EACCES: (_, port) => `port ${port} may not be used by this user: set PORT to one from 1024 on`,
  ENOTFOUND: (host) => `${host} is no name that this machine knows: set HOST to one that it does, such as 127.0.0.1`,
};

/** Begins to listen. Throws an error for people. */
export async function listen(options: ListenOptions): Promise<Listening> {
  try {
    if (process.versions.bun !== undefined) return await (await import("./bun.ts")).serveBun(options);
    return await (await import("./deno.ts")).serveDeno(options);
  } catch (error) {
    const reason = REASONS[codeOf(error)];
    throw reason === undefined ? error : new Error(reason(options.hostname, options.port));
  }
}

/** Bun tells by a code, Deno by the error's name. */
function codeOf(error: unknown): string {
  const { code, name } = error as { readonly code?: string; readonly name?: string };
  return code ?? { AddrInUse: "EADDRINUSE", AddrNotAvailable: "EADDRNOTAVAIL", PermissionDenied: "EACCES" }[name ?? ""] ?? "";
}
