/** The console's list and one task in a real browser, on the real service. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "@playwright/test";
import type { Client } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { line, localClient, openConsole } from "../support/console.ts";
import { type Service, startService } from "../support/service.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the console was not tried in a browser, for there is no chromium or google-chrome on PATH");

describe.skipIf(executablePath === null)("the console", () => {
  let service: Service;
  let browser: Browser;
  let client: Client;

  beforeAll(async () => {
    service = await startService();
    client = localClient(service);
    browser = await launchChromium(executablePath ?? "");
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
  });

  test("signs itself in, says how to begin where there is no task, and loads nothing from elsewhere", async () => {
    await using console = await openConsole(browser, service);
    await console.shows("#who", /This machine/);
    await console.shows("main", /No tasks yet.*Read this repository/s);
    expect(console.foreign).toEqual([]);
    expect(console.errors).toEqual([]);
  });

  test("shows tasks that are made while it is open, and how they change, over one connection", async () => {
    await using console = await openConsole(browser, service, "#/work");
    await console.page.goto(`${service.url}/#/tasks`);
    await console.shows("#tasks-title", /My tasks/);
    const { task_id: id } = await client.create({ kind: "demo", title: "Made while you look" });
    await console.shows("#tasks", /Made while you look/);
    await client.publish(id, [{ type: "task.started", data: { attempt: 1 } }, { type: "task.progress", data: { percent: 40 } }]);
    await console.shows("#tasks", /running\s*40 %/);
    await client.publish(id, { type: "task.completed", data: {} });
    await console.shows("#tasks", /completed/);
    await console.page.fill(".find input", "no such task");
    await console.shows(".side", /No task matches/);
    expect(console.errors).toEqual([]);
  });

  test.each(["websocket", "sse", "long_poll"])("follows a task live over %s, and survives being cut, with nothing missing and nothing twice", async (transport) => {
    const { task_id: id } = await client.create({ kind: "demo", title: `Live over ${transport}` });
    await using console = await openConsole(browser, service, `#${id}`);
    await console.page.selectOption("#transport", transport);
    await console.shows("#connection", { websocket: /live.*WebSocket/s, sse: /live.*Server-Sent/s, long_poll: /live.*long-poll/s }[transport] ?? /live/);
    await client.publish(id, [{ type: "task.started", data: { attempt: 1 } }, ...Array.from({ length: 50 }, (_, at) => line(`before ${at}`))]);
    await console.shows("#log", /before 49/);
    await console.page.click("#cut");
    await client.publish(id, Array.from({ length: 50 }, (_, at) => line(`after ${at}`)));
    await client.publish(id, { type: "task.progress", data: { current: 3, total: 4 } });
    await console.shows("#log", /after 49/);
    await console.shows("#detail", /75 %/);
    await client.publish(id, { type: "task.completed", data: {} });
    await console.shows("#status", /completed/);
    const proof = await console.shows("#proof", /104 events, seq 1 to 104/);
    expect(proof).toMatch(/none missing, none twice/);
    if (transport !== "long_poll") expect(proof).toMatch(/1 cut survived/);
    await console.shows("#connection", /read to its end/);
    expect(console.errors).toEqual([]);
  }, 30_000);

  test("goes on over another transport from where it is, without reading anything again", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Switched" });
    await client.publish(id, Array.from({ length: 500 }, (_, at) => line(`line ${at}`)));
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#proof", /501 events, seq 1 to 501/);
    let [rows, asked] = [0, 0];
    console.page.on("request", (request) => /\/events\?/.test(request.url()) && (asked += Number(request.url().includes("after="))));
    for (const transport of ["sse", "websocket", "long_poll", "sse"]) {
      await console.page.selectOption("#transport", transport);
      await client.publish(id, line(`over ${transport}`));
      rows += 1;
      await console.shows("#proof", new RegExp(`${501 + rows} events, seq 1 to ${501 + rows}none missing, none twice`));
    }
    expect(asked).toBeGreaterThanOrEqual(3);
    expect(await console.text("#proof")).not.toMatch(/survived/);
    expect(console.errors).toEqual([]);
  }, 30_000);

  test("shows steps, tools, thoughts, messages, numbers, checks, questions and files as what they are", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Everything" });
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await client.publish(id, [
      { type: "task.started", data: { attempt: 1, worker_id: "worker-7" } },
      { type: "plan.created", data: { steps: [{ step_id: "s1", title: "First" }, { step_id: "s2", title: "Then" }] } },
      { type: "step.started", data: { step_id: "s1", name: "first", title: "First", index: 1, total: 2 } },
      { type: "step.progress", data: { step_id: "s1", percent: 42, message: "half way" } },
      { type: "reasoning.started", data: { reasoning_id: "r1" } }, { type: "reasoning.delta", data: { reasoning_id: "r1", delta: "Hm, let me see." } }, { type: "reasoning.completed", data: { reasoning_id: "r1" } },
      { type: "tool.started", data: { tool_call_id: "t1", name: "search", title: "Look it up", input: { q: "wire" } } }, { type: "tool.progress", data: { tool_call_id: "t1", output_delta: "found it" } }, { type: "tool.completed", data: { tool_call_id: "t1", output: { hits: 3 } } },
      { type: "message.started", data: { message_id: "m1", role: "assistant" } }, { type: "message.delta", data: { message_id: "m1", delta: "Hello " } }, { type: "message.delta", data: { message_id: "m1", delta: "there." } },
      { type: "metrics.updated", data: { values: { tokens: 1234 } } },
      { type: "quality.checked", data: { check: "has_source", passed: false, score: 0.5 } },
      { type: "artifact.created", data: { artifact_id: "a1", name: "report.txt", media_type: "text/plain", size: 5, inline: "hello" } },
      { type: "x.acme.strange", data: { anything: [1, 2] } },
    ]);
    const log = await console.shows("#log", /x\.acme\.strange/);
    for (const wanted of [/Step 1 of 2/, /42 %/, /half way/, /Hm, let me see\./, /search/, /found it/, /Hello there\./, /tokens 1,234/, /has source.*did not hold/, /report\.txt/]) expect(log).toMatch(wanted);
    await console.shows(".outline", /Steps.*First.*42 %.*Then.*Numbers.*tokens.*Artifacts.*report\.txt/s);
    // The message is one row, whatever it came in.
    expect(await console.page.locator(".row-message").count()).toBe(1);
    await client.publish(id, [{ type: "step.failed", data: { step_id: "s1", error: { code: "no_luck", message: "It did not want to", retryable: false }, will_retry: false } }, { type: "task.failed", data: { error: { code: "no_luck", message: "The step failed", retryable: false }, user_message: "We could not do it." } }]);
    await console.shows("#log", /It did not want to.*no_luck.*We could not do it/s);
    await console.shows("#status", /failed/);
    expect(console.errors).toEqual([]);
  }, 30_000);

  test("shows raw frames with their cursors, and goes on behind any of them", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Frames" });
    await client.publish(id, Array.from({ length: 20 }, (_, at) => line(`line ${at}`)));
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.page.click("#tab-frames");
    await console.shows(".frames-scroll", /stream\.ready.*task\.created.*stream\.caught_up/s);
    await console.page.getByRole("button", { name: /^11\s*log\.line/ }).click();
    await console.shows(".frame-more pre", /"seq": 11.*"cursor"|"cursor".*"seq": 11/s);
    await console.page.getByRole("link", { name: "Go on behind this one" }).click();
    await console.shows("#proof", /10 events, seq 12 to 21/);
    expect(console.errors).toEqual([]);
  }, 30_000);
});
