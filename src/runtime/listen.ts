/** Serves on the runtime that the process runs on. */
import process from "node:process";
import type { ServeOptions, Server } from "./server.ts";

/** Begins to listen. Throws `ListenError`, which says what to do. Stopping it again only waits for the first stop. */
export async function listen(options: ServeOptions): Promise<Server> {
  const server = process.versions.bun !== undefined ? await (await import("./bun.ts")).serveBun(options) : await (await import("./deno.ts")).serveDeno(options);
  let stopped: Promise<void> | null = null;
  return { hostname: server.hostname, port: server.port, stop: (drain) => (stopped ??= server.stop(drain)) };
}
