/** The door, where the service gives no tokens by itself. */
import { html, useRef, useState } from "../view.min.js";
import { Icon } from "../parts/icons.js";
import { session, signIn } from "../state/session.js";
import { words } from "../words.js";

export function SignIn() {
  const { error } = session.value;
  const field = useRef(null);
  const [empty, setEmpty] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const token = field.current.value.trim();
    setEmpty(token === "");
    if (token === "") return field.current.focus();
    setBusy(true);
    await signIn(token);
    setBusy(false);
  };
  const wrong = empty ? words.signIn.empty : error ? `${error.code === "token_expired" ? words.signIn.expired : words.signIn.invalid} ${error.code === "token_expired" ? "" : error.message}` : null;
  return html`<section class="door">
    <h1>${words.signIn.title}</h1>
    <p class="soft">${words.signIn.why}</p>
    <form id="sign-in" onSubmit=${submit} novalidate>
      <label for="token">${words.signIn.label}</label>
      <input id="token" ref=${field} type="password" autocomplete="off" spellcheck="false" aria-invalid=${wrong !== null} aria-describedby="token-wrong" />
      <p id="token-wrong" class="wrong" role="alert">${wrong}</p>
      <button class="button main" disabled=${busy}>${words.signIn.button}<${Icon} name="open" /></button>
    </form>
    <details><summary>${words.signIn.where}</summary><p class="soft">${words.signIn.whereMore}</p></details>
  </section>`;
}
