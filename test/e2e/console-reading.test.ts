/** The first task, from its button to its report, steered on the way. Skipped, with the reason, where there is no Chromium. */
import { expect, test } from "bun:test";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { localClient, openConsole, startDemoWorker } from "../support/console.ts";
import { startService } from "../support/service.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the first task was not started from the console, for there is no chromium or google-chrome on PATH");

test.skipIf(executablePath === null)("from the console, one starts the task that reads this repository, pauses it, goes on, tells it something, and answers its question", async () => {
  await using service = await startService();
  const client = localClient(service);
  using _ = startDemoWorker(service);
  const browser = await launchChromium(executablePath ?? "");
  try {
    await using console = await openConsole(browser, service);
    await console.page.click("#start-first");
    await console.shows("#status", /running/);
    const id = await console.text("#task-id");
    await console.page.click("#steer-pause");
    await console.shows("#status", /paused/);
    await console.shows("#log", /Pause\s*done/s);
    await console.page.click("#steer-resume");
    await console.shows("#status", /running|waits/);
    await console.page.fill("#say-text", "src/feed");
    await console.page.keyboard.press("Enter");
    await console.shows(".ask", /Which part shall I read closely/, 50_000);
    await console.page.selectOption(".ask select", { label: "src/delivery" });
    await console.page.click(".ask .button.main");
    await console.shows("#status", /completed/, 30_000);
    await console.page.locator("#log").evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await console.shows("#log", /repository\.json.*Completed/s);
    const { snapshot } = await client.get(id);
    const said = (snapshot.messages ?? []).map(({ content }) => content).join("\n");
    expect(said).toMatch(/You asked for src\/delivery/);
    expect(said).toMatch(/src\/feed: \d+ files with \d+ lines/);
    expect((snapshot.result as { files: number }).files).toBeGreaterThan(300);
    expect(console.errors).toEqual([]);
  } finally {
    await browser.close();
  }
}, 90_000);
