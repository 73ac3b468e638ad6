/** Takes the README's picture: `generated/console-light.png` and `-dark.png`, of the real page on a real service. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dir, "../..");
const SIZE = { width: 1280, height: 800 } as const;
/** So much must be told before the wire is cut, and again before the picture is taken. Events. */
const BEFORE_CUT = 260;
const BEHIND_CUT = 60;
const LIMIT_MS = 60_000;

const executablePath = findChromium();
if (executablePath === null) {
  console.error("The picture needs a browser; expected chromium or google-chrome on PATH, or CHROMIUM to name one.");
  process.exit(1);
}
await using service = await startService();
const worker = spawn(process.execPath, [join(ROOT, "src/cli/main.ts"), "demo", "--first"], { env: { ...process.env, TASKWIRE_HOME: service.home }, stdio: "ignore" });
const browser = await launchChromium(executablePath);
try {
  const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1 });
  await page.goto(service.url);
  const events = async (): Promise<number> => Number((await page.locator("text=/seq 1 to [0-9,]+/").first().textContent())?.match(/^([\d,]+)/)?.[1]?.replaceAll(",", "") ?? 0);
  await page.getByText("Read this repository").first().click({ timeout: LIMIT_MS });
  await page.getByRole("button", { name: "Understood" }).click();
  await until("the task is at work", LIMIT_MS, async () => (await events().catch(() => 0)) >= BEFORE_CUT);
  await page.getByRole("button", { name: "Cut the wire" }).first().click();
  const cutAt = await events();
  await until("it has gone on behind the cut", LIMIT_MS, async () => (await events()) >= cutAt + BEHIND_CUT);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // What is drawn anew with every event has the right colours behind the next.
    const before = await events();
    await until("one more event has come", LIMIT_MS, async () => (await events()) > before);
    await page.screenshot({ path: join(ROOT, `generated/console-${colorScheme}.png`) });
    console.log(`generated/console-${colorScheme}.png`);
  }
} finally {
  await browser.close();
  worker.kill("SIGKILL");
}
process.exit(0);
