/** The page's frame: the bar, my tasks beside, and what the address asks for. */
import { html, useEffect } from "../view.min.js";
import { ConversationsPage } from "../pages/conversations.js";
import { WorkPage } from "../pages/work.js";
import { LabPage } from "../lab/lab-page.js";
import { Loading } from "../parts/pieces.js";
import { route } from "../state/route.js";
import { session } from "../state/session.js";
import { watchTasks } from "../state/tasks.js";
import { TaskPage } from "../task/task-page.js";
import { words } from "../words.js";
import { Away } from "./away.js";
import { TopBar } from "./bar.js";
import { SignIn } from "./sign-in.js";
import { TaskList } from "./task-list.js";
import { Toast } from "./toast.js";
import { Welcome } from "./welcome.js";

const PAGES = { conversations: ConversationsPage, work: WorkPage, lab: LabPage };

function Page() {
  const { page, id, query } = route.value;
  if (page === "tasks") return id === null ? html`<${Welcome} />` : html`<${TaskPage} key=${`${id} ${query.get("replay") ?? ""} ${query.get("after") ?? ""}`} taskId=${id} />`;
  const Other = PAGES[page];
  return Other ? html`<${Other} id=${id} />` : html`<${Welcome} />`;
}

export function App() {
  const { phase, client, access } = session.value;
  const { page, id } = route.value;
  useEffect(() => (client && access !== "link" ? watchTasks(client) : undefined), [client]);
  const signedIn = phase === "ready";
  const listed = signedIn && page === "tasks" && access !== "link";
  return html`<div class=${`app page-${page}${id === null ? " at-home" : ""}${listed ? " with-side" : ""}`}>
    <a class="skip" href="#main" onClick=${(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>${words.skip}</a>
    <${TopBar} />
    <${Away} />
    ${listed && html`<${TaskList} />`}
    <main id="main" tabindex="-1">
      ${phase === "starting" ? html`<${Loading} rows=${6} />` : phase === "asking" ? html`<${SignIn} />` : html`<${Page} />`}
    </main>
    <${Toast} />
  </div>`;
}
