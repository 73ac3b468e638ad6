/** The first minute: npm start, the page, the first task at work; the service killed by its button and there again. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { openConsole } from "../support/console.ts";
import type { Service } from "../support/service.ts";
import { until } from "../support/until.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the first minute was not tried, for there is no chromium or google-chrome on PATH");

const ROOT = join(import.meta.dir, "../..");
/** On a machine that has everything, the first event is on screen within so long. Milliseconds. */
const WARM_MS = 15_000;

describe.skipIf(executablePath === null)("npm start", () => {
  let browser: Browser;
  const home = mkdtempSync(join(tmpdir(), "taskwire-start-"));

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
  }, 30_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(home, { recursive: true, force: true });
  });

  test("shows a real task at work, starts a killed service again, loses nothing of the task, and ends when told", async () => {
    const began = performance.now();
    const child = spawn("node", [join(ROOT, "src/cli/launch.mjs")], { cwd: ROOT, env: { ...process.env, TASKWIRE_HOME: home, PORT: "0", TASKWIRE_LOG: "json" }, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += chunk));
    child.stderr.on("data", (chunk) => (printed += chunk));
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    try {
      const url = await until("the service is ready", 60_000, () => printed.match(/Taskwire is ready at (http:\/\/\S+)/)?.[1]);
      await using console = await openConsole(browser, { url } as Service);
      await console.shows("#log", /Created\s*Read this repository and report/, 20_000);
      const took = performance.now() - began;
      globalThis.console.log(`from npm start on a warm machine to the first event on screen: ${(took / 1000).toFixed(1)} s`);
      expect(took).toBeLessThan(WARM_MS);
      await console.shows("#status", /running|waits for you/);

      // The launcher takes an early end for a failed start.
      await until("the service has run for a while", 15_000, async () => performance.now() - began > 6_500);
      await console.page.click("#break-service");
      await console.shows("#proof", /1 cut survived/, 20_000);
      expect(printed.match(/Taskwire is ready at (\S+)/g)).toEqual([`Taskwire is ready at ${url}`, `Taskwire is ready at ${url}`]);
      await console.page.locator(".ask .button.main").click({ timeout: 45_000 });
      await console.shows("#status", /completed/, 30_000);
      expect(await console.text("#proof")).toMatch(/none missing, none twice/);
      expect(console.errors).toEqual([]);
    } finally {
      child.kill("SIGINT");
      expect(await ended, printed.slice(-2_000)).toBe(0);
    }
  }, 120_000);
});
