/** The client in a real browser, on the real service, with between them what stands there in real life. Skipped, with the reason, where there is no Chromium. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { createClient } from "../../clients/typescript/src/client.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { GOOD, type HostileProxy, startHostileProxy } from "../support/hostile-proxy.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the client was not tried in a browser, for there is no chromium or google-chrome on PATH");

const LIMIT_MS = 30_000;
/** A proxy that cuts sockets does so after ten seconds, as they do. */
const CUT_MS = 10_000;

interface Seen {
  readonly seqs: readonly number[];
  readonly states: readonly string[];
  readonly transport: string | null;
  readonly ended: boolean;
  readonly error: string | null;
}

describe.skipIf(executablePath === null)("in a browser, the client", () => {
  let service: Service;
  let proxy: HostileProxy;
  let browser: Browser;
  let context: BrowserContext;
  let token: string;
  let publisher: ReturnType<typeof createClient>;

  beforeAll(async () => {
    service = await startService({ env: { TASKWIRE_ORIGINS: "*" } });
    proxy = await startHostileProxy(() => service.port);
    token = await signUp(service.url);
    publisher = createClient({ url: service.url, token });
    browser = await launchChromium(executablePath ?? "");
  }, 60_000);

  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext();
    proxy.behaviour = GOOD;
    Object.assign(proxy.counts, { sockets: 0, streams: 0, pages: 0 });
  });

  afterAll(async () => {
    await browser?.close();
    await proxy?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  const line = (at: number) => ({ type: "log.line", data: { level: "info", text: `line ${at}` } }) as const;
  const lines = (count: number) => Array.from({ length: count }, (_, at) => line(at));

  async function task(): Promise<string> {
    const { task_id: id } = await publisher.create({ kind: "test" });
    await publisher.publish(id, [{ type: "task.started", data: { attempt: 1 } }, ...lines(8)]);
    return id;
  }

  async function open(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${proxy.url}/under-test`);
    return page;
  }

  const follow = (page: Page, ids: readonly string[], more: { transport?: string } = {}): Promise<void> =>
    page.evaluate(([all, how]) => (globalThis as never as { follow(ids: readonly string[], how: object): void }).follow(all, how), [ids, { token, ...more }] as const);
  const seen = (page: Page, id: string): Promise<Seen | null> => page.evaluate((one) => (globalThis as never as { seen(id: string): Seen | null }).seen(one), id);
  const has = (page: Page, id: string, count: number, limitMs = LIMIT_MS): Promise<Seen> => until(`the page has ${count} events of ${id}`, limitMs, async () => {
    const found = await seen(page, id);
    return found !== null && found.seqs.length >= count && found;
  });
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

  /** Publishes more, ends the task, and holds the page to each event once, in order, and a clean end. */
  async function finish(page: Page, id: string, before: number, more = 40): Promise<Seen> {
    for (let at = 0; at < more; at += 10) await publisher.publish(id, lines(10));
    await publisher.publish(id, { type: "task.completed", data: {} });
    const found = await until(`the page has seen the end of ${id}`, LIMIT_MS, async () => {
      const now = await seen(page, id);
      return now?.ended && now;
    });
    expect(found.seqs).toEqual(upTo(before + more + 1));
    return found;
  }

  test("goes over SSE where a proxy refuses WebSockets with a page of its own, and begins with what worked after a reload", async () => {
    proxy.behaviour = { ...GOOD, websocket: "refuse" };
    const [first, second] = [await task(), await task()];
    const page = await open();
    await follow(page, [first]);
    expect((await has(page, first, 10)).transport).toBe("sse");
    await finish(page, first, 10);
    const { sockets } = proxy.counts;
    await page.reload();
    await follow(page, [second]);
    expect((await has(page, second, 10)).transport).toBe("sse");
    expect(proxy.counts.sockets).toBe(sockets);
    await finish(page, second, 10);
  }, 60_000);

  test("goes over SSE where a proxy takes WebSockets and passes nothing on, within its budget", async () => {
    proxy.behaviour = { ...GOOD, websocket: "silent" };
    const id = await task();
    const page = await open();
    const began = Date.now();
    await follow(page, [id]);
    expect((await has(page, id, 10)).transport).toBe("sse");
    expect(Date.now() - began).toBeLessThan(6_000);
    await finish(page, id, 10);
  }, 60_000);

  test("comes to long-poll where streams are buffered as well", async () => {
    proxy.behaviour = { ...GOOD, websocket: "refuse", buffersStreams: true };
    const id = await task();
    const page = await open();
    await follow(page, [id]);
    expect((await has(page, id, 10)).transport).toBe("long_poll");
    await finish(page, id, 10);
  }, 60_000);

  test("goes on where a proxy cuts WebSockets after ten seconds", async () => {
    proxy.behaviour = { ...GOOD, cutAfterMs: CUT_MS };
    const id = await task();
    const page = await open();
    await follow(page, [id]);
    await has(page, id, 10);
    let published = 10;
    const end = Date.now() + CUT_MS + 2_500;
    while (Date.now() < end) {
      await publisher.publish(id, line(published));
      published += 1;
      await Bun.sleep(100);
    }
    expect((await has(page, id, published)).transport).toBe("websocket");
    expect(proxy.counts.sockets).toBeGreaterThan(1);
    await finish(page, id, published);
  }, 60_000);

  test("carries on when its tab is shown again, with what came while it was frozen", async () => {
    const id = await task();
    const page = await open();
    await follow(page, [id]);
    await has(page, id, 10);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await publisher.publish(id, lines(20));
    proxy.cut();
    await publisher.publish(id, lines(20));
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await has(page, id, 50);
    await finish(page, id, 50);
  }, 60_000);

  test("comes back at once when the network does", async () => {
    const id = await task();
    const page = await open();
    await follow(page, [id]);
    await has(page, id, 10);
    await context.setOffline(true);
    proxy.cut();
    await publisher.publish(id, lines(20));
    await until("it knows that it is cut off", LIMIT_MS, async () => (await seen(page, id))?.states.at(-1)?.startsWith("live") === false);
    // Long enough for the pauses between its attempts to have grown.
    await Bun.sleep(4_000);
    const before = Date.now();
    await context.setOffline(false);
    await has(page, id, 30);
    expect(Date.now() - before).toBeLessThan(2_500);
    await finish(page, id, 30);
  }, 60_000);

  test("serves six tabs at once, over WebSocket and over SSE, though browsers allow six connections to a host", async () => {
    for (const transport of ["websocket", "sse"]) {
      const ids = await Promise.all(Array.from({ length: 6 }, task));
      const pages = await Promise.all(ids.map(open));
      await Promise.all(pages.map((page, at) => follow(page, [ids[at] ?? ""], { transport })));
      for (const [at, page] of pages.entries()) expect((await has(page, ids[at] ?? "", 10)).transport).toBe(transport);
      // Over SSE the six have every connection there is: whoever publishes from such a page uses WebSocket, or one stream for all.
      for (const [at, page] of pages.entries()) await finish(page, ids[at] ?? "", 10, 10);
      await Promise.all(pages.map((page) => page.close()));
    }
  }, 90_000);

  test("has every one of 2,000 events once and in order, while the service is killed and connections are cut", async () => {
    await using own = await startService({ env: { TASKWIRE_ORIGINS: "*" } });
    let current = own;
    await using between = await startHostileProxy(() => current.port);
    const mine = await signUp(own.url);
    const client = createClient({ url: own.url, token: mine });
    const { task_id: id } = await client.create({ kind: "test" });
    const page = await context.newPage();
    await page.goto(`${between.url}/under-test`);
    await page.evaluate(([one, how]) => (globalThis as never as { follow(ids: readonly string[], how: object): void }).follow([one], how), [id, { token: mine }] as const);
    const cutting = setInterval(() => between.cut(), 700);
    try {
      for (let at = 0; at < 1_998; at += 54) {
        await client.publish(id, lines(54));
        if (at === 54 * 10 || at === 54 * 25) {
          await current.kill();
          current = await startService({ env: { TASKWIRE_ORIGINS: "*" }, home: own.home, port: own.port });
        }
        await Bun.sleep(60);
      }
      await client.publish(id, { type: "task.completed", data: {} });
    } finally {
      clearInterval(cutting);
    }
    const found = await until("the page has seen the end", LIMIT_MS, async () => {
      const now = await seen(page, id);
      return now?.ended && now;
    });
    expect(found.seqs).toEqual(upTo(2_000));
    expect(found.states.filter((state) => state.startsWith("live")).length).toBeGreaterThan(2);
    if (current !== own) await current.stop();
  }, 90_000);
});
