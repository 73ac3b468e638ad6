/** The service's life: how it starts, what it says when it cannot, what it does while its broker is away, how it ends. */
import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { append, ask, createTask, expectProblem, talk } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { freePort, startNats } from "../support/nats.ts";
import { runtimeCommand, signUp, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";
import { startWatcher } from "../support/watcher.ts";

const LINE = { type: "log.line", data: { level: "info", text: "hello" } } as const;
/** How long an append is held in these tests. Milliseconds. */
const HELD_MS = 600;

/** Runs the service until it ends by itself; answers what it said and its exit code. */
async function startAndFail(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
  const [command, args] = runtimeCommand("bun", "src/main.ts");
  const child = spawn(command, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME, TASKWIRE_HOME: home, PORT: "0", TASKWIRE_LOG: "json", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(limit);
  rmSync(home, { recursive: true, force: true });
  return { code, output };
}

const sentence = (output: string): string => output.split("\n").filter((line) => line.startsWith("taskwire: ")).join("\n");

describe("a service that cannot start says why, in one message, and ends with a code", () => {
  test("its port is taken", async () => {
    await using nats = await startNats();
    using taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { code, output } = await startAndFail({ PORT: String(taken.port), NATS_URL: brokerUrl(nats) });
    expect(code).toBe(1);
    expect(sentence(output)).toMatch(new RegExp(`^taskwire: Port ${taken.port} of 127\\.0\\.0\\.1 is taken`));
    expect(output).not.toMatch(/\n\s+at /);
  });

  test("its settings are wrong: all of them are named at once", async () => {
    const { code, output } = await startAndFail({ PORT: "x", TASKWIRE_REPLICAS: "2", TASKWIRE_JWT_SECRET: "short" });
    expect(code).toBe(2);
    for (const name of ["PORT is", "TASKWIRE_REPLICAS is", "TASKWIRE_JWT_SECRET is", "TASKWIRE_ISSUER is", "TASKWIRE_AUDIENCE is"]) expect(output).toContain(name);
  });

  test("its state folder is in use by another service", async () => {
    await using first = await startService();
    const { code, output } = await startAndFail({ TASKWIRE_HOME: first.home });
    expect(code).toBe(1);
    expect(sentence(output)).toContain(`the state folder ${first.home} is in use by pid ${first.child.pid}`);
    expect((await ask(first.url, "/readyz")).status).toBe(200);
  });

  test("its broker has no JetStream", async () => {
    await using nats = await startNats({ jetstream: false });
    const { code, output } = await startAndFail({ NATS_URL: brokerUrl(nats) });
    expect(code).toBe(1);
    expect(sentence(output)).toContain("JetStream");
  });

  test("others could reach it, and nothing says whose tokens are good", async () => {
    const { code, output } = await startAndFail({ HOST: "0.0.0.0" });
    expect(code).toBe(2);
    expect(output).toContain("TASKWIRE_JWKS_URL");
  });
});

describe("a broker that is away", () => {
  test("at the start is waited for: alive, not ready, and 503 until it comes", async () => {
    await using nats = await startNats();
    await nats.kill();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const starting = startService({ port, env: { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats) } });
    starting.catch(() => {});
    await until("the service answers", 20_000, () => ask(url, "/healthz").then(({ status }) => status === 200, () => false));
    expect((await ask(url, "/readyz")).json).toMatchObject({ status: "not_ready", missing: ["log"] });
    const refused = await ask(url, "/v1/tasks", { token: await makeToken() });
    expect([refused.status, refused.json.code, refused.headers.get("retry-after")]).toEqual([503, "unavailable", "1"]);
    await nats.restart();
    await using service = await starting;
    expect((await ask(service.url, "/readyz")).status).toBe(200);
  }, 60_000);

  test("later holds appends for a while and then says when to come back; watchers stay, and nothing is lost", async () => {
    await using nats = await startNats();
    await using service = await startService({ env: { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_APPEND_WAIT_MS: String(HELD_MS), TASKWIRE_HEARTBEAT_MS: "500" } });
    const token = await makeToken();
    const taskId = await createTask(service.url, token);
    const watchers = (["websocket", "sse"] as const).map((transport) => startWatcher({ url: () => service.url, token, taskId, transport }));
    await until("both watch", 10_000, () => watchers.every(({ frames }) => frames.some(({ type }) => type === "stream.caught_up")));
    await nats.kill();
    const began = performance.now();
    const held = await ask(service.url, `/v1/tasks/${taskId}/events`, { token, body: LINE, headers: { "idempotency-key": "once" } });
    expect(performance.now() - began).toBeGreaterThan(HELD_MS / 2);
    expectProblem(held, 503, held.json.code === "append_unknown" ? "append_unknown" : "unavailable", { retryable: true });
    expect((await ask(service.url, "/readyz")).json).toMatchObject({ missing: ["log"] });
    expect((await ask(service.url, "/healthz")).status).toBe(200);
    const beats = watchers.map(({ frames }) => frames.filter(({ type }) => type === "stream.heartbeat").length);
    await until("heartbeats come all the same", 10_000, () => watchers.every(({ frames }, at) => frames.filter(({ type }) => type === "stream.heartbeat").length > (beats[at] ?? 0)));
    await nats.restart();
    await until("the same request is taken", 20_000, async () => (await ask(service.url, `/v1/tasks/${taskId}/events`, { token, body: LINE, headers: { "idempotency-key": "once" } })).status === 200);
    await append(service.url, token, taskId, { type: "task.completed", data: {} });
    await Promise.all(watchers.map(({ ended }) => ended));
    for (const watcher of watchers) {
      expect(watcher.faults).toEqual([]);
      expect(watcher.events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(watcher.frames.filter(({ type }) => type === "stream.closing" || type === "stream.error")).toEqual([]);
      expect(watcher.connections).toBe(1);
    }
  }, 60_000);
});

describe("the development issuer", () => {
  test("makes accounts that last from start to start, keeps users apart, and signs the command line in", async () => {
    const home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    try {
      const account = { email: "ada@example.com", password: "seven77", full_name: "Ada" };
      let user: unknown;
      let taskId: string;
      {
        await using service = await startService({ home });
        const made = await ask(service.url, "/api/v1/auth/register", { body: account });
        const token = String(made.json.access_token);
        expect(made.json).toMatchObject({ token_type: "Bearer", access_token: expect.any(String), expires_in: expect.any(Number) });
        const me = await ask(service.url, "/v1/me", { token });
        user = me.json.user;
        expect(me.json).toMatchObject({ name: "Ada", email: "ada@example.com", scopes: ["tasks:publish", "work"] });
        taskId = await createTask(service.url, token);
        expectProblem(await ask(service.url, `/v1/tasks/${taskId}`, { token: await signUp(service.url, "bob") }), 404, "task_unknown");
        expectProblem(await ask(service.url, "/api/v1/auth/register", { body: account }), 409, "email_taken");
        expectProblem(await ask(service.url, "/api/v1/auth/register", { body: { email: "x", password: "seven77" } }), 422, "request_invalid", { path: "email" });
        expectProblem(await ask(service.url, "/api/v1/auth/login", { body: { ...account, password: "sixsix" } }), 422, "request_invalid", { path: "password" });
        expectProblem(await ask(service.url, "/api/v1/auth/login", { body: { ...account, password: "wrong77" } }), 401, "credentials_invalid");

        const file = join(home, "local.json");
        expect(statSync(file).mode & 0o777).toBe(0o600);
        const local = JSON.parse(readFileSync(file, "utf8")) as { url: string; token: string };
        expect(local.url).toBe(service.url);
        expect((await ask(service.url, "/v1/me", { token: local.token })).json.scopes).toContain("admin");
        expect((await ask(service.url, `/v1/tasks/${taskId}`, { token: local.token })).status).toBe(200);
        expect(await service.stop()).toBe(0);
      }
      await using again = await startService({ home });
      const { json } = await ask(again.url, "/api/v1/auth/login", { body: account });
      expect((await ask(again.url, "/v1/me", { token: String(json.access_token) })).json.user).toBe(user);
      expect((await ask(again.url, `/v1/tasks/${taskId}`, { token: String(json.access_token) })).status).toBe(200);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }, 60_000);

  test("gives the administrator's token to the service's own page alone, and does not exist beside a real issuer", async () => {
    await using service = await startService();
    const local = (headers: Record<string, string>): ReturnType<typeof ask> => ask(service.url, "/api/v1/auth/local", { method: "POST", headers });
    const own = { origin: service.url, "taskwire-local": "1" };
    const given = await local(own);
    expect((await ask(service.url, "/v1/me", { token: String(given.json.access_token) })).json.scopes).toContain("admin");
    expect(given.headers.get("cache-control")).toBe("no-store");
    const wrong: Record<string, string>[] = [{}, { origin: service.url }, { ...own, origin: "https://evil.example" }, { ...own, "sec-fetch-site": "cross-site" }, { ...own, host: "evil.example", origin: "http://evil.example" }, { ...own, "x-forwarded-for": "203.0.113.7" }];
    for (const headers of wrong) expectProblem(await local(headers), 403, "origin_forbidden");
    await using nats = await startNats();
    await using real = await startService({ env: { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats) } });
    for (const path of ["register", "login", "local"]) expectProblem(await ask(real.url, `/api/v1/auth/${path}`, { method: "POST", headers: { ...own, origin: real.url } }), 404, "not_found");
  }, 60_000);
});

describe("a service that is told to stop", () => {
  test("sends its watchers away with a reason to come back, and ends with 0", async () => {
    await using nats = await startNats();
    await using service = await startService({ env: { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_DRAIN_MS: "300" } });
    const token = await makeToken();
    const taskId = await createTask(service.url, token);
    let watching = (): void => {};
    const ready = new Promise<void>((resolve) => (watching = resolve));
    const leaving = talk(service.url, `/v1/tasks/${taskId}/ws`, { protocols: ["taskwire.v1", `bearer.${token}`], onFrame: ({ type }) => (type === "stream.caught_up" ? (watching(), null) : null) });
    await ready;
    expect(await service.stop()).toBe(0);
    const { frames, code } = await leaving;
    expect(frames.at(-1)).toMatchObject({ type: "stream.closing", reason: "drain", retry_after_ms: expect.any(Number) });
    expect(code).toBe(4400);
  }, 60_000);
});
