/** The chat's clients against the real service, with another address and nothing else changed: in a browser, in Python, and over HTTP. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { type Client, createClient, type WorkTask } from "../../clients/typescript/src/client.ts";
import { ask } from "../support/api.ts";
import { type ChatFrame, type ChatTab, openTab } from "../support/chat-page.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { legal } from "../support/dialect-chat.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 20_000;
const QUICK = { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_LEADER_MS: "600" };
/** How long the REST twin waits here. */
const RESPONSE_MS = 3_000;

const executablePath = findChromium();
if (executablePath === null) console.log("skipped: the chat was not tried in a browser, for there is no chromium or google-chrome on PATH");

/** Whoever answers in these tests; what is said decides how. `gate`: opened by the test. */
function answering(client: Client, signal: AbortSignal, gate: Gate): Promise<void> {
  return client.work("chat", (task) => answer(task, String((task.lease.input as { message: string }).message), gate), { signal, concurrency: 16, joinMs: 1, graceMs: 0 });
}

class Gate {
  #open: () => void = () => {};
  #waits: Promise<void> = new Promise((resolve) => void (this.#open = resolve));
  wait(signal: AbortSignal): Promise<void> {
    return Promise.race([this.#waits, new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))]);
  }
  open(): void {
    this.#open();
    this.#waits = new Promise((resolve) => void (this.#open = resolve));
  }
}

async function answer(task: WorkTask, message: string, gate: Gate): Promise<void> {
  const [what = "", ...words] = message.split(" ");
  const said = words.join(" ");
  switch (what) {
    case "fail":
      return task.failed({ code: "broken", message: "TypeError in line 3" }, { user_message: "I cannot answer that." });
    case "retry":
      if (task.lease.attempt > 1) break;
      await task.message({}, (own) => own.delta("Never mind this"));
      await task.flush();
      throw Object.assign(new Error("lost it"), { retryable: true });
    case "wait":
      await task.message({}, async (own) => {
        await own.delta("So far ");
        await gate.wait(task.signal);
        await own.delta("so good");
      });
      return task.completed({ metadata: { agent: "waiter" } });
    case "long":
      await task.message({}, async (own) => {
        for (let at = 0; at < Number(said); at += 1) {
          await own.delta(`${"lorem ipsum ".repeat(20)}${at} `);
          await new Promise((resolve) => setTimeout(resolve, 4));
        }
      });
      return task.completed();
  }
  void task.progress(10, { stage: "agent_routing", message: "Choosing an agent" });
  void task.progress(30, { stage: "rag_retrieval" });
  await task.message({ agent: "echo" }, async (own) => {
    for (const word of said.match(/\S+\s*/g) ?? []) await own.delta(word);
  });
  await task.completed({ metadata: { agent: "echo", confidence: 0.75, sources: [{ title: "What you said" }] } });
}

/** What was said in a conversation. */
async function historyOf(url: string, token: string, session: unknown): Promise<readonly string[]> {
  const { json } = await ask(url, `/v1/conversations/${String(session)}/messages`, { token });
  return ((json.messages ?? []) as { role: string; content: string; open?: boolean }[]).map(({ role, content, open }) => `${role}: ${content.trim()}${open ? " …" : ""}`);
}

let service: Service;
let token: string;
const gate = new Gate();
const stop = new AbortController();
let working: Promise<void>;

beforeAll(async () => {
  service = await startService({ env: { ...QUICK, TASKWIRE_CHAT_RESPONSE_MS: String(RESPONSE_MS) } });
  token = await signUp(service.url, "Ada");
  working = answering(createClient({ url: service.url, token: await signUp(service.url, "worker") }), stop.signal, gate);
}, 60_000);
afterAll(async () => {
  stop.abort();
  await working;
  await service?.[Symbol.asyncDispose]();
});

const tokensOf = (frames: readonly ChatFrame[]): string => frames.filter(({ type }) => type === "token").map((frame) => String(frame.token)).join("");

describe.skipIf(executablePath === null)("a chat in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
  }, 60_000);
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  const tab = (url = service.url): Promise<ChatTab> => openTab(browser, url);

  test("signs in, asks, sees steps and words, and asks again on the same connection", async () => {
    const own = await (await tab()).connect();
    expect(await own.timed()).toEqual([]);
    const hello = await own.signIn(token);
    expect(hello).toEqual({ type: "auth_success", message: expect.stringMatching(/./), user: { id: expect.stringMatching(/./), email: expect.stringContaining("@example.test"), name: "Ada" } });
    const first = await own.ask("say Good morning to all of you");
    expect(legal(first.frames)).toBeNull();
    expect(first.frames.filter(({ type }) => type === "progress").map(({ step }) => step)).toEqual(expect.arrayContaining(["starting", "generating"]));
    expect(tokensOf(first.frames)).toBe("Good morning to all of you");
    expect(first.frames.findLast(({ type }) => type === "token")?.partial_response).toBe("Good morning to all of you");
    expect(first.end).toEqual({ type: "complete", response: "Good morning to all of you", session_id: expect.stringMatching(/./), metadata: { agent: "echo", confidence: 0.75, context: { sources: [{ title: "What you said" }] } } });
    const second = await own.ask("say And to you", String(first.end.session_id));
    expect(second.end).toMatchObject({ response: "And to you", session_id: first.end.session_id });
    expect(await historyOf(service.url, token, first.end.session_id)).toEqual(["user: say Good morning to all of you", "assistant: Good morning to all of you", "user: say And to you", "assistant: And to you"]);
    expect((await own.ask("say Elsewhere")).end.session_id).not.toBe(first.end.session_id);
  }, 40_000);

  test("comes in by the address, or by both; a bad token is refused, and the journal has none", async () => {
    const own = await (await tab()).connect(`?token=${token}`);
    expect((await own.ask("say Hello", "by address")).end).toMatchObject({ response: "Hello", session_id: "by address" });
    expect(await own.signIn(token)).toMatchObject({ type: "auth_success" });
    const bad = await (await tab()).connect(`?token=${token}x`);
    expect((await bad.closed()).code).toBe(1006);
    const worse = await (await tab()).connect();
    expect(await worse.signIn("no token")).toEqual({ type: "auth_error", message: "Invalid token" });
    expect((await worse.closed()).code).toBe(4502);
    expect(service.output()).not.toContain(token.slice(-20));
  }, 40_000);

  test("is told with a code what cannot be answered, and stays", async () => {
    const own = await (await tab()).connect();
    await own.send({ type: "message", message: "say Hello", session_id: null });
    expect((await own.next("error")).at(-1)).toMatchObject({ code: "AUTH_REQUIRED" });
    await own.signIn(token);
    const refused = async (code: string, send: () => Promise<void>): Promise<void> => {
      await send();
      expect((await own.next("error")).at(-1)).toEqual({ type: "error", code, error: expect.stringMatching(/./) });
    };
    for (const message of ["", "   ", null, 7]) await refused("EMPTY_MESSAGE", () => own.send({ type: "message", message, session_id: null }));
    for (const frame of ["no json", "[]", { type: "dance" }, { type: "message", message: "x", session_id: {} }]) await refused("PROCESSING_ERROR", () => own.send(frame));
    await refused("PROCESSING_ERROR", () => own.sendBinary());
    await refused("PROCESSING_ERROR", () => own.sendLong(320 * 1024));
    await own.send({ type: "message", message: "wait", session_id: "busy" });
    await own.next("token");
    await refused("PROCESSING_ERROR", () => own.send({ type: "message", message: "say Me too", session_id: "busy" }));
    gate.open();
    expect((await own.next("complete")).at(-1)).toMatchObject({ response: "So far so good", metadata: { agent: "waiter", confidence: null, context: { sources: [] } } });
    expect(await own.isOpen).toBe(true);
  }, 40_000);

  test("hears of failures in words for people, of another try from its beginning, and of a cancel", async () => {
    const own = await (await tab()).connect(`?token=${token}`);
    expect((await own.ask("fail")).end).toEqual({ type: "error", error: "I cannot answer that.", code: "PROCESSING_ERROR" });
    const retried = await own.ask("retry Now it works");
    expect(retried.end).toMatchObject({ type: "complete", response: "Now it works" });
    expect(retried.frames.findLast(({ type }) => type === "token")?.partial_response).toBe("Now it works");
    await own.send({ type: "message", message: "wait", session_id: "to-cancel" });
    await own.next("token");
    const [{ task_id: taskId }] = (await ask(service.url, "/v1/tasks?conversation_id=to-cancel", { token })).json.tasks as [{ task_id: string }];
    await ask(service.url, `/v1/tasks/${taskId}/commands`, { token, body: { command_id: "c", command: "cancel" } });
    expect((await own.next("error")).at(-1)).toMatchObject({ code: "PROCESSING_ERROR" });
    expect((await own.ask("say Still here")).end).toMatchObject({ response: "Still here" });
  }, 40_000);

  test("of a long answer sees at most twenty pieces a second, all text so far up to 64 KiB, and the whole at the end", async () => {
    const own = await (await tab()).connect(`?token=${token}`);
    await own.send({ type: "message", message: "long 500", session_id: null });
    await own.next("complete");
    const timed = await own.timed();
    const pieces = timed.filter(({ frame }) => frame.type === "token");
    const seconds = ((pieces.at(-1)?.at ?? 0) - (pieces[0]?.at ?? 0)) / 1_000;
    const { response } = timed.at(-1)?.frame as { readonly response?: string };
    expect(response?.length).toBeGreaterThan(100_000);
    expect(tokensOf(pieces.map(({ frame }) => frame))).toBe(response ?? "");
    expect(pieces.length).toBeLessThanOrEqual(Math.ceil(seconds * 20) + 3);
    const partial = pieces.filter(({ frame }) => "partial_response" in frame).map(({ frame }) => String(frame.partial_response).length);
    expect(Math.max(...partial)).toBeLessThanOrEqual(64 * 1024);
    expect(partial.length).toBeLessThan(pieces.length);
    expect(pieces[0]?.frame).toHaveProperty("partial_response");
  }, 40_000);

  test("in two tabs has two talks of one conversation, and others see the same task in their own words", async () => {
    const [one, two] = [await (await tab()).connect(`?token=${token}`), await (await tab()).connect(`?token=${token}`)];
    await one.send({ type: "message", message: "wait", session_id: "shared" });
    await one.next("token");
    expect((await two.ask("say I am the other", "shared")).end).toMatchObject({ response: "I am the other", session_id: "shared" });
    const [waiting] = ((await ask(service.url, "/v1/tasks?conversation_id=shared&status=running", { token })).json.tasks ?? []) as { task_id: string }[];
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { type } of createClient({ url: service.url, token }).follow(waiting?.task_id ?? "")) seen.push(type);
    })();
    await until("the other watcher has seen the words so far", LIMIT_MS, () => seen.includes("message.delta"));
    gate.open();
    expect((await one.next("complete")).at(-1)).toMatchObject({ response: "So far so good", session_id: "shared" });
    await watching;
    expect(seen.at(-1)).toBe("task.completed");
    expect(legal((await two.timed()).map(({ frame }) => frame))).toBeNull();
    expect((await historyOf(service.url, token, "shared")).toSorted()).toEqual(["assistant: I am the other", "assistant: So far so good", "user: say I am the other", "user: wait"]);
  }, 40_000);

  test("that leaves in the middle ends nothing: the answer is in the conversation when it comes back", async () => {
    const own = await (await tab()).connect(`?token=${token}`);
    await own.send({ type: "message", message: "wait", session_id: "left" });
    await own.next("token");
    await own.close();
    await own.closed();
    gate.open();
    await until("the answer is in the conversation", LIMIT_MS, async () => (await historyOf(service.url, token, "left")).includes("assistant: So far so good"));
    await own.connect();
    await own.signIn(token);
    expect((await own.ask("say Back again", "left")).end).toMatchObject({ response: "Back again", session_id: "left" });
  }, 40_000);

  test("survives a service that is killed in the middle: it connects again, and the answer is there", async () => {
    const home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    let mortal = await startService({ env: QUICK, home });
    const [mine, others] = [await signUp(mortal.url), await signUp(mortal.url)];
    const [own, work, ended] = [await (await tab(mortal.url)).connect(`?token=${mine}`), new Gate(), new AbortController()];
    const done = answering(createClient({ url: mortal.url, token: others }), ended.signal, work);
    try {
      await own.send({ type: "message", message: "wait", session_id: "killed" });
      await own.next("token");
      await mortal.kill();
      expect((await own.closed()).code).toBe(1006);
      mortal = await startService({ env: QUICK, home, port: mortal.port });
      await own.connect(`?token=${mine}`);
      work.open();
      await until("the answer is in the conversation", LIMIT_MS, async () => (await historyOf(mortal.url, mine, "killed")).includes("assistant: So far so good"));
      expect((await own.ask("say And on", "killed")).end).toMatchObject({ response: "And on" });
    } finally {
      ended.abort();
      await done;
      await mortal[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    }
  }, 60_000);

  test("can be tried on a page of the service, which loads nothing from elsewhere", async () => {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => !request.url().startsWith(service.url) && !request.url().startsWith("data:") && wrong.push(request.url()));
    await page.goto(`${service.url}/ws/test`);
    const shows = (id: string, wanted: RegExp) => until(`#${id} shows ${wanted}`, LIMIT_MS, async () => wanted.test((await page.locator(`#${id}`).textContent()) ?? ""));
    await page.click("#connect");
    await shows("state", /^connected$/);
    await page.fill("#text", "say It works");
    await page.click("#send");
    await shows("trouble", /AUTH_REQUIRED/);
    await page.click("#local");
    await until("there is a token", LIMIT_MS, async () => (await page.inputValue("#token")) !== "");
    await page.click("#sign-in");
    await shows("who", /This machine/);
    await page.click("#send");
    await shows("response", /^It works$/);
    await shows("steps", /rag_retrieval/);
    await shows("metadata", /"agent": "echo"/);
    expect(await page.inputValue("#session")).not.toBe("");
    await page.click("#disconnect");
    await shows("state", /not connected/);
    expect(wrong).toEqual([]);
  }, 40_000);
});

describe("a chat over HTTP", () => {
  const post = (body: unknown, as: string | null = token) => ask(service.url, "/api/v1/chat", { token: as, body });

  test("is answered with the whole response", async () => {
    const { status, json } = await post({ message: "say All at once", session_id: "rest", customer_id: "c-1" });
    expect([status, json]).toEqual([200, { response: "All at once", session_id: "rest", metadata: { agent: "echo", confidence: 0.75, context: { sources: [{ title: "What you said" }] } }, task_id: expect.stringMatching(/./) }]);
    expect((await post({ message: "say More", session_id: null })).json.session_id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await ask(service.url, `/api/v1/chat?token=${token}`, { body: { message: "say By the address" } })).json.response).toBe("By the address");
  }, 30_000);

  test("outlives what a client sends that is no text, however deep", async () => {
    const socket = new WebSocket(`${service.url.replace("http", "ws")}/ws/chat?token=${token}`);
    const frames: ChatFrame[] = [];
    socket.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)) as ChatFrame);
    const depth = 100_000;
    socket.onopen = () => socket.send(`{"type":"message","message":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    await until("it is answered", LIMIT_MS, () => frames.length > 0);
    expect([frames[0]?.code, service.child.exitCode]).toEqual(["PROCESSING_ERROR", null]);
    socket.close();
  }, 30_000);

  test("says why there is none", async () => {
    expect(await post({ message: " " })).toMatchObject({ status: 400, json: { code: "EMPTY_MESSAGE" } });
    expect(await post({})).toMatchObject({ status: 400, json: { code: "EMPTY_MESSAGE" } });
    expect(await post({ message: "x", session_id: [] })).toMatchObject({ status: 400, json: { code: "PROCESSING_ERROR" } });
    expect(await post({ message: "fail" })).toMatchObject({ status: 502, json: { code: "PROCESSING_ERROR", error: "I cannot answer that." } });
    expect(await post({ message: "x" }, null)).toMatchObject({ status: 401, json: { code: "token_missing" } });
    expect(await post({ message: "x" }, "bad")).toMatchObject({ status: 401, json: { code: "token_invalid" } });
    const late = await post({ message: "wait", session_id: "late" });
    expect(late).toMatchObject({ status: 504, json: { code: "PROCESSING_ERROR", session_id: "late", task_id: expect.stringMatching(/./) } });
    gate.open();
    await until("the answer comes all the same", LIMIT_MS, async () => (await historyOf(service.url, token, "late")).includes("assistant: So far so good"));
  }, 30_000);

  test("shares its address with orchestration, and tells whether it is well", async () => {
    const { status, json } = await post({ query: "What next?" });
    expect([status, json]).toEqual([200, { task_id: expect.stringMatching(/./) }]);
    expect((await ask(service.url, `/v1/tasks/${String(json.task_id)}`, { token })).json).toMatchObject({ task: { kind: "orchestration" } });
    expect((await ask(service.url, "/health")).json).toMatchObject({ status: "healthy" });
  }, 30_000);

  test("is off where tokens are real, until it is named; then its claims are the issuer's", async () => {
    await using off = await startService({ env: ISSUER_SETTINGS });
    for (const path of ["/ws/chat", "/ws/test", "/health"]) expect((await ask(off.url, path)).status).toBe(404);
    expect((await ask(off.url, "/api/v1/chat", { body: { message: "x" } })).status).toBe(404);
    await using on = await startService({ env: { ...ISSUER_SETTINGS, TASKWIRE_DIALECTS: "chat" } });
    expect((await ask(on.url, "/health")).status).toBe(200);
    const mine = await makeToken({ subject: "user-7" });
    expect((await ask(on.url, "/api/v1/chat", { token: mine, body: { query: "x" } })).status).toBe(400);
    const socket = new WebSocket(`${on.url.replace("http", "ws")}/ws/chat`);
    const frame = new Promise((resolve) => void (socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)))));
    socket.onopen = () => socket.send(JSON.stringify({ type: "auth", token: mine }));
    expect(await frame).toEqual({ type: "auth_success", message: expect.stringMatching(/./), user: { id: "user-7", email: null, name: null } });
    socket.close();
  }, 60_000);
});

/** A Python with the library that the chat's clients use. */
function python(): string | null {
  const made = join(homedir(), ".cache/taskwire/python");
  const found = existsSync(made) ? readdirSync(made).map((name) => join(made, name, "bin/python")) : [];
  return [...found, "python3"].find((path) => spawnSync(path, ["-c", "import websockets"], { stdio: "ignore", timeout: LIMIT_MS }).status === 0) ?? null;
}

const interpreter = python();
if (interpreter === null) console.log("skipped: no Python with websockets on this machine");

test.skipIf(interpreter === null)("a chat in Python signs in both ways, asks twice, and keeps its session", async () => {
  const child = spawn(interpreter ?? "", [join(import.meta.dir, "../support/chat_client.py"), service.url.replace("http", "ws"), token, "say Hello from Python", "say And again"], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  const frames = out.trim().split("\n").map((line) => JSON.parse(line) as ChatFrame);
  expect(frames[0]).toMatchObject({ type: "auth_success" });
  const ends = frames.filter(({ type }) => type === "complete");
  expect(ends.map(({ response }) => response)).toEqual(["Hello from Python", "And again"]);
  expect(ends[1]?.session_id).toBe(ends[0]?.session_id);
}, 30_000);
