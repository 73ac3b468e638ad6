/** The driver as it runs in a page; `chromium.ts` carries lines in and out. */
import { createDriver } from "./commands.ts";

const page = globalThis as { taskwireTold?: (lines: string) => void; taskwireTake?: (line: string) => void };
let waiting: string[] = [];

const take = createDriver((output) => {
  // What is told in one turn goes out together: each way out of the page costs a millisecond.
  if (waiting.push(JSON.stringify(output)) > 1) return;
  setTimeout(() => {
    page.taskwireTold?.(waiting.join("\n"));
    waiting = [];
  }, 0);
});

page.taskwireTake = (line) => {
  // Another case may be served where an earlier one was: what its tab remembers of that is not of this.
  if ((JSON.parse(line || "{}") as { do?: string }).do === "reset") sessionStorage.clear();
  take(line);
};
