/** Serves on the runtime that the process runs on. */
import process from "node:process";
import type { ServeOptions, Server } from "./server.ts";

/** Begins to listen. Throws `ListenError`, which says what to do. */
export async function listen(options: ServeOptions): Promise<Server> {
  if (process.versions.bun !== undefined) return (await import("./bun.ts")).serveBun(options);
  return (await import("./deno.ts")).serveDeno(options);
}
