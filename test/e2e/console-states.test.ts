/** What the console makes of bad input, each a designed state, in a real browser. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { Browser } from "@playwright/test";
import type { Client, EventDraft } from "../../clients/typescript/src/client.ts";
import { createClient } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { line, localClient, openConsole } from "../support/console.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the console's states were not tried in a browser, for there is no chromium or google-chrome on PATH");

describe.skipIf(executablePath === null)("the console, given", () => {
  let service: Service;
  let strict: Service;
  let browser: Browser;
  let client: Client;

  beforeAll(async () => {
    [service, strict, browser] = await Promise.all([startService(), startService({ env: { ...ISSUER_SETTINGS, TASKWIRE_TOKEN_LEEWAY_MS: "300" } }), launchChromium(executablePath ?? "")]);
    client = localClient(service);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
    await strict?.[Symbol.asyncDispose]();
  });

  test("no token, asks for one, says what is wrong with it, and lets in who has a good one", async () => {
    await using console = await openConsole(browser, strict);
    await console.shows("main", /Sign in with a token/);
    await console.page.click("#sign-in button");
    await console.shows("#token-wrong", /A token is missing/);
    await console.page.fill("#token", "not-a-token");
    await console.page.keyboard.press("Enter");
    await console.shows("#token-wrong", /not accepted/);
    await console.page.fill("#token", await makeToken({ lifetime: -60 }));
    await console.page.keyboard.press("Enter");
    await console.shows("#token-wrong", /expired/);
    await console.page.fill("#token", await makeToken({ subject: "ada-lovelace" }));
    await console.page.keyboard.press("Enter");
    await console.shows("#who", /\S+/);
    await console.shows("main", /No tasks yet/);
    expect(console.errors).toEqual([]);
  }, 30_000);

  test("a token that expires while one looks, asks for a new one, and goes on where it was", async () => {
    const publisher = createClient({ url: strict.url, token: await makeToken() });
    const { task_id: id } = await publisher.create({ kind: "demo", title: "Longer than my token" });
    await publisher.publish(id, line("before it ended"));
    await using console = await openConsole(browser, strict, `#/tasks/${id}`);
    await console.page.fill("#token", await makeToken({ lifetime: 3 }));
    await console.page.keyboard.press("Enter");
    await console.shows("#title", /Longer than my token/);
    await console.shows("#log", /before it ended/);
    await console.shows("#token-wrong", /expired.*everything goes on/s, 20_000);
    await publisher.publish(id, line("meanwhile"));
    await console.page.fill("#token", await makeToken());
    await console.page.keyboard.press("Enter");
    await console.shows("#title", /Longer than my token/);
    await console.shows("#log", /before it ended.*meanwhile/s);
    await console.shows("#proof", /3 events, seq 1 to 3none missing, none twice.*1 cut survived/s);
    expect(console.errors).toEqual([]);
  }, 40_000);

  test("a task that does not exist, or is another's, says the same of both", async () => {
    const other = createClient({ url: strict.url, token: await makeToken({ subject: "another" }) });
    const { task_id: theirs } = await other.create({ kind: "demo", title: "Theirs" });
    const said: string[] = [];
    for (const id of ["nobody-made-this", theirs]) {
      await using console = await openConsole(browser, strict, `#/tasks/${id}`);
      await console.page.fill("#token", await makeToken());
      await console.page.keyboard.press("Enter");
      said.push((await console.shows(".notice", /There is no such task/)).replaceAll(id, "ID"));
      await console.page.getByRole("link", { name: "Back to my tasks" }).click();
      await console.shows("#tasks", /Longer than my token/);
      expect(console.errors).toEqual([]);
    }
    expect(said[0]).toBe(said[1] ?? "");
    await using console = await openConsole(browser, service, "#/tasks/%3Cscript%3E");
    await console.shows(".notice", /cannot be a task's name/);
  }, 30_000);

  test("a service that goes away, says so, keeps what is there, and goes on behind it", async () => {
    let own = await startService();
    try {
      const publisher = localClient(own);
      const { task_id: id } = await publisher.create({ kind: "demo", title: "Outlives the service" });
      await publisher.publish(id, line("before"));
      await using console = await openConsole(browser, own, `#/tasks/${id}`);
      await console.shows("#log", /before/);
      await own.kill();
      await console.shows(".away-place", /The service is away/);
      await console.shows("#connection", /cut off|connecting/);
      expect(await console.text("#log")).toMatch(/before/);
      own = await startService({ home: own.home, port: own.port });
      await publisher.publish(id, line("after"));
      await console.page.locator(".away .button").click({ timeout: 2_000 }).catch(() => {});
      await console.shows("#log", /after/, 25_000);
      await console.shows("#proof", /3 events, seq 1 to 3.*none missing, none twice.*1 cut survived/s);
      await console.shows(".away-place", /^$/, 20_000);
      expect(console.errors).toEqual([]);
    } finally {
      await own[Symbol.asyncDispose]();
      rmSync(own.home, { recursive: true, force: true });
    }
  }, 60_000);

  test("an event of an unknown type, shows it as it is", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Strange" });
    await client.publish(id, { type: "x.acme.robot", data: { arm: { left: true } } });
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#log", /x\.acme\.robot.*"arm"/s);
    await console.page.click(".row-other .row-fold");
    await console.shows("#log", /does not know events of this type.*"left": true/s);
    expect(console.errors).toEqual([]);
  });

  test("64 KiB of text in one event, shows its beginning, and all of it on demand", async () => {
    const text = `${"0123456789abcdef".repeat(4_000)}THE END`;
    const { task_id: id } = await client.create({ kind: "demo", title: "Long" });
    await client.publish(id, line(text));
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#log", /Show all 63 KiB/);
    expect(await console.text(".row-log .text")).not.toContain("THE END");
    await console.page.getByRole("button", { name: /Show all/ }).click();
    await console.shows(".row-log .text", /THE END/);
    expect(await console.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  test("text that runs from right to left, and emoji, lets each run as it does", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "مهمة طويلة جدا 🚀" });
    await client.publish(id, [line("שלום עולם 👩‍👩‍👧‍👦"), line("left to right")]);
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#log", /שלום עולם 👩‍👩‍👧‍👦/);
    const direction = (selector: string, at: number) => console.page.locator(selector).nth(at).evaluate((element) => getComputedStyle(element).direction);
    expect(await direction("#title", 0)).toBe("rtl");
    expect(await direction(".row-log .text", 0)).toBe("rtl");
    expect(await direction(".row-log .text", 1)).toBe("ltr");
  });

  test("HTML in any field, shows it and never runs it", async () => {
    const evil = "<img src=x onerror=\"globalThis.owned=1\"><script>globalThis.owned=1</script>";
    const { task_id: id } = await client.create({ kind: "demo", title: evil, input: { [evil]: evil } });
    const events: EventDraft[] = [
      { type: "task.started", data: { attempt: 1, worker_id: evil } }, { type: "task.progress", data: { percent: 10, stage: evil, message: evil } },
      { type: "step.started", data: { step_id: "s", name: evil, title: evil } }, { type: "step.progress", data: { step_id: "s", percent: 5, message: evil } },
      { type: "tool.started", data: { tool_call_id: "t", name: evil, title: evil, input: evil } }, { type: "tool.failed", data: { tool_call_id: "t", error: { code: evil, message: evil, retryable: false } } },
      { type: "message.started", data: { message_id: "m", role: evil, agent: evil } as never }, { type: "message.delta", data: { message_id: "m", delta: evil } },
      { type: "reasoning.started", data: { reasoning_id: "r", agent: evil } }, { type: "reasoning.delta", data: { reasoning_id: "r", delta: evil } },
      line(evil), { type: "metrics.updated", data: { values: { [evil]: 1 } } }, { type: "quality.checked", data: { check: evil, passed: false, issues: [evil] } },
      { type: "artifact.created", data: { artifact_id: "a", name: evil, media_type: evil, inline: evil } },
      { type: "input.requested", data: { request_id: "q", kind: "question", prompt: evil, schema: { type: "object", properties: { [evil]: { type: "string", title: evil, description: evil, enum: [evil] } } } } },
      { type: "x.acme.evil", data: { evil } },
    ];
    for (const event of events) await client.publish(id, event).catch((error: Error) => console.log(`(${event.type} was refused: ${error.message.slice(0, 80)})`));
    await using opened = await openConsole(browser, service, `#/tasks/${id}`);
    await opened.shows("#log", /x\.acme\.evil/);
    expect(await opened.text("#title")).toBe(evil);
    for (const tab of ["frames", "beside", "publish", "share", "timeline"]) await opened.page.click(`#tab-${tab}`);
    expect(await opened.page.locator("#app img, #app script").count()).toBe(0);
    expect(await opened.page.evaluate(() => (globalThis as { owned?: number }).owned)).toBeUndefined();
    const policy = (await fetch(`${service.url}/`)).headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(opened.errors).toEqual([]);
  }, 30_000);
});
