/** Gets the page a token: by itself on the machine of a service with its own issuer, else one that its user brings. */

/** A token for this machine's user, or null where the service gives none. Throws while it is away. */
export async function localToken() {
  const response = await fetch("/api/v1/auth/local", { method: "POST", headers: { "taskwire-local": "1" } });
  if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
  if (!response.ok) return null;
  return (await response.json()).access_token;
}

/** Who a token's user is. Throws what the service says of the token: `code`, `detail`. */
export async function whoIs(token) {
  const response = await fetch("/v1/me", { headers: { authorization: `Bearer ${token}` } });
  const body = await response.json().catch(() => null);
  if (!response.ok) throw Object.assign(new Error(body?.detail ?? `HTTP ${response.status}`), { code: body?.code ?? "other", advice: body?.advice ?? "", retryable: response.status >= 500 });
  return body;
}
