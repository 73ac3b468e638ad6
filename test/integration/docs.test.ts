/** The reference that the service serves: whole, true, safe, and pleasant on a telephone. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { CLOSE_CODES, ERRORS } from "../../generated/typescript/errors.ts";
import { html } from "../../src/http/docs/html.ts";
import { referencePage } from "../../src/http/docs/page.ts";
import { prose } from "../../src/http/docs/prose.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { type Service, startService } from "../support/service.ts";

const ROOT = join(import.meta.dir, "../..");
const VECTORS = join(ROOT, "contract/vectors");
const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the reference was not looked at in a browser, for there is no chromium or google-chrome on PATH");

interface Contract {
  readonly info: { readonly description: string };
  readonly channels: Readonly<Record<string, { readonly address: string; readonly servers: readonly { readonly $ref: string }[] }>>;
  readonly components: { readonly messages: Readonly<Record<string, { readonly name: string; readonly summary: string; readonly "x-event"?: object }>>; readonly schemas: Readonly<Record<string, { readonly "x-open-enum"?: readonly string[] }>> };
}
const asyncapi = JSON.parse(readFileSync(join(ROOT, "generated/asyncapi.json"), "utf8")) as Contract;

const vectorFiles = readdirSync(VECTORS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json")).sort();
const vectorText = (name: string): string => readFileSync(join(VECTORS, name), "utf8");

const unescaped = (text: string): string => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, "&");
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found ?? "");

describe.each(["bun", "deno"] as const)("the reference on %s", (runtime) => {
  let service: Service;
  let page = "";
  let answer: Response;

  beforeAll(async () => {
    service = await startService({ runtime });
    answer = await fetch(`${service.url}/docs`);
    page = await answer.text();
  }, 60_000);
  afterAll(() => service?.[Symbol.asyncDispose]());

  test("is a page that may load nothing but its own style", () => {
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'self'; img-src data:;(?!.*unsafe)/);
    expect(matches(page, /<(script|iframe|object|embed|form|style)\b/g)).toEqual([]);
    expect(matches(page, /\son[a-z]+="|\sstyle="/g)).toEqual([]);
    expect(matches(page, /\ssrc="([^"]*)"/g)).toEqual([]);
    expect(matches(page, /\shref="([^"]*)"/g).filter((link) => !/^([/#]|data:,$)/.test(link) || link.startsWith("//"))).toEqual([]);
  });

  test("has a place of its own for every event type and frame, and tells what each is", () => {
    const anchors = new Set(matches(page, /\sid="([^"]*)"/g));
    const travelling = Object.values(asyncapi.components.messages).filter((message) => message["x-event"] !== undefined || /^(stream\.|subscribe$|unsubscribe$|auth$|ping$|command$|append$)/.test(message.name));
    expect(travelling.length).toBeGreaterThan(60);
    expect(travelling.filter(({ name }) => !anchors.has(name.replace(/[^A-Za-z0-9._-]/g, "-")))).toEqual([]);
    const plain = unescaped(page.replace(/<[^>]+>/g, ""));
    expect(travelling.filter(({ summary }) => !plain.includes(summary.replaceAll("`", "")))).toEqual([]);
  });

  test("has every address, command, law and error with its status and close code", () => {
    const plain = unescaped(page.replace(/<[^>]+>/g, " "));
    for (const { address, servers } of Object.values(asyncapi.channels)) if (!servers.some(({ $ref }) => $ref.endsWith("/broker"))) expect(plain).toContain(address);
    for (const command of asyncapi.components.schemas.Command?.["x-open-enum"] ?? ["there are none"]) expect(page).toContain(`<li><code>${command}</code></li>`);
    for (const heading of matches(asyncapi.info.description, /^### (.+)$/gm)) expect(page).toContain(`>${heading}</h3>`);
    expect(page.match(/<h3 id="laws">Laws<\/h3><ol>(<li>.*?<\/li>){6}<\/ol>/s)).not.toBeNull();
    for (const [code, { status, close }] of Object.entries(ERRORS)) expect(page).toContain(`<tr id="error-${code}"><th scope="row"><a class="self" href="#error-${code}"><code>${code}</code></a></th><td>${status}</td><td>${close ?? "–"}</td>`);
    for (const code of Object.values(CLOSE_CODES)) expect(page).toContain(`<tr id="close-${code}">`);
  });

  test("has every HTTP route of this service", async () => {
    const { paths } = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: Record<string, Record<string, { summary: string }>> };
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `<span class="method">${method.toUpperCase()}</span> <code>${path}</code>`));
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.filter((route) => !page.includes(route))).toEqual([]);
    expect(Object.keys(paths)).toContain("/docs");
  });

  test("leads nowhere that is not there, and names no place twice", async () => {
    const anchors = matches(page, /\sid="([^"]*)"/g);
    expect(anchors.filter((anchor, at) => anchors.indexOf(anchor) !== at || !/^[\w.-]+$/.test(anchor))).toEqual([]);
    expect(matches(page, /href="#([^"]*)"/g).filter((target) => !anchors.includes(target))).toEqual([]);
    const outside = [...new Set(matches(page, /href="(\/[^"]*)"/g))];
    expect(outside).toContain("/docs/vectors/sse/bom.json");
    const answers = await Promise.all(outside.map(async (path) => ({ path, status: (await fetch(service.url + path)).status })));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });

  test("gives all vectors away, as they are", async () => {
    const all = (await (await fetch(`${service.url}/docs/vectors.json`)).json()) as Record<string, unknown>;
    expect(Object.keys(all)).toEqual(vectorFiles);
    for (const name of vectorFiles) {
      expect(all[name]).toEqual(JSON.parse(vectorText(name)));
      expect(await (await fetch(`${service.url}/docs/vectors/${name}`)).text()).toBe(vectorText(name));
    }
    for (const path of ["nothing.json", "..%2f..%2fpackage.json", "README.md"]) expect((await fetch(`${service.url}/docs/vectors/${path}`)).status).toBe(404);
  });

  test("explains an error to a person where the problem's type leads, and to a program as JSON", async () => {
    const { type } = (await (await fetch(`${service.url}/v1/tasks`)).json()) as { type: string };
    expect(type).toBe("/problems/token_missing");
    const person = await fetch(service.url + type, { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" }, redirect: "manual" });
    expect([person.status, person.headers.get("location"), person.headers.get("vary")]).toEqual([302, "/docs#error-token_missing", "accept"]);
    expect(await (await fetch(service.url + type)).json()).toMatchObject({ code: "token_missing", status: 401 });
    expect((await fetch(`${service.url}/problems/nothing`, { headers: { accept: "text/html" } })).status).toBe(404);
  });

  test("puts this service's address into its commands, and they work as they stand", async () => {
    expect(page).not.toContain("taskwire.example.com");
    if (Bun.which("curl") === null) return console.log("skipped: no curl on this machine");
    const commands = matches(page, /<pre class="run"[^>]*><code>([\s\S]*?)<\/code><\/pre>/g).map(unescaped);
    expect(commands.length).toBe(4);
    const child = Bun.spawn(["sh", "-euc", commands.join("\n")], { stdout: "pipe", stderr: "pipe", timeout: 30_000 });
    const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect([await child.exited, errors]).toEqual([0, ""]);
    for (const told of ['"type":"task.started"', '"type":"stream.end"', '"ended":true']) expect(output).toContain(told);
  });

  test("does not put just any host into its commands", async () => {
    const { hostname, port } = new URL(service.url);
    const child = Bun.spawn(["curl", "-fsS", "-H", "host: a$(id)", `http://${hostname}:${port}/docs`], { stdout: "pipe", stderr: "pipe" });
    expect(await new Response(child.stdout).text()).not.toContain("$(id)");
  });
});

describe("what the reference is made of", () => {
  test("is escaped wherever it comes from", () => {
    expect(html`<p title="${'"><b>'}">${["<i>", html`<b>${"&"}</b>`, null, 3]}</p>`.text).toBe('<p title="&quot;&gt;&lt;b&gt;">&lt;i&gt;<b>&amp;</b>3</p>');
    expect(prose("a <b> `c <d>` **e&**").map(({ text }) => text)).toEqual(["<p>a &lt;b&gt; <code>c &lt;d&gt;</code> <strong>e&amp;</strong></p>"]);
    const planted = JSON.parse(JSON.stringify(asyncapi).replaceAll("A task was created", "x")) as Contract;
    const hostile = (value: unknown): unknown => (typeof value === "string" ? `${value}<script>"'` : Array.isArray(value) ? value.map(hostile) : value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, /^(\$ref|name|action|type|address|const)$/.test(key) ? inner : hostile(inner)])) : value);
    const page = referencePage({ asyncapi: hostile(planted) as Parameters<typeof referencePage>[0]["asyncapi"], openapi: { paths: {} }, vectors: ['"><script>'], ownIssuer: false, version: "<script>" });
    expect(page).not.toContain("<script>");
    expect(page).toContain("&lt;script&gt;");
  });

  test("lists and headings of the contract become lists and headings", () => {
    expect(prose("### A `b`\n1. one\n   more\n2. two\n\n- x\n- y").map(({ text }) => text)).toEqual(['<h3 id="a-b">A <code>b</code></h3>', "<ol><li>one more</li><li>two</li></ol>", "<ul><li>x</li><li>y</li></ul>"]);
  });
});

describe.skipIf(executablePath === null)("the reference in a browser", () => {
  test("loads without a fault, from nowhere else, fits a telephone, is light and dark, and is reached by the keyboard", async () => {
    await using service = await startService();
    const browser = await launchChromium(executablePath ?? "");
    try {
      const faults: string[] = [];
      const open = async (width: number, colorScheme: "light" | "dark"): Promise<Page> => {
        const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
        page.on("pageerror", (error) => faults.push(error.message));
        page.on("console", (message) => faults.push(message.text()));
        page.on("request", (request) => !request.url().startsWith(service.url) && !request.url().startsWith("data:") && faults.push(request.url()));
        await page.goto(`${service.url}/docs`);
        return page;
      };
      const colours = new Set<string>();
      for (const width of [1280, 360]) {
        for (const scheme of ["light", "dark"] as const) {
          const page = await open(width, scheme);
          colours.add(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
          await page.close();
        }
      }
      expect(colours.size).toBe(2);
      const page = await open(1280, "light");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      expect(new URL(page.url()).hash).toBe("#quick-start");
      await page.goto(`${service.url}/problems/fenced`);
      expect(new URL(page.url()).hash).toBe("#error-fenced");
      expect(await page.locator("#error-fenced").evaluate((row) => row.matches(":target") && row.getBoundingClientRect().top < innerHeight)).toBe(true);
      await page.locator("#task\\.progress details summary").click();
      expect(await page.locator("#task\\.progress details pre").first().textContent()).toContain('"type": "task.progress"');
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 60_000);
});
