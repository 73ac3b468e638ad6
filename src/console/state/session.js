/** Who looks, and with which client. */
import { createClient } from "../client.min.js";
import { signal } from "../view.min.js";
import { route } from "./route.js";
import { localToken, whoIs } from "./sign-in.js";

const AGAIN_MS = 1_000;

/** `phase`: starting, asking (a token is wanted), ready. `access`: how we may look: `local`, `token`, `link`. */
export const session = signal({ phase: "starting", error: null, who: null, token: null, client: null, access: null, can: { broker: false, service: false } });

/** Signs in as well as it goes by itself. */
export async function begin() {
  const link = route.value.query.get("access");
  if (link) return enter(link, "link", { name: null });
  for (;;) {
    try {
      const token = await localToken();
      return token === null ? ask(null) : await enter(token, "local", await whoIs(token));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Signs in with a token that somebody brought. */
export async function signIn(token) {
  try {
    await enter(token, "token", await whoIs(token));
  } catch (error) {
    ask(error);
  }
}

/** Asks for a token; `error`: what was wrong with the one before. */
export function ask(error) {
  session.value = { ...session.value, phase: "asking", error, client: null };
}

/** What an error means for who looks: a token that is over sends them back to the door. */
export function judged(error) {
  if (["token_expired", "token_invalid", "token_missing"].includes(error?.code) && session.value.access === "token") ask(error);
  return error;
}

async function enter(token, access, who) {
  const can = access === "local" ? await breakable() : { broker: false, service: false };
  const source = access === "local" ? async () => (await localToken().catch(() => null)) ?? token : token;
  session.value = { phase: "ready", error: null, who, token: source, access, can, client: createClient({ url: location.origin, token: source }) };
}

/** What may be broken here: only in development. */
async function breakable() {
  const response = await fetch("/console/break").catch(() => null);
  return response?.ok ? response.json() : { broker: false, service: false };
}

/** What was broken, and when: `{at, what}`. */
export const marks = [];

/** Breaks `broker` or `service`. */
export async function breakIt(what) {
  const response = await fetch(`/console/break/${what}`, { method: "POST", headers: { "taskwire-local": "1", authorization: `Bearer ${await freshToken()}` } });
  if (!response.ok) throw new Error((await response.json().catch(() => null))?.detail ?? `HTTP ${response.status}`);
  marks.push({ at: performance.now(), what });
}

/** A token to be given away: a new one where the service makes them. */
export async function freshToken() {
  const { token } = session.value;
  return typeof token === "function" ? token() : token;
}
