/** The lines that the console gives to publish and to watch, run as they stand. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import type { Client } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { localClient, openConsole } from "../support/console.ts";
import { type Service, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the console's lines were not run, for there is no chromium or google-chrome on PATH");

const ROOT = join(import.meta.dir, "../..");
const NAMES = { curl: "curl", typescript: "TypeScript", python: "Python" } as const;
type Language = keyof typeof NAMES;

/** Runs lines as somebody would who has copied them: in a shell, as a file in the repository's folder, as a file. */
function runLines(language: Language, lines: string, folder: string): { readonly out: () => string; readonly ended: Promise<number | null>; stop(): void } {
  const file = join(folder, `lines.${language === "python" ? "py" : "sh"}`);
  writeFileSync(file, lines);
  const [command, args] = language === "curl" ? ["bash", [file]] : language === "python" ? ["python3", [file]] : [process.execPath, ["-e", lines]];
  const child = spawn(command as string, args as string[], { cwd: ROOT });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stderr.on("data", (chunk) => (said += chunk));
  return { out: () => said, ended: new Promise((resolve) => child.once("exit", resolve)), stop: () => void child.kill() };
}

describe.skipIf(executablePath === null)("the console's lines", () => {
  let service: Service;
  let browser: Browser;
  let client: Client;
  const folder = mkdtempSync(join(tmpdir(), "taskwire-lines-"));

  beforeAll(async () => {
    [service, browser] = await Promise.all([startService(), launchChromium(executablePath ?? "")]);
    client = localClient(service);
  }, 60_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
  });

  /** What its button copies. */
  async function copied(page: Page, language: Language, what: "publish" | "watch"): Promise<string> {
    await page.click(`#language-${language}`);
    await page.locator(".lines", { has: page.locator(`[data-lines="${language}-${what}"]`) }).getByRole("button").click();
    return page.evaluate(() => navigator.clipboard.readText());
  }

  test.each(Object.keys(NAMES) as Language[])("for %s publish to this very task and watch it, as they stand", async (language) => {
    const { task_id: id } = await client.create({ kind: "hello", title: `For ${language}` });
    await using console = await openConsole(browser, service, `#/tasks/${id}?tab=publish`, { permissions: ["clipboard-read", "clipboard-write"] });
    await console.shows(`[data-lines="curl-publish"]`, /TOKEN=•+/);
    const lines = await copied(console.page, language, "publish");
    expect(lines).toContain(id);
    expect(await console.text("[data-lines$=-publish]")).not.toContain("eyJ");
    const publishing = runLines(language, lines, folder);
    expect(await publishing.ended, publishing.out()).toBe(0);
    const watching = runLines(language, await copied(console.page, language, "watch"), folder);
    await until(`${language} sees it: ${watching.out()}`, 15_000, () => watching.out().includes(`Hello from ${NAMES[language]}`) || watching.out().includes("task.progress"));
    await client.publish(id, { type: "task.completed", data: {} });
    expect(await watching.ended, watching.out()).toBe(0);
    await console.page.click("#tab-timeline");
    await console.shows("#log", new RegExp(`Hello from ${NAMES[language]}`));
    expect(console.errors).toEqual([]);
  }, 40_000);

  test.each(Object.keys(NAMES) as Language[])("for %s make a task of their own where this one has ended", async (language) => {
    const { task_id: id } = await client.create({ kind: "hello", title: "Over" });
    await client.publish(id, { type: "task.completed", data: {} });
    await using console = await openConsole(browser, service, `#/tasks/${id}?tab=publish`, { permissions: ["clipboard-read", "clipboard-write"] });
    await console.shows(".publish", /This task has ended/);
    const publishing = runLines(language, await copied(console.page, language, "publish"), folder);
    expect(await publishing.ended, publishing.out()).toBe(0);
    await console.shows("#tasks", new RegExp(`From ${NAMES[language]}`));
    expect(console.errors).toEqual([]);
  }, 40_000);

  test("for Swift name this task and this service, and the token is shown to who asks", async () => {
    const { task_id: id } = await client.create({ kind: "hello", title: "For Swift" });
    await using console = await openConsole(browser, service, `#/tasks/${id}?tab=publish`);
    await console.page.click("#language-swift");
    await console.page.click("#show-token");
    const lines = await console.shows("[data-lines=swift-publish]", /eyJ/);
    expect(lines).toContain(`TaskwireClient(url: "${service.url}"`);
    expect(lines).toContain(id);
  });
});
