/** The driver in a real browser: starts Chromium with one page and carries lines between it and the kit. Takes Chromium's path. */
import process from "node:process";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "@playwright/test";

// The cases' servers are other origins, and say nothing of CORS: a service does.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-web-security"];

const { outputs } = await Bun.build({ entrypoints: [join(import.meta.dir, "page.ts")], target: "browser", format: "iife" });
const program = await (outputs[0] as Blob).text();
const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html><title>driver</title>"));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as { port: number };

const browser = await chromium.launch({ executablePath: process.argv[2] ?? "", headless: true, args: FLAGS });
const page = await browser.newPage();
await page.exposeFunction("taskwireTold", (line: string) => void process.stdout.write(`${line}\n`));
page.on("pageerror", (error) => process.stderr.write(`${error.message}\n`));
await page.goto(`http://127.0.0.1:${port}/`);
await page.addScriptTag({ content: program });

let last: Promise<unknown> = Promise.resolve();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => (last = last.then(() => page.evaluate((one) => (globalThis as { taskwireTake?: (line: string) => void }).taskwireTake?.(one), line))));
lines.on("close", async () => {
  await last.catch(() => {});
  await browser.close();
  server.close();
  process.exit(0);
});
