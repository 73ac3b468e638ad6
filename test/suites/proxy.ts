/** What must hold behind a proxy, whichever it is: two instances of the real service on one real broker, real watchers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type NatsServer, startNats } from "../support/nats.ts";
import type { RealProxy, RunningProxy } from "../support/proxies.ts";
import { appendLines } from "../support/publisher.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { openStream } from "../support/sse.ts";
import { until } from "../support/until.ts";
import { startWatcher, type Watcher } from "../support/watcher.ts";

/** The proxies wait a second for something to come: between these hearts they are patient. Milliseconds. */
const HEARTBEAT_MS = 300;
/** Ten of them last three times as long as a proxy waits. */
const HEARTBEATS = 10;
const LIMIT_MS = 15_000;
/** Only a curl that speaks HTTP/2. */
const CURL = Bun.which("curl") !== null && Bun.spawnSync(["curl", "--version"]).stdout.toString().includes("HTTP2") ? "curl" : null;
const OPENSSL = Bun.which("openssl");
const TRANSPORTS = ["websocket", "sse"] as const;

interface World extends AsyncDisposable {
  readonly services: readonly [Service, Service];
  readonly proxy: RunningProxy;
  readonly token: string;
}

const settingsOf = (nats: NatsServer): Record<string, string> => {
  const { user, password } = nats.credentials as { user: string; password: string };
  return { NATS_URL: nats.url.replace("nats://", `nats://${user}:${password}@`) };
};

async function openWorld(kind: RealProxy, nats: NatsServer, heartbeatMs = HEARTBEAT_MS): Promise<World> {
  const env = { ...settingsOf(nats), TASKWIRE_HEARTBEAT_MS: String(heartbeatMs) };
  const services = await Promise.all([startService({ env }), startService({ env })]) as [Service, Service];
  const proxy = await kind.start([services[0].port, services[1].port]);
  return {
    services, proxy, token: await signUp(proxy.url),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
    },
  };
}

const headersOf = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}`, "content-type": "application/json" });

async function createTask({ proxy, token }: World): Promise<string> {
  const answer = await fetch(`${proxy.url}/v1/tasks`, { method: "POST", headers: headersOf(token), body: JSON.stringify({ kind: "demo" }) });
  if (!answer.ok) throw new Error(`making a task answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { task_id: string }).task_id;
}

const watch = ({ proxy, token }: World, taskId: string): readonly Watcher[] => TRANSPORTS.map((transport) => startWatcher({ url: () => proxy.url, token, taskId, transport }));
const lines = ({ proxy, token }: World, taskId: string, number: number, texts: readonly string[]): Promise<{ lastSeq: number }> => appendLines({ urls: () => [proxy.url], token, taskId, name: "through" }, number, texts, false);
const beats = ({ frames }: Watcher): number => frames.filter(({ type }) => type === "stream.heartbeat").length;
const reached = (watchers: readonly Watcher[], seq: number): Promise<unknown> => until(`all have event ${seq}`, LIMIT_MS, () => watchers.every(({ events }) => events.at(-1)?.seq === seq));

async function finish(world: World, taskId: string, watchers: readonly Watcher[]): Promise<void> {
  await fetch(`${world.proxy.url}/v1/tasks/${taskId}/events`, { method: "POST", headers: { ...headersOf(world.token), "idempotency-key": "the-end" }, body: JSON.stringify({ type: "task.completed", data: {} }) });
  await until("all were told the end", LIMIT_MS, () => watchers.every(({ frames }) => frames.some(({ type }) => type === "stream.end")));
  expect(watchers.flatMap(({ faults }) => faults)).toEqual([]);
}

/** Open connections of one instance, as it tells Prometheus. */
async function connectionsOf({ url }: Service): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^taskwire_connections\{[^}]*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Holds a proxy's file to what the service needs of a proxy; says why where the proxy is not here. */
export function proxySuite(kind: RealProxy): void {
  if (kind.missing !== null) console.log(`skipped: ${kind.name} was not run, ${kind.missing}`);
  describe.skipIf(kind.missing !== null)(`behind ${kind.name}`, () => {
    let nats: NatsServer;
    let world: World;
    beforeAll(async () => {
      nats = await startNats();
      world = await openWorld(kind, nats);
    }, 60_000);
    afterAll(async () => {
      await world[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
    });

    test("quiet connections outlive the proxy's patience by the service's heartbeats", async () => {
      const taskId = await createTask(world);
      const watchers = watch(world, taskId);
      await until("ten heartbeats came over each", LIMIT_MS, () => watchers.every((each) => beats(each) >= HEARTBEATS));
      expect(watchers.map(({ connections }) => connections)).toEqual([1, 1]);
      await finish(world, taskId, watchers);
    });

    test.skipIf(!kind.impatient)("without them it would cut them: the patience is the proxy's own", async () => {
      await using silent = await openWorld(kind, nats, 15_000);
      const taskId = await createTask(silent);
      const watchers = watch(silent, taskId);
      await until("both were cut, and came back", LIMIT_MS, () => watchers.every(({ connections }) => connections > 1));
      await finish(silent, taskId, watchers);
    }, 60_000);

    test("each event arrives at once, before there is another", async () => {
      const taskId = await createTask(world);
      const watchers = watch(world, taskId);
      await reached(watchers, 1);
      const took: number[] = [];
      for (let number = 1; number <= 20; number++) {
        const { lastSeq } = await lines(world, taskId, number, ["one small event"]);
        const began = performance.now();
        await reached(watchers, lastSeq);
        took.push(performance.now() - began);
      }
      took.sort((a, b) => a - b);
      console.log(`note: behind ${kind.name} an event was there ${(took[10] as number).toFixed(1)} ms after its append was answered (median of 20; longest ${(took[19] as number).toFixed(1)} ms)`);
      expect(took[10] as number).toBeLessThan(100);
      await finish(world, taskId, watchers);
    }, 60_000);

    test("a large request and a large event pass whole", async () => {
      const taskId = await createTask(world);
      const watchers = watch(world, taskId);
      const text = "ä".repeat(30_000);
      await lines(world, taskId, 1, [text, text, text, text]);
      await reached(watchers, 5);
      expect(watchers.map(({ events }) => (events[4]?.frame.data as { text: string }).text === text)).toEqual([true, true]);
      await finish(world, taskId, watchers);
    });

    test("watchers go on where they were when the proxy is reloaded, and appends too", async () => {
      const taskId = await createTask(world);
      const watchers = watch(world, taskId);
      await reached(watchers, 1);
      let last = 0;
      for (let number = 1; number <= 30; number++) {
        if (number === 5) await world.proxy.reload();
        ({ lastSeq: last } = await lines(world, taskId, number, ["before", "and after"]));
      }
      await reached(watchers, last);
      // Old connections end a second after a reload, where they end at all: appends go on until then.
      if (kind.impatient) {
        await until("the old connections are gone", LIMIT_MS, () => watchers.every(({ connections }) => connections > 1));
        ({ lastSeq: last } = await lines(world, taskId, 31, ["after that"]));
        await reached(watchers, last);
      }
      await finish(world, taskId, watchers);
    }, 60_000);

    test("instances share the connections without sticky sessions, and the one that is left takes all", async () => {
      const taskId = await createTask(world);
      const watchers = Array.from({ length: 10 }, () => watch(world, taskId)).flat();
      await reached(watchers, 1);
      const [one, other] = (await Promise.all(world.services.map(connectionsOf))) as [number, number];
      expect(one + other).toBeGreaterThanOrEqual(20);
      expect(Math.min(one, other)).toBeGreaterThanOrEqual(6);
      await world.services[0].kill();
      const { lastSeq } = await lines(world, taskId, 1, ["one is gone"]);
      await reached(watchers, lastSeq);
      await finish(world, taskId, watchers);
    }, 60_000);

    test("nobody's word is taken for where they come from, and /metrics is not for everybody", async () => {
      const told: Record<string, string | null>[] = [];
      const echo = Bun.serve({
        hostname: "127.0.0.1",
        port: 0,
        fetch({ headers, url }) {
          if (url.endsWith("/told")) told.push(Object.fromEntries(["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "host"].map((name) => [name, headers.get(name)])));
          return new Response("the service's own");
        },
      });
      const port = echo.port as number;
      await using proxy = await kind.start([port, port]);
      const lie = { "x-forwarded-for": "192.0.2.7", forwarded: "for=192.0.2.7", "x-real-ip": "192.0.2.7", "x-forwarded-host": "evil.example" };
      await fetch(`${proxy.url}/told`, { headers: lie });
      const metrics = await Promise.all(["/metrics", "/%6detrics", "/metrics?x=1"].map(async (path) => (await fetch(`${proxy.url}${path}`)).text()));
      await echo.stop(true);
      expect(told[0]?.["x-forwarded-for"]).toBe("127.0.0.1");
      expect(JSON.stringify(told)).not.toContain("192.0.2.7");
      expect(told[0]?.["x-forwarded-host"] ?? "").not.toContain("evil");
      expect(told[0]?.host).toBe(new URL(proxy.url).host);
      expect(metrics.filter((text) => text.includes("the service's own"))).toEqual([]);
    }, 30_000);

    test.skipIf(OPENSSL === null)("with its lines for TLS taken in the same holds, and a page of the same address may connect", async () => {
      const [one, other] = world.services;
      // An earlier test has ended the first of them.
      const port = (one.child.exitCode ?? one.child.signalCode) === null ? one.port : other.port;
      await using proxy = await kind.start([port, port], { tls: true });
      const { url, ca } = proxy.secure as { url: string; ca: string };
      const taskId = await createTask(world);
      const frames: Record<"socket" | "stranger" | "stream" | "curl", string[]> = { socket: [], stranger: [], stream: [], curl: [] };
      const open = (origin: string, to: string[]): WebSocket => {
        // Bun's own: headers and a certificate to trust.
        const options = { protocols: ["taskwire.v1", `bearer.${world.token}`], headers: { origin }, tls: { ca } } as unknown as string[];
        const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/tasks/${taskId}/ws`, options);
        socket.onmessage = ({ data }) => void to.push(String(data));
        return socket;
      };
      const sockets = [open(url, frames.socket), open("https://evil.example", frames.stranger)];
      const gone = new AbortController();
      const answer = await fetch(`${url}/v1/tasks/${taskId}/events`, { headers: { ...headersOf(world.token), accept: "text/event-stream" }, tls: { ca }, signal: gone.signal });
      void (async () => {
        for await (const chunk of answer.body ?? []) frames.stream.push(new TextDecoder().decode(chunk));
      })().catch(() => {});
      // As browsers read event streams, where the proxy speaks HTTP/2; they open WebSockets over HTTP/1.1 beside it.
      const curl = CURL === null ? null : Bun.spawn([CURL, "-sSiN", "--http2", "--cacert", proxy.secure?.file ?? "", "-H", `authorization: Bearer ${world.token}`, "-H", "accept: text/event-stream", `${url}/v1/tasks/${taskId}/events`], { stdout: "pipe", stderr: "ignore" });
      void (async () => {
        for await (const chunk of curl?.stdout ?? []) frames.curl.push(new TextDecoder().decode(chunk));
      })().catch(() => {});
      const said = (of: keyof typeof frames, word: string): Promise<boolean> => until(`${of} says ${word}`, LIMIT_MS, () => frames[of].join("").includes(word));
      await Promise.all([said("socket", "stream.caught_up"), said("stream", "stream.caught_up"), said("stranger", "origin_forbidden"), ...(curl === null ? [] : [said("curl", "stream.caught_up")])]);
      await lines(world, taskId, 1, ["under lock and key"]);
      await Promise.all([said("socket", "under lock and key"), said("stream", "under lock and key"), ...(curl === null ? [] : [said("curl", "under lock and key")])]);
      curl?.kill();
      console.log(`note: behind ${kind.name} an event stream came over ${frames.curl.join("").split(" ", 1)[0] || "HTTP/1.1; curl is not here to try HTTP/2"}`);
      for (const socket of sockets) socket.close();
      gone.abort();
    }, 30_000);

    test("a stream that was refused says why, through the proxy", async () => {
      using stream = await openStream(world.proxy.url, "/v1/tasks/nobodys/events", { authorization: `Bearer ${world.token}` });
      expect([stream.status, stream.refusal.code]).toEqual([404, "task_unknown"]);
    });
  });
}
