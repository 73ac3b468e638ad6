/** The bar: where one can go, how the connection is, the colours, and who looks. */
import { html } from "../view.min.js";
import { Icon, Mark } from "../parts/icons.js";
import { route, to } from "../state/route.js";
import { ask, session } from "../state/session.js";
import { service } from "../state/tasks.js";
import { theme, turnTheme } from "../state/theme.js";
import { words } from "../words.js";

const PAGES = ["tasks", "conversations", "work", "lab"];

function Links() {
  const { page } = route.value;
  return html`<nav class="pages" aria-label=${words.nav.label}>
    ${PAGES.map((name) => html`<a key=${name} href=${to(name)} aria-current=${page === name ? "page" : undefined}><${Icon} name=${name} /><span>${words.nav[name]}</span></a>`)}
    <a href="/docs" class="wide-only"><${Icon} name="docs" /><span>${words.nav.docs}</span></a>
  </nav>`;
}

/** How my tasks come here. */
function Pill() {
  const { phase, transport } = service.value;
  if (session.value.access === "link" || phase === "idle") return null;
  return html`<span class=${`pill wire-${phase}`} role="status"><span class="pulse" /><span>${words.connection[phase]}</span>${phase === "live" && html`<span class="soft wide-only">${words.connection.short[transport]}</span>`}</span>`;
}

export function TopBar() {
  const { phase, who, access } = session.value;
  const sign = { auto: "auto", light: "sun", dark: "moon" }[theme.value];
  const label = `${words.theme.label}: ${words.theme[theme.value]}`;
  return html`<header class="top">
    <a class="brand" href=${to("tasks")}><${Mark} /><span>${words.name}</span></a>
    ${phase === "ready" && access !== "link" ? html`<${Links} />` : html`<span class="pages" />`}
    <div class="top-end">
      <${Pill} />
      ${phase === "ready" && html`<span id="who" class="who wide-only" title=${who?.email ?? who?.user ?? ""}>${access === "link" ? words.who.watching : words.who.by(who?.name ?? who?.email)}</span>`}
      ${access === "token" && phase === "ready" && html`<button type="button" class="button quiet only-sign" aria-label=${words.who.out} title=${words.who.out} onClick=${() => ask(null)}><${Icon} name="out" /></button>`}
      <button type="button" class="button quiet only-sign" id="theme" aria-label=${label} title=${label} onClick=${turnTheme}><${Icon} name=${sign} /></button>
    </div>
  </header>`;
}
