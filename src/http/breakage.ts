/**
 * What the service's own page may break on the machine of whoever tries it out, to see it heal. The routes are there with the development
 * issuer alone, answer to nobody but that page with its administrator's token, and are no part of the interface.
 */
import { TaskwireError } from "../domain/error.ts";
import type { AppDeps, Breakage } from "./deps.ts";
import { type App, bearer, NO_STORE, type RouteContext } from "./endpoint.ts";
import { isLocalPage } from "./origin.ts";

/** The broker stays away for so long: longer than a blink, shorter than appends are held. Milliseconds. */
const AWAY_MS = 4_000;
/** The answer leaves before the process does. Milliseconds. */
const BEFORE_MS = 100;

/** Adds `GET /console/break` (what can be broken) and `POST /console/break/{broker,service}`. */
export function addBreakage(app: App, deps: AppDeps): void {
  const { breakage, environment: { clock, journal } } = deps;
  if (breakage === null) return;
  app.get("/console/break", (c) => c.json({ broker: breakage.broker !== null, service: true }, 200, NO_STORE));
  const breaks = (name: keyof Breakage, awayMs: number, run: () => void): void => {
    app.post(`/console/break/${name}`, async (c) => {
      await mustBeLocal(deps, c);
      journal.warn("broken", `the page asked to break the ${name}, and so it is`);
      clock.after(BEFORE_MS, run);
      return c.json({ broken: name, away_ms: awayMs }, 202);
    });
  };
  const { broker, service } = breakage;
  if (broker !== null) breaks("broker", AWAY_MS, () => broker(AWAY_MS));
  breaks("service", 0, service);
}

async function mustBeLocal({ auth }: AppDeps, c: RouteContext): Promise<void> {
  const { headers } = c.req.raw;
  const token = bearer(headers);
  if (token === null) throw new TaskwireError("token_missing", "The request has no token.");
  const { scopes } = await auth.verify(token);
  if (isLocalPage(headers, c.env.acceptor.address) && scopes.has("admin")) return;
  throw new TaskwireError("origin_forbidden", "Only the service's own page, opened on this machine under a loopback address, may break it.");
}
