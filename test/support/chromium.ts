/** A browser for tests: one that was installed by hand, or the one that Playwright brought. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "@playwright/test";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Its path; null where there is none. */
export function findChromium(): string | null {
  const named = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].flatMap((name) => (process.env.PATH ?? "").split(":").map((folder) => join(folder, name)));
  return [process.env.CHROMIUM, ...named, chromium.executablePath()].find((path) => path !== undefined && existsSync(path)) ?? null;
}

/** Starts it without a window. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}
