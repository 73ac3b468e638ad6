/** Ordering, answering, saying, sharing, talking and queueing from the console, with the worker that npm start runs. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "@playwright/test";
import type { Client } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { localClient, openConsole, startDemoWorker } from "../support/console.ts";
import { type Service, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: nothing was ordered from the console, for there is no chromium or google-chrome on PATH");

describe.skipIf(executablePath === null)("from the console, one", () => {
  let service: Service;
  let browser: Browser;
  let client: Client;
  let worker: Disposable;

  beforeAll(async () => {
    [service, browser] = await Promise.all([startService(), launchChromium(executablePath ?? "")]);
    client = localClient(service);
    worker = startDemoWorker(service);
  }, 60_000);

  afterAll(async () => {
    worker?.[Symbol.dispose]();
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
  });

  const statusOf = async (id: string): Promise<string> => (await client.get(id)).task.status;

  test("cancels a task after being asked whether it is meant, does it again, and deletes it", async () => {
    const { task_id: id } = await client.create({ kind: "nobody-does-this", title: "Waits for ever", queue: true });
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#log", /No worker has taken it yet.*--kind nobody-does-this/s);
    await console.page.getByRole("button", { name: "Cancel" }).click();
    expect(await statusOf(id)).toBe("queued");
    await console.page.getByRole("button", { name: "Really?" }).click();
    await console.shows("#status", /canceled/);
    await console.page.click("#steer-retry");
    await until("another task is shown", 10_000, async () => (await console.text("#task-id")) !== id);
    await console.shows("#status", /queued/);
    const again = await console.text("#task-id");
    await console.page.getByRole("button", { name: "Cancel" }).click();
    await console.page.getByRole("button", { name: "Really?" }).click();
    await console.shows("#status", /canceled/);
    await console.page.getByRole("button", { name: "Delete" }).click();
    await console.page.getByRole("button", { name: "Really?" }).click();
    await until("the task is gone", 10_000, async () => (await client.get(again, { giveUpMs: 0 }).catch((error: { code: string }) => error.code)) === "task_deleted");
    expect(console.errors).toEqual([]);
  }, 40_000);

  test.each([
    ["a choice", { kind: "question", prompt: "Which?", options: [{ value: "a", label: "The first" }, { value: { b: 1 }, label: "The second" }] }, async (page: import("@playwright/test").Page) => page.getByRole("button", { name: "The second" }).click(), "answered", { b: 1 }],
    ["an approval", { kind: "approval", prompt: "Block it?" }, async (page: import("@playwright/test").Page) => page.getByRole("button", { name: "Deny" }).click(), "denied", false],
    ["a form", { kind: "question", prompt: "Tell", schema: { type: "object", required: ["name", "age"], properties: { name: { type: "string", minLength: 2 }, age: { type: "integer", minimum: 18 }, tags: { type: "array", items: { enum: ["x", "y"] } }, sure: { type: "boolean" } } } }, async (page: import("@playwright/test").Page) => {
      await page.fill(".ask [id$=-name]", "Ada");
      await page.fill(".ask [id$=-age]", "12");
      await page.check(".ask fieldset label:nth-of-type(2) input");
      await page.click(".ask .button.main");
      await page.getByText(/The answer does not fit/).waitFor();
      await page.fill(".ask [id$=-age]", "36");
      await page.click(".ask .button.main");
    }, "answered", { name: "Ada", age: 36, tags: ["y"], sure: false }],
  ] as const)("answers %s", async (_, question, answer, outcome, response) => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Asks" });
    await client.publish(id, [{ type: "task.started", data: { attempt: 1 } }, { type: "input.requested", data: { request_id: "q1", ...question } as never }]);
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#status", /waits for you/);
    await answer(console.page);
    await until("the form is gone", 10_000, async () => (await console.page.locator(".ask").count()) === 0);
    const { snapshot } = await client.get(id);
    expect(snapshot.inputs?.[0]).toMatchObject({ outcome, response });
    expect(console.errors).toEqual([]);
  }, 30_000);

  test("shares a task by a link, with which one watches and does nothing else, until it is taken back", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Shared" });
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.page.click("#tab-share");
    await console.page.fill("#share-label", "Ada's phone");
    await console.page.click("#share-make");
    const link = await console.page.locator("#share-link").inputValue();
    await console.page.click("#ticket-make");
    const address = await console.page.locator("#ticket").inputValue();
    const stream = await fetch(address, { headers: { accept: "text/event-stream" } });
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
    await using watcher = await openConsole(browser, service, new URL(link).hash);
    await watcher.shows("#title", /Shared/);
    await watcher.shows("#who", /Watching by a link/);
    expect(await watcher.page.locator("#cut").count()).toBe(1);
    expect(await watcher.page.locator(".steer .button, #tasks, #say, #tab-share, #tab-publish").count()).toBe(0);
    await client.publish(id, { type: "log.line", data: { level: "info", text: "seen by both" } });
    await watcher.shows("#log", /seen by both/);
    await console.shows(".grants", /Ada's phone/);
    await console.page.getByRole("button", { name: "Take back" }).click();
    await console.page.getByRole("button", { name: "Really?" }).click();
    await watcher.shows("main", /taken back|revoked|not accepted/, 20_000);
    expect([...console.errors, ...watcher.errors]).toEqual([]);
  }, 60_000);

  test("talks: a question in a new conversation is answered by the worker, and the conversation is listed", async () => {
    await using console = await openConsole(browser, service, "#/conversations");
    await console.page.click("#conversation-new");
    await console.page.fill("#talk-text", "fencing lease");
    await console.page.keyboard.press("Enter");
    await console.shows(".talk-said", /You.*fencing lease.*Assistant.*files speak of it.*src\//s, 20_000);
    await console.shows(".side .entries", /fencing lease.*2 messages.*1 task/s);
    expect(console.errors).toEqual([]);
  }, 40_000);

  test("puts tasks into a queue, and sees what waits and which instances serve", async () => {
    await using console = await openConsole(browser, service, "#/work");
    await console.page.fill("#work-kind", "build-it");
    await console.page.fill("#work-title", "From the form");
    await console.page.fill("#work-input", "{not json");
    await console.page.click("#work-add");
    await console.shows("main .wrong", /This is not JSON/);
    await console.page.fill("#work-input", '{"commit":"8a183bc"}');
    await console.page.click("#work-add");
    await console.shows("#queue", /build-it\s*1/);
    await console.shows("#instances", /Connections/);
    const [lease] = await client.lease("build-it", { workerId: "by-hand" });
    expect(lease?.input).toEqual({ commit: "8a183bc" });
    await console.shows("#at-work", /From the form.*by-hand.*running/s);
    await console.shows("#queue", /^(?!.*build-it)/s);
    expect(console.errors).toEqual([]);
  }, 30_000);
});
