/** What makes Taskwire different, on screen: two transports side by side, 50,000 tokens joined late, a slow reader beside a fast one. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "@playwright/test";
import type { Client } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { line, localClient, openConsole } from "../support/console.ts";
import { type Service, startService } from "../support/service.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: what makes Taskwire different was not looked at in a browser, for there is no chromium or google-chrome on PATH");

describe.skipIf(executablePath === null)("on the console", () => {
  let service: Service;
  let browser: Browser;
  let client: Client;

  beforeAll(async () => {
    [service, browser] = await Promise.all([startService(), launchChromium(executablePath ?? "")]);
    client = localClient(service);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
  });

  test("one task over two transports is the same to the last character, whichever of them is cut", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Twice" });
    await using console = await openConsole(browser, service, `#/tasks/${id}?tab=beside`);
    await console.shows(".beside [data-transport=sse]", /live/);
    await console.shows(".beside [data-transport=websocket]", /live/);
    for (const transport of ["websocket", "sse"]) {
      await console.page.click(`.beside [data-transport=${transport}] .button.danger`);
      await client.publish(id, Array.from({ length: 100 }, (_, at) => line(`${transport} ${at} \u{1f680}`)));
    }
    await client.publish(id, { type: "task.completed", data: {} });
    for (const transport of ["websocket", "sse"]) await console.shows(`.beside [data-transport=${transport}]`, /202 events, seq 1 to 202.*none missing.*1 cut survived/s, 20_000);
    await console.shows("#agreement", /202 events on both, the same to the last character/);
    expect(console.errors).toEqual([]);
  }, 40_000);

  test("50,000 tokens are joined late, full and compact, with bytes and time side by side, and the same text", async () => {
    await using console = await openConsole(browser, service, "#/lab");
    await console.page.click("#late-run");
    const end = await console.shows(".late-end", /The same text, character for character/, 50_000);
    const [, bytes = "0"] = end.match(/([\d.]+)× fewer bytes/) ?? [];
    expect(Number(bytes)).toBeGreaterThan(5);
    expect(await console.text("[data-replay=full] [data-measure=events]")).toMatch(/^50,0\d\d$/);
    await console.page.getByRole("link", { name: "Open the task" }).click();
    await console.shows("#log", /Joined compact: .* events of history came merged.*Read them all/s);
    await console.shows("#proof", /50,0\d\d events, seq 1 to 50,0\d\d.*none missing/s);
    expect(console.errors).toEqual([]);
    globalThis.console.log(`50,000 tokens joined late: ${end.replace(/.*character/, "").trim()}`);
  }, 60_000);

  test("a slow reader falls behind, is read on where it stopped, and loses nothing; the fast one does not notice", async () => {
    await using console = await openConsole(browser, service, "#/lab");
    await console.page.click("#slow-start");
    await console.shows("[data-reader=slow]", /[4-9]\d\d events behind/, 20_000);
    expect(await console.text("[data-reader=fast]")).not.toMatch(/\d{3,} events behind/);
    await console.page.click("#slow-stop");
    await console.shows("[data-reader=slow]", /level with the log.*read to its end/s, 40_000);
    const [fast, slow] = await Promise.all(["fast", "slow"].map((name) => console.text(`[data-reader=${name}] .proof-count`)));
    expect(slow).toBe(fast ?? "");
    expect(await console.text("[data-reader=slow] .proof")).toMatch(/none missing, none twice/);
    expect(console.errors).toEqual([]);
  }, 60_000);
});
