/** Signs the page in: by itself on the machine of a service with its own issuer, else with a token that its user brings. */

/** @returns {Promise<string | null>} a token for this machine's user, or null where the service gives none */
export async function localToken() {
  const response = await fetch("/api/v1/auth/local", { method: "POST", headers: { "taskwire-local": "1" } });
  if (!response.ok) return null;
  const { access_token: token } = await response.json();
  return token;
}

/** Who a token's user is. @returns {Promise<string>} */
export async function whoIs(token) {
  const response = await fetch("/v1/me", { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error((await response.json().catch(() => null))?.detail ?? `HTTP ${response.status}`);
  const { name, email, user } = await response.json();
  return name ?? email ?? user;
}

/** Asks for a token. @param {HTMLFormElement} form @returns {Promise<string>} */
export function askForToken(form) {
  form.hidden = false;
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.hidden = true;
      resolve(form.querySelector("input").value.trim());
    }, { once: true });
  });
}
