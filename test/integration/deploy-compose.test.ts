/** `compose.yaml` as processes: three brokers, two instances out of the image's files, a proxy; one broker and one instance die. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "@nats-io/transport-node";
import { type Composition, composeServices, composeText, startComposition } from "../support/composition.ts";
import { leaderOf } from "../support/leader.ts";
import { type Balancer, startBalancer } from "../support/balancer.ts";
import { PROXIES, type RunningProxy } from "../support/proxies.ts";
import { appendLines, insist } from "../support/publisher.ts";
import { AUDIENCE, ISSUER, SECRET, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";
import { startWatcher } from "../support/watcher.ts";

const PASSWORD = "1f0c2e5d9a"; // begins like a number, as every sixteenth of `openssl rand -hex` does
const ENV = { NATS_PASSWORD: PASSWORD, TASKWIRE_JWT_SECRET: SECRET, TASKWIRE_ISSUER: ISSUER, TASKWIRE_AUDIENCE: AUDIENCE };
/** An election takes some seconds. Milliseconds. */
const LIMIT_MS = 40_000;

describe("compose.yaml", () => {
  test("wants what it cannot guess, and says so", () => {
    expect(() => composeText({})).toThrow("NATS_PASSWORD is missing");
    expect(() => composeText({ NATS_PASSWORD: PASSWORD })).toThrow("TASKWIRE_ISSUER is missing");
    expect(Object.keys(composeServices(ENV)).sort()).toEqual(["nats-1", "nats-2", "nats-3", "proxy", "taskwire-1", "taskwire-2"]);
  });
});

describe("the composition as processes", () => {
  let all: Composition;
  let proxy: RunningProxy | Balancer;
  beforeAll(async () => {
    all = await startComposition(ENV);
    const ports = all.services.map(({ port }) => port) as [number, number];
    // The one that compose.yaml takes comes first.
    const real = ["HAProxy", "nginx", "Caddy"].flatMap((name) => PROXIES.filter((each) => each.name === name && each.missing === null))[0];
    if (real === undefined) console.log("skipped: no proxy of deploy/ is here; a TCP balancer of the tests stands in for it");
    proxy = real === undefined ? await startBalancer(ports) : await real.start(ports, { shortened: false });
  }, 120_000);
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await all?.[Symbol.asyncDispose]();
  });

  test("the brokers let nobody in but the service", async () => {
    const servers = `127.0.0.1:${all.brokers[0]?.port}`;
    for (const who of [{}, { user: "taskwire", pass: "guessed" }, { user: "route", pass: PASSWORD }]) await expect(connect({ servers, ...who, reconnect: false })).rejects.toThrow(/authorization/i);
  });

  test("every health check says that all is well", async () => {
    expect(await Promise.all([...all.brokers, ...all.services].map((each) => each.healthy()))).toEqual([true, true, true, true, true]);
  });

  test("operators find their commands in the image", async () => {
    const env = { PATH: process.env.PATH ?? "", TASKWIRE_HOME: all.folder, TASKWIRE_URL: proxy.url, TASKWIRE_TOKEN: await makeToken({ scope: "admin tasks:publish" }) };
    const ask = async (...words: string[]): Promise<Record<string, unknown>> => {
      const asked = Bun.spawn([process.execPath, "src/cli/main.ts", ...words, "--json"], { cwd: all.folder, env, stdout: "pipe", stderr: "pipe" });
      const told = await new Response(asked.stdout).text();
      return told === "" ? { said: await new Response(asked.stderr).text() } : (JSON.parse(told) as Record<string, unknown>);
    };
    const { instances } = (await ask("admin", "stats")) as { instances?: { leads: boolean }[] };
    expect(instances?.map(({ leads }) => leads).sort()).toEqual([false, true]);
    const { findings } = (await ask("doctor")) as { findings?: { name: string; ok: boolean | null }[] };
    // What it cannot see from there it does not judge (null): how fast the broker is alone.
    expect(findings?.filter(({ ok }) => ok === false)).toEqual([]);
    expect(findings?.filter(({ ok }) => ok).map(({ name }) => name)).toEqual(expect.arrayContaining(["ready", "append", "websocket", "sse"]));
  }, 60_000);

  test("everything that was acknowledged reaches every watcher once and in order while a broker and an instance are killed", async () => {
    const token = await makeToken();
    const urls = (): readonly string[] => [proxy.url];
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const { task_id: taskId } = (await insist(urls, "/v1/tasks", { method: "POST", headers: { ...headers, "idempotency-key": "the-task" }, body: '{"kind":"demo"}' })) as { task_id: string };
    const watchers = Array.from({ length: 8 }, (_, at) => startWatcher({ url: () => proxy.url, token, taskId, transport: at % 2 === 0 ? "websocket" : "sse" }));
    const expected: string[] = [];
    let number = 0;
    const publish = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at++) {
        const texts = [`${++number} a`, `${number} b`];
        await appendLines({ urls, token, taskId, name: "compose" }, number, texts, false);
        expected.push(...texts);
      }
    };
    const reached = (): Promise<unknown> => until("all have everything", LIMIT_MS, () => watchers.every(({ events }) => events.length === expected.length + 1));

    await publish(20);
    await reached();
    const name = await until("the task's stream has a leader", LIMIT_MS, () => leaderOf({ url: all.brokers.map(({ port }) => `nats://127.0.0.1:${port}`).join(","), credentials: { user: "taskwire", password: PASSWORD } }, taskId));
    const leader = all.brokers.find((each) => each.name === name);
    if (leader === undefined) throw new Error(`no broker is named ${name}`);
    await leader.kill();
    await publish(20);
    await all.services[0]?.kill();
    await publish(20);
    await reached();
    await leader.start();
    await all.services[0]?.start();
    await publish(5);
    await insist(urls, `/v1/tasks/${taskId}/events`, { method: "POST", headers: { ...headers, "idempotency-key": "the-end" }, body: '{"type":"task.completed","data":{}}' });
    await until("all were told the end", LIMIT_MS, () => watchers.every(({ frames }) => frames.some(({ type }) => type === "stream.end")));
    for (const { events, faults } of watchers) {
      expect(faults).toEqual([]);
      expect(events.slice(1, -1).map(({ frame }) => (frame.data as { text: string }).text)).toEqual(expected);
    }
    console.log(`note: ${expected.length + 2} events through ${watchers.length} watchers; longest silence ${Math.max(...watchers.map(({ longestSilenceMs }) => longestSilenceMs))} ms`);
  }, 150_000);

  test("an instance that is told to stop ends with 0", async () => {
    expect(await all.services[1]?.stop()).toBe(0);
  }, 30_000);
});
