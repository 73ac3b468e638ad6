/** The page in a real browser, on the real service. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { type Client, createClient } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { type Service, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the page was not tried in a browser, for there is no chromium or google-chrome on PATH");

describe.skipIf(executablePath === null)("the page", () => {
  let service: Service;
  let browser: Browser;
  let client: Client;
  let errors: string[] = [];
  let foreign: string[] = [];

  beforeAll(async () => {
    service = await startService();
    client = createClient(JSON.parse(readFileSync(join(service.home, "local.json"), "utf8")) as { url: string; token: string });
    browser = await launchChromium(executablePath ?? "");
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
  });

  /** A page of its own, which notes what went wrong and what came from elsewhere. */
  async function open(path = "/", size = { width: 1000, height: 800 }): Promise<Page> {
    const page = await browser.newPage({ viewport: size });
    errors = [];
    foreign = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && !/ERR_FAILED|Failed to load resource/.test(message.text()) && errors.push(message.text()));
    page.on("request", (request) => !request.url().startsWith(service.url) && !request.url().startsWith("data:") && foreign.push(request.url()));
    await page.goto(`${service.url}${path}`);
    return page;
  }

  const text = async (page: Page, id: string): Promise<string> => (await page.locator(`#${id}`).textContent()) ?? "";
  const shows = (page: Page, id: string, wanted: RegExp) => until(`#${id} shows ${wanted}`, 10_000, async () => wanted.test(await text(page, id)));
  const line = (words: string) => ({ type: "log.line", data: { level: "info", text: words } }) as const;

  test("signs itself in, lists my tasks, and loads nothing from elsewhere", async () => {
    await client.create({ kind: "demo", title: "A task in the list" });
    const page = await open();
    await shows(page, "who", /signed in as This machine/);
    await shows(page, "tasks", /A task in the list/);
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test.each(["websocket", "sse"])("follows a task live over %s, and survives being cut, with nothing missing and nothing twice", async (transport) => {
    const { task_id: id } = await client.create({ kind: "demo", title: `Live over ${transport}` });
    const page = await open(`/#${id}`);
    await page.selectOption("#transport", transport);
    await shows(page, "connection", new RegExp(`live over ${transport}`));
    await client.publish(id, [{ type: "task.started", data: { attempt: 1 } }, ...Array.from({ length: 50 }, (_, at) => line(`before ${at}`))]);
    await shows(page, "log", /before 49/);
    await page.click("#cut");
    await client.publish(id, Array.from({ length: 50 }, (_, at) => line(`after ${at}`)));
    await client.publish(id, { type: "task.progress", data: { current: 3, total: 4 } });
    await shows(page, "log", /after 49/);
    await shows(page, "detail", /75%/);
    await client.publish(id, { type: "task.completed", data: {} });
    await shows(page, "status", /completed/);
    await shows(page, "proof", /104 events, seq up to 104: none missing, none twice, 1 cut survived/);
    await shows(page, "log", /task\.completed/);
    expect(await page.locator("#log li").count()).toBe(104);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("shows what a task says as text, whatever it says", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "<img src=x onerror=alert(1)>" });
    await client.publish(id, line("<script>document.title='owned'</script>"));
    const page = await open(`/#${id}`);
    await shows(page, "log", /<script>document/);
    await shows(page, "title", /<img src=x/);
    expect(await page.locator("#log script, #title img, #tasks img").count()).toBe(0);
    expect(await page.title()).toBe("Taskwire");
    await page.close();
  });

  test("fits a telephone in light and in dark", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "A".repeat(200) });
    await client.publish(id, line("x".repeat(500)));
    const page = await open(`/#${id}`, { width: 360, height: 740 });
    await shows(page, "log", /xxx/);
    const colours: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      colours.push(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    }
    expect(new Set(colours).size).toBe(2);
    await page.close();
  });
});
