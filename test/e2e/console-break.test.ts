/** Breaking things from the console: the broker stopped, the service killed, each by its button. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import type { Browser } from "@playwright/test";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { line, localClient, openConsole } from "../support/console.ts";
import { signUp, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: nothing was broken from the console, for there is no chromium or google-chrome on PATH");

/** Two different outages in one task, whatever the watcher's transport. */
describe.skipIf(executablePath === null)("breaking things from the console", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
  }, 30_000);
  afterAll(() => browser?.close());

  test.each(["websocket", "sse"])("loses nothing over %s: the broker stopped and the service killed while a task is published", async (transport) => {
    let service = await startService();
    try {
      const client = localClient(service);
      const { task_id: id } = await client.create({ kind: "demo", title: "Hard times" });
      const events = client.publisher(id, { giveUpMs: 60_000 } as object);
      await using console = await openConsole(browser, service, `#/tasks/${id}`);
      await console.page.selectOption("#transport", transport);
      await console.shows("#connection", /live/);
      let count = 0;
      const has = (wanted: number) => until(`the console has number ${wanted}`, 30_000, async () => Number((await console.text("#proof")).match(/to ([\d,]+)/)?.[1]?.replaceAll(",", "")) > wanted);
      const publish = setInterval(() => void events.push(line(`number ${(count += 1)}`)), 20);
      try {
        await console.shows("#proof", /[2-9]\d events/);
        await console.page.click("#break-broker");
        await console.shows(".toast-place", /The broker was killed/);
        await until("the service has noticed", 10_000, () => /nats-server ended/.test(service.output()));
        await until("the broker is back", 20_000, () => /nats-server runs again/.test(service.output()));
        const before = count;
        await has(before + 10);

        const gone = new Promise((resolve) => service.child.once("exit", resolve));
        await console.page.click("#break-service");
        await gone;
        expect(service.child.signalCode).toBe("SIGKILL");
        await console.shows("#connection", /cut off|connecting/);
        service = await startService({ home: service.home, port: service.port });
        const then = count;
        await has(then + 10);
      } finally {
        clearInterval(publish);
      }
      await events.push({ type: "task.completed", data: {} });
      await events.flush();
      const proof = await console.shows("#proof", new RegExp(`seq 1 to ${(count + 2).toLocaleString("en")}`), 20_000);
      expect(proof).toMatch(/none missing, none twice/);
      expect(proof).toMatch(/cuts? survived/);
      expect(console.errors).toEqual([]);
    } finally {
      await service[Symbol.asyncDispose]();
      rmSync(service.home, { recursive: true, force: true });
    }
  }, 90_000);

  test("is for the local page alone: others are refused, and where tokens are real there is nothing to break", async () => {
    await using service = await startService();
    const post = (headers: Record<string, string>) => fetch(`${service.url}/console/break/service`, { method: "POST", headers });
    const own = { origin: service.url, "taskwire-local": "1" };
    const { token } = JSON.parse(await Bun.file(`${service.home}/local.json`).text()) as { token: string };
    expect((await post(own)).status).toBe(401);
    expect((await post({ ...own, authorization: `Bearer ${await signUp(service.url)}` })).status).toBe(403);
    expect((await post({ ...own, origin: "https://evil.example", authorization: `Bearer ${token}` })).status).toBe(403);
    expect((await post({ origin: service.url, authorization: `Bearer ${token}` })).status).toBe(403);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    await using strict = await startService({ env: ISSUER_SETTINGS });
    expect((await fetch(`${strict.url}/console/break/service`, { method: "POST", headers: { origin: strict.url, "taskwire-local": "1", authorization: `Bearer ${await makeToken({ scope: "admin" })}` } })).status).toBeOneOf([404, 405]);
  }, 60_000);
});
