/** That the console is good to use for everybody: by keyboard, by screen reader, in light and dark, narrow, still, and quick. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import type { Client, EventDraft } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { line, localClient, openConsole } from "../support/console.ts";
import { type Service, startService } from "../support/service.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the console's looks were not judged, for there is no chromium or google-chrome on PATH");

const AXE = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");
/** What a frame may cost the page's thread while one scrolls, of the 16 ms that there are: its own time, whatever else the machine does. Milliseconds. */
const SMOOTH_MS = 12;
const FRAMES = 100;

interface Found {
  readonly violations: readonly { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] }[];
}

/** What axe finds that is serious or critical. Evaluated through the debugger, which the page's policy does not bind. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<Found> } }).axe.run());
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(" | ")}`);
}

describe.skipIf(executablePath === null)("the console", () => {
  let service: Service;
  let browser: Browser;
  let client: Client;
  let everything: string;

  beforeAll(async () => {
    [service, browser] = await Promise.all([startService(), launchChromium(executablePath ?? "")]);
    client = localClient(service);
    everything = (await client.create({ kind: "demo", title: "Everything at once", conversation_id: "c-1", input: { of: "everything" } })).task_id;
    const events: EventDraft[] = [
      { type: "task.started", data: { attempt: 1, worker_id: "worker-7" } }, { type: "task.progress", data: { percent: 40, message: "on the way", eta_ms: 60_000 } },
      { type: "step.started", data: { step_id: "s1", name: "one", title: "The first step", index: 1, total: 2 } },
      { type: "tool.started", data: { tool_call_id: "t1", name: "search", input: { q: 1 } } }, { type: "tool.completed", data: { tool_call_id: "t1", output: [1] } },
      { type: "reasoning.started", data: { reasoning_id: "r1" } }, { type: "reasoning.delta", data: { reasoning_id: "r1", delta: "Thinking of it." } },
      { type: "message.started", data: { message_id: "m1", role: "assistant" } }, { type: "message.delta", data: { message_id: "m1", delta: "A long answer. ".repeat(40) } },
      { type: "message.started", data: { message_id: "m2", role: "user" } }, { type: "message.completed", data: { message_id: "m2", content: "And you?" } },
      { type: "log.line", data: { level: "warn", text: "Careful" } }, { type: "log.line", data: { level: "error", text: "Oh no" } },
      { type: "metrics.updated", data: { values: { tokens: 5 } } }, { type: "quality.checked", data: { check: "good", passed: true } },
      { type: "artifact.created", data: { artifact_id: "a1", name: "report.txt", media_type: "text/plain", inline: "hello" } }, { type: "x.acme.other", data: {} },
      { type: "input.requested", data: { request_id: "q1", kind: "question", prompt: "How many?", schema: { type: "object", required: ["n"], properties: { n: { type: "integer", description: "a number" }, sure: { type: "boolean" }, which: { enum: ["a", "b"] } } } } },
    ];
    await client.publish(everything, events);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
  });

  test.each([["light", 1200], ["dark", 1200], ["light", 360], ["dark", 360]] as const)("has nothing serious for axe, and nothing too wide, in %s, %d pixels wide", async (colorScheme, width) => {
    await using console = await openConsole(browser, service, `#/tasks/${everything}`, { colorScheme, viewport: { width, height: 800 } });
    await console.shows("#proof", /19 events/);
    const found: string[] = [];
    const judge = async (place: string): Promise<void> => {
      found.push(...(await serious(console.page)).map((one) => `${place}: ${one}`));
      if (await console.page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${place}: wider than the page`);
    };
    await judge("timeline");
    for (const tab of ["frames", "beside", "publish", "share"]) {
      await console.page.click(`#tab-${tab}`);
      if (tab === "frames") await console.page.locator("button.frame-line").first().click();
      if (tab === "share") await console.page.click("#share-make");
      await judge(tab);
    }
    for (const [place, wanted] of [["#/conversations/c-1", /And you/], ["#/work", /Connections/], ["#/lab", /Break it/], ["#/tasks/nobody-made-this", /no such task/], ["#/tasks", /Everything at once/]] as const) {
      await console.page.goto(`${service.url}/${place}`);
      await console.shows("#app", wanted);
      await judge(place);
    }
    expect(found).toEqual([]);
    expect(console.errors).toEqual([]);
  }, 50_000);

  test("turns its colours by the switch, and keeps them", async () => {
    await using console = await openConsole(browser, service, `#/tasks/${everything}`, { colorScheme: "light" });
    const paper = () => console.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await console.shows("#title", /Everything/);
    const light = await paper();
    await console.page.click("#theme");
    expect(await paper()).toBe(light);
    await console.page.click("#theme");
    const dark = await paper();
    expect(dark).not.toBe(light);
    await console.page.reload();
    await console.shows("#title", /Everything/);
    expect(await paper()).toBe(dark);
  });

  test("is worked by the keyboard alone", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "By keyboard" });
    await client.publish(id, { type: "task.started", data: { attempt: 1 } });
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    const { keyboard } = console.page;
    await console.shows("#log", /Started/);
    await keyboard.press("Tab");
    expect(await console.page.evaluate(() => document.activeElement?.className)).toBe("skip");
    await keyboard.press("Enter");
    expect(await console.page.evaluate(() => document.activeElement?.id)).toBe("main");
    const reach = async (selector: string): Promise<void> => {
      for (let at = 0; at < 40; at++) {
        if (await console.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
        await keyboard.press("Tab");
      }
      throw new Error(`the keyboard does not come to ${selector}`);
    };
    await reach("#steer-pause");
    expect(await console.page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).toBe("solid");
    await reach("#cut");
    await keyboard.press("Enter");
    await console.shows("#proof", /1 cut survived/);
    await reach("#tab-timeline");
    await keyboard.press("ArrowRight");
    await console.shows(".panel", /stream\.ready/);
    await keyboard.press("ArrowLeft");
    await reach("#say-text");
    await keyboard.type("hello");
    await keyboard.press("Enter");
    await console.shows("#log", /Message.*ordered|hello/s);
    expect(console.errors).toEqual([]);
  }, 30_000);

  test("does not move what one reads while text streams in", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Streaming" });
    await client.publish(id, [{ type: "task.started", data: { attempt: 1 } }, ...Array.from({ length: 30 }, (_, at) => line(`line ${at}`)), { type: "message.started", data: { message_id: "m", role: "assistant" } }]);
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#log", /line 29/);
    await console.page.waitForTimeout(500);
    await console.page.evaluate(() => {
      const seen = globalThis as unknown as { shift: number };
      seen.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) seen.shift += entry.value;
      }).observe({ type: "layout-shift", buffered: false });
    });
    for (let at = 0; at < 40; at++) await client.publish(id, [{ type: "message.delta", data: { message_id: "m", delta: "some words that make the text longer and longer " } }, { type: "task.progress", data: { percent: at * 2, message: `at ${at}` } }]);
    await console.shows("#detail", /78 %/);
    expect(await console.page.evaluate(() => (globalThis as unknown as { shift: number }).shift)).toBeLessThan(0.01);
    expect(console.errors).toEqual([]);
  }, 30_000);

  test("stays smooth with 10,000 rows: few of them are there, scrolling keeps up, and the end is reached", async () => {
    const { task_id: id } = await client.create({ kind: "demo", title: "Ten thousand" });
    for (let at = 0; at < 10_000; at += 500) await client.publish(id, Array.from({ length: 500 }, (_, one) => line(`line ${at + one} ${"and more ".repeat((at + one) % 30)}`)));
    await using console = await openConsole(browser, service, `#/tasks/${id}`);
    await console.shows("#proof", /10,001 events/, 20_000);
    await console.shows("#log", /line 9999/);
    expect(await console.page.locator(".vrow").count()).toBeLessThan(120);
    const devtools = await console.page.context().newCDPSession(console.page);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    const spent = async (): Promise<number> => (await devtools.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
    const before = await spent();
    const frames = await console.page.evaluate(async (count) => {
      const log = document.getElementById("log") as HTMLElement;
      const took: number[] = [];
      let before = performance.now();
      for (let at = 0; at < count; at++) {
        log.scrollTop = at % 10 === 0 ? (log.scrollHeight * at) / count : log.scrollTop + 300;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        took.push(now - before);
        before = now;
      }
      return took.sort((a, b) => a - b);
    }, FRAMES);
    const cost = ((await spent()) - before) * 1_000 / FRAMES;
    expect(cost).toBeLessThan(SMOOTH_MS);
    await console.page.evaluate(() => void ((document.getElementById("log") as HTMLElement).scrollTop = 0));
    await console.shows("#log", /Created.*Ten thousand.*line 0/s);
    await client.publish(id, line("one more"));
    await console.shows(".latest", /1 new/);
    await console.page.click(".latest");
    await console.shows("#log", /one more/);
    expect(console.errors).toEqual([]);
    globalThis.console.log(`10,000 rows: a frame of scrolling costs ${cost.toFixed(1)} ms; they come every ${frames[49]?.toFixed(0)} ms, the slowest of twenty after ${frames[94]?.toFixed(0)} ms`);
  }, 50_000);
});
