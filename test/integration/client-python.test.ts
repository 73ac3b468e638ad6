/** The Python client: typed, linted, its own tests, its packages, and a real service whose connections are cut. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { startProxy } from "../support/proxy.ts";
import { signUp, startService } from "../support/service.ts";

const CLIENT = join(import.meta.dir, "../../clients/python");
const REQUIREMENTS = join(CLIENT, "tests/requirements.txt");
const INSTALL_LIMIT_MS = 180_000;
const RUN_LIMIT_MS = 90_000;
/** How often all connections are cut. Milliseconds. */
const CUT_EVERY_MS = 250;
/** So often at most: a busy machine, where a cut comes before anything was read, gets to its end all the same. */
const CUTS = 60;

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

interface How {
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
  readonly cwd?: string;
  /** Told of everything printed so far, whenever there is more of it. */
  readonly onOutput?: (output: string) => void;
}

/** Runs a program in the client's folder to its end, or to the limit. */
async function run(command: string, args: readonly string[], { env = {}, limitMs = RUN_LIMIT_MS, cwd = CLIENT, onOutput }: How = {}): Promise<Ran> {
  const child = spawn(command, args, { cwd, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
    onOutput?.(output);
  });
  child.stderr.on("data", (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", resolve);
  });
  clearTimeout(limit);
  return { code, output: output.trim() };
}

/** The output where a program failed, nothing where it did well. */
const trouble = ({ code, output }: Ran): string => (code === 0 ? "" : `ended with ${code}:\n${output}`);

const says = (text: string): void => void process.stderr.write(`client-python: ${text}\n`);

/** An environment with what building and testing takes, made once for these requirements; or why there is none. */
async function environment(): Promise<{ readonly bin: string } | { readonly missing: string }> {
  const found = spawnSync("python3", ["-c", "import sys, venv, ensurepip; print(sys.version_info >= (3, 10), '%d.%d' % sys.version_info[:2])"], { encoding: "utf8", timeout: 20_000 });
  const [recent, version] = (found.stdout ?? "").trim().split(" ");
  if (recent !== "True") return { missing: "no python3 of 3.10 or newer with venv on this machine" };
  const hash = createHash("sha256").update(`${version} with wheels ${readFileSync(REQUIREMENTS, "utf8")}`).digest("hex").slice(0, 16);
  const parent = join(homedir(), ".cache/taskwire/python");
  const folder = join(parent, hash);
  // The last thing that installing does: an environment without it was left in the middle.
  const done = join(folder, "installed");
  if (existsSync(done)) return { bin: join(folder, "bin") };
  mkdirSync(parent, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  says(`making an environment in ${folder}`);
  const made = await run("python3", ["-m", "venv", folder], { limitMs: INSTALL_LIMIT_MS });
  if (made.code !== 0) return { missing: `no environment could be made: ${made.output.split("\n").at(-1)}` };
  says("installing what tests/requirements.txt lists");
  const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--timeout", "15", "--retries", "1", "-r", REQUIREMENTS];
  const installed = await run(join(folder, "bin/python"), args, { limitMs: INSTALL_LIMIT_MS });
  // Kept beside it, so that the package can be installed anew each time without a network.
  const kept = installed.code === 0 ? await run(join(folder, "bin/python"), ["-m", "pip", "download", ...args.slice(3, -2), "--dest", join(folder, "wheels"), "-c", REQUIREMENTS, "httpx", "pydantic", "websockets"], { limitMs: INSTALL_LIMIT_MS }) : installed;
  if (kept.code !== 0) return { missing: `packages cannot be fetched: ${kept.output.split("\n").at(-1)}` };
  mkdirSync(`${done}.new`);
  renameSync(`${done}.new`, done);
  says("installed");
  return { bin: join(folder, "bin") };
}

const ready = await environment();
const bin = "bin" in ready ? ready.bin : "";
if ("missing" in ready) console.log(`skipped: ${ready.missing}`);

describe.skipIf(bin === "")("the Python client", () => {
  const folder = mkdtempSync(join(tmpdir(), "taskwire-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("holds mypy's strict rules", async () => {
    expect(trouble(await run(join(bin, "mypy"), ["--strict", "--cache-dir", join(folder, "mypy")]))).toBe("");
  }, RUN_LIMIT_MS);

  test("holds ruff's rules", async () => {
    expect(trouble(await run(join(bin, "ruff"), ["check", "--no-cache", "."]))).toBe("");
  }, RUN_LIMIT_MS);

  test("holds its own tests: fold and every history, publisher, producer, states", async () => {
    const ran = await run(join(bin, "python"), ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"], { env: { PYTHONPATH: join(CLIENT, "src") } });
    expect(trouble(ran)).toBe("");
    expect(Number(ran.output.match(/(\d+) passed/)?.[1] ?? 0)).toBeGreaterThan(40);
  }, RUN_LIMIT_MS);

  test("plays the cases that all clients play", async () => {
    const ran = await run(process.execPath, [join(import.meta.dir, "../conformance/main.ts"), "--client", "python"], { env: { TASKWIRE_PYTHON: join(bin, "python") } });
    expect(trouble(ran)).toBe("");
    expect(Number(ran.output.match(/^passed +(\d+)$/m)?.[1] ?? 0)).toBeGreaterThan(200);
  }, RUN_LIMIT_MS);

  test("works, steers and follows sets on a real service: workers and the service are killed, and what is followed is cut", async () => {
    const quick = { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_SWEEP_MS: "1000", TASKWIRE_LEADER_MS: "600" };
    const home = join(folder, "working");
    let service = await startService({ env: quick, home });
    let again: Promise<void> | null = null;
    const killed = async (): Promise<void> => {
      await service.kill();
      service = await startService({ env: quick, home, port: service.port });
    };
    await using proxy = await startProxy(service.port);
    let cuts = 0;
    const cutting = setInterval(() => void (cuts++ < CUTS && proxy.reset()), CUT_EVERY_MS);
    try {
      const env = { PYTHONPATH: join(CLIENT, "src"), TASKWIRE_TEST_URL: `http://127.0.0.1:${proxy.port}`, TASKWIRE_TEST_DIRECT_URL: service.url, TASKWIRE_TEST_TOKEN: await signUp(service.url) };
      const onOutput = (output: string): void => {
        if (output.includes("halfway")) again ??= killed();
      };
      const ran = await run(join(bin, "python"), ["-X", "dev", join(CLIENT, "tests/e2e/work.py")], { env, onOutput });
      expect(trouble(ran)).toBe("");
      expect(ran.output.split("\n").at(-1)).toBe("ok");
      expect(ran.output).not.toMatch(/Traceback|never retrieved|never awaited/);
      expect(again).not.toBeNull();
    } finally {
      clearInterval(cutting);
      await again;
      await service.stop();
    }
  }, RUN_LIMIT_MS + 30_000);

  describe("as a package", () => {
    const clean = join(folder, "clean");
    const python = join(clean, "bin/python");

    beforeAll(async () => {
      expect(trouble(await run(join(bin, "python"), ["-m", "build", "--no-isolation", "--outdir", join(folder, "dist")]))).toBe("");
    }, RUN_LIMIT_MS);

    test("is a wheel and a source package", () => {
      const names = readdirSync(join(folder, "dist")).map((name) => name.replace(/-\d.*?(?=-py3|\.tar)/, ""));
      expect(names.sort()).toEqual(["taskwire-py3-none-any.whl", "taskwire.tar.gz"]);
    });

    test("installs from the wheel into a clean environment, and works there against the service while connections are cut and the service is killed", async () => {
      expect(trouble(await run("python3", ["-m", "venv", clean]))).toBe("");
      const wheel = readdirSync(join(folder, "dist")).find((name) => name.endsWith(".whl")) ?? "";
      says("installing the wheel into a clean environment");
      const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-index", "--find-links", join(bin, "../wheels"), join(folder, "dist", wheel)];
      expect(trouble(await run(python, args, { limitMs: INSTALL_LIMIT_MS }))).toBe("");
      const listed = await run(python, ["-m", "pip", "list", "--disable-pip-version-check", "--format", "freeze"], { cwd: folder });
      expect(listed.output).not.toContain("pytest");
      const typed = "import taskwire, pathlib; assert (pathlib.Path(taskwire.__file__).parent / 'py.typed').exists(); print(taskwire.__file__.startswith(__import__('sys').prefix))";
      expect((await run(python, ["-c", typed], { cwd: folder })).output).toBe("True");

      const home = join(folder, "home");
      let service = await startService({ home });
      let again: Promise<void> | null = null;
      const killed = async (): Promise<void> => {
        await service.kill();
        service = await startService({ home, port: service.port });
      };
      await using proxy = await startProxy(service.port);
      let cuts = 0;
      const cutting = setInterval(() => void (cuts++ < CUTS && proxy.reset()), CUT_EVERY_MS);
      try {
        const env = { TASKWIRE_TEST_URL: `http://127.0.0.1:${proxy.port}`, TASKWIRE_TEST_DIRECT_URL: service.url, TASKWIRE_TEST_TOKEN: await signUp(service.url) };
        const onOutput = (output: string): void => {
          if (output.includes("halfway")) again ??= killed();
        };
        const ran = await run(python, ["-X", "dev", join(CLIENT, "tests/e2e/check.py")], { env, cwd: folder, onOutput });
        expect(trouble(ran)).toBe("");
        expect(again).not.toBeNull();
        expect(ran.output.split("\n").at(-1)).toBe("ok");
        expect(ran.output).toContain("task.completed");
        expect(ran.output).not.toContain("Traceback");
      } finally {
        clearInterval(cutting);
        await again;
        await service.stop();
      }
    }, INSTALL_LIMIT_MS + RUN_LIMIT_MS);
  });
});
