/** Which pages may connect, and which requests come from this machine's own page. Pure. */
import { TaskwireError } from "../domain/error.ts";

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const LOOPBACK_ADDRESS = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}|localhost)$/i;

/** A request without `Origin` does not come from a page; with one it must be the service's own or a configured one. */
export function originAllowed(headers: Headers, origins: readonly string[]): boolean {
  const origin = headers.get("origin");
  if (origin === null || origins.includes("*") || origins.includes(origin)) return true;
  const host = headers.get("host");
  return host !== null && (origin === `http://${host}` || origin === `https://${host}`);
}

/** Throws `origin_forbidden` for a foreign page. */
export function checkOrigin(headers: Headers, origins: readonly string[]): void {
  if (originAllowed(headers, origins)) return;
  throw new TaskwireError("origin_forbidden", "The page that wants to connect is from an origin that is not allowed here; expected the service's own, or one named in TASKWIRE_ORIGINS.");
}

/**
 * Is this the page that the service itself shows on this machine? The token that depends on it is an administrator's, so each
 * way to borrow a browser is closed: a rebound name shows in `Host`, another site in `Origin` and `Sec-Fetch-Site`, a form
 * cannot send the header `Taskwire-Local`, a proxy tells on itself by its headers, and the peer must be loopback.
 */
export function isLocalPage(headers: Headers, address: string): boolean {
  const host = headers.get("host") ?? "";
  const site = headers.get("sec-fetch-site");
  return (
    LOOPBACK_HOST.test(host) &&
    LOOPBACK_ADDRESS.test(address) &&
    headers.get("origin") === `http://${host}` &&
    (site === null || site === "same-origin") &&
    headers.get("taskwire-local") === "1" &&
    !["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"].some((name) => headers.has(name))
  );
}

/** What a page of an allowed origin may send and read (CORS); nothing for others, so that their browser keeps them out. */
export function corsHeaders(headers: Headers, origins: readonly string[]): Record<string, string> {
  const origin = headers.get("origin");
  if (origin === null || !originAllowed(headers, origins)) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "authorization, content-type, idempotency-key, taskwire-producer, last-event-id, x-request-id",
    "access-control-expose-headers": "x-request-id, retry-after, location",
    "access-control-max-age": "600",
    vary: "origin",
  };
}
