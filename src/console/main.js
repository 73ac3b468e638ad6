/** Puts the page together and begins. */
import { html, render } from "./view.min.js";
import "./state/theme.js";
import { App } from "./shell/app.js";
import { begin } from "./state/session.js";

render(html`<${App} />`, document.getElementById("app"));
void begin();
