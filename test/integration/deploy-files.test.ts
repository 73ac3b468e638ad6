/** What of `deploy/` cannot be run here is looked at as far as it goes: the image's files are run without an engine, the rest is read by its own tool. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { composeText } from "../support/composition.ts";
import { type Image, lastStage, makeImage } from "../support/image.ts";
import { freePort } from "../support/nats.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dir, "../..");
const LIMIT_MS = 20_000;
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const json = <T>(path: string): T => JSON.parse(read(path)) as T;

interface Ran {
  readonly code: number;
  readonly output: string;
}

function run(command: readonly string[], options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly limitMs?: number } = {}): Ran {
  const ran = Bun.spawnSync([...command], { ...(options.cwd === undefined ? {} : { cwd: options.cwd }), env: { ...(process.env as Record<string, string>), ...options.env }, timeout: options.limitMs ?? LIMIT_MS });
  return { code: ran.exitCode ?? -1, output: `${ran.stdout}${ran.stderr}` };
}

describe("the image", () => {
  let image: Image;
  let port: number;
  let service: ChildProcess;
  let output = "";
  /** Another user than root, without a single capability, in a folder that is not its own. */
  const nobody = process.getuid?.() === 0 && Bun.which("setpriv") !== null ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all"] : [];
  const folder = mkdtempSync(join(tmpdir(), "taskwire-user-"));
  const bun = join(folder, "bun");

  beforeAll(async () => {
    image = makeImage();
    port = await freePort();
    if (nobody.length === 0) console.log("note: the image's files were run as this user: without root and setpriv there is no other");
    for (const path of [image.folder, folder]) chmodSync(path, 0o755);
    // Where that user may read it.
    copyFileSync(process.execPath, bun);
    chmodSync(bun, 0o755);
    const { TASKWIRE_HOME: _home, ...environment } = image.environment;
    service = spawn(nobody[0] ?? bun, [...nobody.slice(1), ...(nobody.length > 0 ? [bun] : []), ...image.entrypoint.slice(1)], {
      cwd: image.folder,
      // There is no broker at this address: alive, and not ready.
      env: { ...environment, HOST: "127.0.0.1", PORT: String(port), NATS_URL: "nats://127.0.0.1:1", TASKWIRE_HOME: join(folder, "nothing-may-be-written-here"), TASKWIRE_JWT_SECRET: "x".repeat(32), TASKWIRE_ISSUER: "i", TASKWIRE_AUDIENCE: "a" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [service.stdout, service.stderr]) stream?.on("data", (chunk) => (output += chunk));
    await until("it listens", LIMIT_MS, async () => {
      if (service.exitCode !== null) throw new Error(`it ended with ${service.exitCode}:\n${output}`);
      return (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null))?.ok;
    });
  }, 60_000);
  afterAll(() => {
    service?.kill("SIGKILL");
    image?.[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const check = (path: string, at = port): Ran => run([process.execPath, ...image.healthcheck.slice(1, -1), path], { cwd: image.folder, env: { PORT: String(at) } });

  test("holds what the service needs and nothing else: no tests, no generators, no development's packages, no Bun of npm's", () => {
    const { devDependencies, dependencies } = json<{ devDependencies: Record<string, string>; dependencies: Record<string, string> }>("package.json");
    const inside = (path: string): boolean => existsSync(join(image.folder, path));
    expect([...Object.keys(devDependencies), "bun", ".bin", "@oven"].filter((name) => inside(`node_modules/${name}`) && name !== "eventsource-parser")).toEqual([]);
    expect(Object.keys(dependencies).filter((name) => name !== "bun" && !inside(`node_modules/${name}`))).toEqual([]);
    expect(readdirSync(image.folder).sort()).toEqual(["LICENSE", "clients", "contract", "deploy", "generated", "node_modules", "package.json", "src"]);
    expect([readdirSync(join(image.folder, "contract")), readdirSync(join(image.folder, "clients")), readdirSync(join(image.folder, "deploy"))]).toEqual([["vectors"], ["typescript"], ["alive.ts"]]);
    const bytes = readdirSync(image.folder, { recursive: true, encoding: "utf8" }).reduce((sum, path) => sum + statSync(join(image.folder, path)).size, 0);
    console.log(`note: beside Bun the image holds ${(bytes / 1024 / 1024).toFixed(1)} MiB`);
    expect(bytes).toBeLessThan(40 * 1024 * 1024);
  });

  test("is made on the Bun that the service is tested with, and runs as nobody in particular", () => {
    const { dependencies } = json<{ dependencies: Record<string, string> }>("package.json");
    expect(lastStage()[0]?.text).toBe(`oven/bun:${dependencies.bun}-slim`);
    expect(image.user).toBe("bun");
    expect(image.entrypoint).toEqual(["bun", "src/main.ts"]);
  });

  test("runs as another user, without rights, and waits for its broker: alive, not ready", () => {
    expect(check("/healthz").code).toBe(0);
    const { code, output: said } = check("/readyz");
    expect(code).toBe(1);
    expect(said).toContain("503");
    expect(said).toContain("not_ready");
  });

  test("says why where nothing answers", async () => {
    const { code, output: said } = check("/healthz", await freePort());
    expect(code).toBe(1);
    expect(said.trim().length).toBeGreaterThan(10);
  });

  test("ends with 0 when it is told to, at once, also while it waits for its broker", async () => {
    const code = new Promise<number | null>((resolve) => service.once("exit", resolve));
    const began = performance.now();
    service.kill("SIGTERM");
    expect(await code).toBe(0);
    // Docker waits for ten seconds unless it is told otherwise.
    expect(performance.now() - began).toBeLessThan(5_000);
  }, LIMIT_MS);

  test("does not start where others reach it and nobody says whose tokens are good", () => {
    const { code, output: said } = run([process.execPath, ...image.entrypoint.slice(1)], { cwd: image.folder, env: { ...image.environment, PORT: "0", NATS_URL: "nats://127.0.0.1:1" } });
    expect(code).toBe(2);
    expect(said).toContain("TASKWIRE_JWKS_URL");
  });
});

describe("the systemd unit", () => {
  const analyze = Bun.which("systemd-analyze");
  if (analyze === null) console.log("skipped: the systemd unit was not verified, no systemd-analyze on this machine");

  test.skipIf(analyze === null)("is well-formed and hardened, by systemd's own measure", () => {
    const folder = mkdtempSync(join(tmpdir(), "taskwire-unit-"));
    const unit = join(folder, "taskwire.service");
    const text = read("deploy/systemd/taskwire.service");
    // Bun is not where the unit expects it.
    expect(text).toContain("ExecStart=/usr/local/bin/bun src/main.ts");
    writeFileSync(unit, text.replaceAll("/usr/local/bin/bun", process.execPath));
    const verified = run(["systemd-analyze", "verify", "--man=no", unit]);
    const measured = run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", unit]);
    rmSync(folder, { recursive: true, force: true });
    // What it says of other units of the machine is not ours.
    expect(verified.output.split("\n").filter((line) => line.includes("taskwire.service"))).toEqual([]);
    console.log(`note: ${measured.output.match(/Overall exposure level.*/)?.[0] ?? measured.output}`);
    expect(measured.code).toBe(0);
  });
});

/** The reference of compose files: Docker's own where its plugin is, else the library that it is made of, built once. */
function composeReader(): readonly string[] | string {
  if (run(["docker", "compose", "version"]).code === 0) return ["docker", "compose", "--file"];
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "taskwire/compose-go", COMPOSE_GO);
  const program = join(folder, "cmd");
  if (existsSync(program)) return [program];
  if (Bun.which("go") === null) return "neither docker compose nor go is on this machine";
  mkdirSync(folder, { recursive: true });
  const built = run(["go", "install", `github.com/compose-spec/compose-go/v2/cmd@v${COMPOSE_GO}`], { env: { GOBIN: folder }, limitMs: 120_000 });
  return built.code === 0 && existsSync(program) ? [program] : `docker compose is not here, and compose-go cannot be built: ${built.output.trim().split("\n").at(-1)}`;
}

const COMPOSE_GO = "2.16.2";

describe("compose.yaml", () => {
  test("is what the compose specification expects, and its mounts are there", () => {
    const reader = composeReader();
    if (typeof reader === "string") return console.log(`skipped: compose.yaml was not held to its specification: ${reader}`);
    const folder = mkdtempSync(join(tmpdir(), "taskwire-composed-"));
    const file = join(folder, "compose.yaml");
    writeFileSync(file, composeText({ NATS_PASSWORD: "p", TASKWIRE_ISSUER: "i", TASKWIRE_AUDIENCE: "a", TASKWIRE_JWT_SECRET: "s" }));
    const docker = reader[0] === "docker";
    const good = run(docker ? [...reader, file, "config", "--quiet"] : [...reader, file], { cwd: folder });
    writeFileSync(file, read("compose.yaml").replace("restart: unless-stopped", "restarts: unless-stopped").replaceAll(/\$\{[^}]*\}/g, "x"));
    const bad = run(docker ? [...reader, file, "config", "--quiet"] : [...reader, file], { cwd: folder });
    rmSync(folder, { recursive: true, force: true });
    expect({ code: good.code, said: good.code === 0 ? "" : good.output }).toEqual({ code: 0, said: "" });
    expect(bad.code).not.toBe(0);
    const mounts = [...read("compose.yaml").matchAll(/"\.\/([^":]+):/g)].map(([, path = ""]) => path);
    expect(mounts.length).toBeGreaterThan(3);
    expect(mounts.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  }, 150_000);

  test("takes no secret from the repository, and its settings are those of the form", () => {
    const wanted = [...new Set([...read("compose.yaml").matchAll(/\$\{(\w+)/g)].map(([, name]) => name))];
    const form = new Set([...read("deploy/taskwire.env").matchAll(/^#?(\w+)=/gm)].map(([, name]) => name));
    expect(wanted.filter((name) => !form.has(name) && !["TASKWIRE_PORT", "TASKWIRE_JWT_SECRET"].includes(name as string))).toEqual([]);
    expect(read("deploy/taskwire.env")).toMatch(/^NATS_PASSWORD=$/m);
  });
});

describe("Traefik's files", () => {
  interface Routes {
    readonly http: {
      readonly routers: Record<string, { service: string; entryPoints: string[]; middlewares: string[]; rule: string }>;
      readonly services: Record<string, { loadBalancer: { servers: { url: string }[]; healthCheck: { path: string }; serversTransport: string; sticky?: unknown } }>;
      readonly middlewares: Record<string, unknown>;
      readonly serversTransports: Record<string, unknown>;
    };
  }

  test("can be read, and all that they name is there", () => {
    const fixed = Bun.YAML.parse(read("deploy/proxies/traefik.yaml")) as { entryPoints: Record<string, { transport: { respondingTimeouts: Record<string, number> }; forwardedHeaders: { insecure: boolean } }> };
    const { http } = Bun.YAML.parse(read("deploy/proxies/traefik-routes.yaml")) as Routes;
    for (const { service, entryPoints, middlewares } of Object.values(http.routers)) {
      expect(Object.keys(http.services)).toContain(service);
      expect(entryPoints.filter((name) => fixed.entryPoints[name] === undefined)).toEqual([]);
      expect(middlewares.filter((name) => http.middlewares[name] === undefined)).toEqual([]);
    }
    for (const { loadBalancer } of Object.values(http.services)) {
      expect(loadBalancer.servers).toHaveLength(2);
      expect(loadBalancer.sticky).toBeUndefined();
      expect(loadBalancer.healthCheck.path).toBe("/readyz");
      expect(http.serversTransports[loadBalancer.serversTransport]).toBeDefined();
    }
    for (const { transport, forwardedHeaders } of Object.values(fixed.entryPoints)) {
      expect([transport.respondingTimeouts.readTimeout, transport.respondingTimeouts.writeTimeout, forwardedHeaders.insecure]).toEqual([0, 0, false]);
    }
  });
});
