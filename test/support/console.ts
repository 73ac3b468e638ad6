/** The console in a real browser, as tests open it: with what went wrong noted, and what came from elsewhere. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "@playwright/test";
import { type Client, createClient } from "../../clients/typescript/src/client.ts";
import type { Service } from "./service.ts";
import { until } from "./until.ts";

/** A condition of the page may take so long. Milliseconds. */
const LIMIT_MS = 10_000;

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the page itself threw or complained of. */
  readonly errors: readonly string[];
  /** What was loaded from anywhere but the service. */
  readonly foreign: readonly string[];
  text(selector: string): Promise<string>;
  /** Waits until an element's text is as wanted, and answers it. */
  shows(selector: string, wanted: RegExp, limitMs?: number): Promise<string>;
}

/** A client of this machine's own user, as the console has it. */
export function localClient(service: Service): Client {
  return createClient(JSON.parse(readFileSync(join(service.home, "local.json"), "utf8")) as { url: string; token: string });
}

/** Opens the console at a place of it. */
export async function openConsole(browser: Browser, service: Service, hash = "", options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/ERR_|Failed to load resource|WebSocket connection/.test(message.text()) && errors.push(message.text()));
  page.on("request", (request) => !/^(data|blob):/.test(request.url()) && !request.url().startsWith(service.url) && foreign.push(request.url()));
  await page.goto(`${service.url}/${hash}`);
  const text = async (selector: string): Promise<string> => (await page.locator(selector).first().textContent({ timeout: LIMIT_MS })) ?? "";
  return {
    page, errors, foreign, text,
    shows: (selector, wanted, limitMs = LIMIT_MS) => until(`${selector} shows ${wanted}`, limitMs, async () => {
      const found = (await page.locator(selector).allTextContents()).join("\n");
      return wanted.test(found) && found;
    }).catch(async (error) => {
      throw new Error(`${(error as Error).message}; it shows: ${(await page.locator(selector).allTextContents()).join("\n").slice(0, 600)}; errors: ${errors.join("; ")}`);
    }),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** The worker that `npm start` runs beside the service. */
export function startDemoWorker(service: Service): Disposable {
  const child = spawn(process.execPath, [join(import.meta.dir, "../../src/cli/main.ts"), "demo"], { env: { ...process.env, TASKWIRE_HOME: service.home, TASKWIRE_URL: service.url }, stdio: "ignore" });
  return { [Symbol.dispose]: () => void child.kill("SIGTERM") };
}

/** A line of log as an event. */
export const line = (text: string) => ({ type: "log.line", data: { level: "info", text } }) as const;
