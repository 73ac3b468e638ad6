/** The driver as it runs in a page; `chromium.ts` carries lines in and out. */
import { createDriver } from "./commands.ts";

const page = globalThis as { taskwireTold?: (lines: string) => void; taskwireTake?: (line: string) => void };
let waiting: string[] = [];

page.taskwireTake = createDriver((output) => {
  // What is told in one turn goes out together: each way out of the page costs a millisecond.
  if (waiting.push(JSON.stringify(output)) > 1) return;
  setTimeout(() => {
    page.taskwireTold?.(waiting.join("\n"));
    waiting = [];
  }, 0);
});
