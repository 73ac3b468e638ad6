/** Stands before the application until there is one: alive from the first moment, honest about what is missing. */
import { TaskwireError } from "../domain/error.ts";
import type { Application } from "./app.ts";
import { problem } from "./problem.ts";

export interface Gate {
  /** What the runtime serves. */
  readonly fetch: (...call: Parameters<Application["fetch"]>) => Response | Promise<Response>;
  /** What is being waited for, told by /readyz. */
  waitFor(what: string): void;
  /** From now on every request goes to the application. */
  open(app: Application): void;
}

/** A closed gate. */
export function createGate(version: string): Gate {
  let missing = "the service is starting";
  let open: Application | null = null;
  const closed = (request: Request): Response => {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return Response.json({ status: "alive", version });
    if (pathname === "/readyz") return Response.json({ status: "not_ready", missing: ["log"], checks: [{ name: "log", ok: false, detail: missing }] }, { status: 503, headers: { "cache-control": "no-store" } });
    return problem(new TaskwireError("unavailable", `The service is not ready yet: ${missing}.`), request.headers.get("x-request-id")?.slice(0, 128) ?? "none");
  };
  return {
    fetch: (request, bindings) => (open === null ? closed(request) : open.fetch(request, bindings)),
    waitFor(what) {
      missing = what;
    },
    open(app) {
      open = app;
    },
  };
}
