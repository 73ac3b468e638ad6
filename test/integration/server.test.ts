/** The service's own nats-server: started, kept running, found again, and what is said where none can be had. */
import { describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtainServer } from "../../src/log/server-binary.ts";
import { compareVersions, findServer } from "../../src/log/server-find.ts";
import { probe } from "../../src/log/server-probe.ts";
import { isRunning, startOf } from "../../src/log/server-process.ts";
import { ensureServer } from "../../src/log/server.ts";
import { body, header, openStore } from "../support/broker.ts";
import { realEnvironment } from "../support/environment.ts";
import { natsServerPath } from "../support/nats.ts";
import { runtimeCommand } from "../support/service.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 20_000;

/** So that no test fetches what another one has. */
await natsServerPath();

function folder(): { readonly home: string } & Disposable {
  const home = mkdtempSync(join(tmpdir(), "taskwire-own-"));
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

async function own(home: string) {
  const environment = realEnvironment();
  const server = await ensureServer({ home, environment, progress: () => {} });
  return { ...server, get pid() { return server.pid; }, environment, [Symbol.asyncDispose]: () => server.stop() };
}

interface Holder {
  readonly child: ChildProcess;
  /** The service's own number: what was started may be a program that starts it. */
  readonly holder: number;
  /** Its nats-server's number and port. */
  readonly pid: number;
  readonly port: number;
  kill(): Promise<void>;
}

/** Another service, in a process of its own, that can be killed. */
async function startHolder(home: string, runtime: "bun" | "deno" = "bun"): Promise<Holder> {
  const [command, args] = runtimeCommand(runtime, "test/support/server-holder.ts");
  const child = spawn(command, [...args, home], { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (chunk) => (printed += chunk));
  const line = await until("the other service holds its server", LIMIT_MS, () => printed.match(/^ready (.*)$/m)?.[1]);
  const told = JSON.parse(line) as { holder: number; pid: number; port: number };
  return {
    ...told,
    child,
    async kill() {
      process.kill(told.holder, "SIGKILL");
      await ended(told.holder);
    },
  };
}

async function ended(pid: number): Promise<void> {
  await until("the process has ended", LIMIT_MS, () => startOf(pid) === null);
}

describe("the service's own nats-server", () => {
  test("listens on loopback for who knows its password, and keeps its files to its owner", async () => {
    using place = folder();
    await using server = await own(place.home);
    expect(server.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    expect(compareVersions(server.version, "2.11.0")).toBeGreaterThanOrEqual(0);
    const port = Number(new URL(server.url).port);
    expect(await probe(port, { user: server.credentials.user, password: "wrong" }, 1_000)).toBeNull();
    expect(await probe(port, server.credentials, 1_000)).toBe(server.version);
    for (const file of ["nats.conf", "server.json"]) expect(statSync(join(place.home, "nats", file)).mode & 0o777).toBe(0o600);
    expect(statSync(join(place.home, "nats")).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(place.home, "nats/nats.conf"), "utf8")).toContain('listen: "127.0.0.1:');
  });

  test("keeps its data from start to start, and ends with the service", async () => {
    using place = folder();
    const first = await own(place.home);
    const opened = await openStore(first);
    expect((await opened.log.append({ taskId: "t", expected: 0, header: header(1), body: body(1) })).kind).toBe("stored");
    const identity = { pid: first.pid ?? 0, started: startOf(first.pid ?? 0) ?? "" };
    await opened.store.close();
    await first.stop();
    expect(isRunning(identity)).toBe(false);
    await using second = await own(place.home);
    await using again = await openStore(second);
    expect((await again.log.head("t"))?.batch.header.firstSeq).toBe(1);
    expect(again.log.epoch).toBe(opened.log.epoch);
  });

  test("is started again on the same port when it is killed, and the store carries on by itself", async () => {
    using place = folder();
    await using server = await own(place.home);
    await using opened = await openStore(server);
    const { log } = opened;
    const first = await log.append({ taskId: "t", expected: 0, header: header(1), body: body(1) });
    for (let round = 0; round < 2; round++) {
      const before = server.pid ?? 0;
      process.kill(before, "SIGKILL");
      await until("the loss is noticed", LIMIT_MS, () => !log.connected);
      await until("another server runs", LIMIT_MS, () => server.pid !== null && server.pid !== before);
      await until("the store is connected again", LIMIT_MS, () => log.connected);
      await until("the journal says so", LIMIT_MS, () => server.environment.entries.filter(({ event }) => event === "broker_restarted").length === round + 1);
    }
    const expected = first.kind === "stored" ? first.position : 0;
    expect((await log.head("t"))?.position).toBe(expected);
    await until("it takes appends", LIMIT_MS, async () => (await log.append({ taskId: "t", expected, header: header(2), body: body(2) })).kind === "stored");
    expect(server.environment.entries.filter(({ event }) => event === "broker_ended")).toHaveLength(2);
  });

  test("refuses a second service on the same folder, and names who has it", async () => {
    using place = folder();
    const other = await startHolder(place.home);
    await expect(own(place.home)).rejects.toThrow(`the state folder ${place.home} is in use by pid ${other.holder}`);
    other.child.stdin?.end();
    await ended(other.holder);
    await using server = await own(place.home);
    expect(server.pid).not.toBe(other.pid);
  });

  for (const runtime of ["bun", "deno"] as const) {
    test(`is taken over with its data when its service was killed (${runtime})`, async () => {
      using place = folder();
      const other = await startHolder(place.home, runtime);
      await other.kill();
      const began = Date.now();
      await using server = await own(place.home);
      expect(Date.now() - began).toBeLessThan(3_000);
      expect(server.pid).toBe(other.pid);
      expect(server.url).toBe(`nats://127.0.0.1:${other.port}`);
      await using opened = await openStore(server);
      expect((await opened.log.head("held"))?.batch.header.firstSeq).toBe(1);
      process.kill(other.pid, "SIGKILL");
      await until("one taken over is looked after too", LIMIT_MS, () => server.pid !== null && server.pid !== other.pid);
    });
  }

  test("is ended and replaced when it was left behind and does not answer", async () => {
    using place = folder();
    const other = await startHolder(place.home);
    await other.kill();
    process.kill(other.pid, "SIGSTOP");
    // A busy machine lets it answer once more before it takes the signal.
    await until("it stands still", LIMIT_MS, () => spawnSync("ps", ["-o", "stat=", "-p", String(other.pid)], { encoding: "utf8" }).stdout.trim().startsWith("T"));
    const left = { pid: other.pid, started: startOf(other.pid) ?? "" };
    await using server = await own(place.home);
    expect(isRunning(left)).toBe(false);
    await using opened = await openStore(server);
    expect((await opened.log.head("held"))?.batch.header.firstSeq).toBe(1);
  }, 40_000);

  test("leaves alone a process that only has the number of a server of old", async () => {
    using place = folder();
    mkdirSync(join(place.home, "nats"), { recursive: true });
    const bystander = spawn("sleep", ["60"], { stdio: "ignore" });
    const state = { port: 1, user: "u", password: "p", server: { pid: bystander.pid, started: "another time" } };
    writeFileSync(join(place.home, "nats/server.json"), JSON.stringify(state));
    writeFileSync(join(place.home, "nats/nats.pid"), String(bystander.pid));
    writeFileSync(join(place.home, "nats/lock"), JSON.stringify({ pid: bystander.pid, started: "another time" }));
    await using server = await own(place.home);
    expect(server.pid).not.toBe(bystander.pid ?? 0);
    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
    bystander.kill("SIGKILL");
  });

  test("says its last words when it cannot start", async () => {
    using place = folder();
    mkdirSync(join(place.home, "nats"), { recursive: true });
    writeFileSync(join(place.home, "nats/data"), "not a folder");
    await expect(own(place.home)).rejects.toThrow(/nats-server ended before it was ready: .*storage directory is not a directory/i);
  });
});

describe("getting a nats-server", () => {
  /** A folder of programs, to be the whole PATH. */
  function programs(home: string, scripts: Readonly<Record<string, string>>): string {
    const path = mkdtempSync(join(home, "path-"));
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(path, name), 0o755);
    }
    return path;
  }

  test("takes none from PATH that is too old, and says so", () => {
    using place = folder();
    const found = findServer({ PATH: programs(place.home, { "nats-server": 'echo "nats-server: v2.9.10"' }), XDG_CACHE_HOME: place.home });
    expect(found).toMatchObject([{ why: "is version 2.9.10; 2.11.0 or newer is needed" }, { why: "nothing was fetched before" }]);
  });

  test("prefers the newest one in the cache", async () => {
    using place = folder();
    for (const version of ["2.9.10", "2.11.4", "2.15.0"]) {
      mkdirSync(join(place.home, "taskwire/nats-server", version), { recursive: true });
      const file = join(place.home, "taskwire/nats-server", version, "nats-server");
      writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
      chmodSync(file, 0o755);
    }
    expect(await obtainServer({ progress: () => {}, settings: { PATH: "", XDG_CACHE_HOME: place.home } })).toMatchObject({ version: "2.15.0" });
  });

  test("builds one into the cache where Go is at hand", async () => {
    using place = folder();
    const path = programs(place.home, { go: 'printf \'#!/bin/sh\\necho "nats-server: v2.15.2"\\n\' > "$GOBIN/nats-server"; chmod 755 "$GOBIN/nats-server"' });
    const settings = { PATH: `${path}:/usr/bin:/bin`, XDG_CACHE_HOME: place.home, ...(await noReleases()) };
    const lines: string[] = [];
    const found = await obtainServer({ progress: (line) => lines.push(line), settings });
    expect(found).toEqual({ version: "2.15.2", path: join(place.home, "taskwire/nats-server/2.15.2/nats-server") });
    expect(lines).toContain("fetching nats-server by go install");
    expect(findServer(settings)).toEqual(found);
  });

  test("fetches no further when nobody wants it any more, and leaves nothing at work", async () => {
    using place = folder();
    const path = programs(place.home, { go: `echo $$ > ${place.home}/pid; exec sleep 60` });
    const settings = { PATH: `${path}:/usr/bin:/bin`, XDG_CACHE_HOME: place.home, ...(await noReleases()) };
    const nobody = new AbortController();
    const lines: string[] = [];
    const obtained = obtainServer({ progress: (line) => lines.push(line), settings, signal: nobody.signal }).then(() => "it found one", (error: Error) => error.name);
    const pid = await until("it is being built", LIMIT_MS, () => existsSync(join(place.home, "pid")) && Number(readFileSync(join(place.home, "pid"), "utf8")));
    nobody.abort();
    expect(await obtained).toBe("AbortError");
    expect(lines.at(-1)).toMatch(/^Go builds it/);
    await ended(pid);
  });

  test("names each way that was tried and why it failed, where none leads to one", async () => {
    using place = folder();
    const path = programs(place.home, {
      go: "echo 'module lookup disabled' >&2; exit 1",
      brew: "echo 'Error: No available formula with the name' >&2; exit 1",
      "apt-cache": 'echo "nats-server:"; echo "  Installed: (none)"; echo "  Candidate: 2.9.10-1+b4"',
    });
    const lines: string[] = [];
    const settings = { PATH: path, XDG_CACHE_HOME: place.home, ...(await noReleases()) };
    const message = await obtainServer({ progress: (line) => lines.push(line), settings }).then(() => "it found one", (error: Error) => error.message);
    expect(message).toContain("no nats-server could be had. Tried:");
    expect(message).toContain("PATH: has no nats-server");
    expect(message).toMatch(/the official release: (it cannot be downloaded|we know no checksum)/);
    expect(message).toContain("go install: go ended with code 1: module lookup disabled");
    expect(message).toContain("Homebrew: brew ended with code 1: Error: No available formula");
    expect(message).toContain("apt: it offers version 2.9.10; 2.11.0 or newer is needed");
    expect(message).toContain("set NATS_URL");
    expect(lines.filter((line) => line.startsWith("fetching nats-server by"))).toHaveLength(4);
  });
});

/** Settings by which releases are looked for where nobody listens, so that the tests use no network. */
async function noReleases(): Promise<Record<string, string>> {
  const port = await new Promise<number>((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 1));
    });
  });
  return { TASKWIRE_NATS_RELEASES: `http://127.0.0.1:${port}` };
}
