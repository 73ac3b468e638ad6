/** What `compose.yaml` starts, as processes of this machine: the same configuration files, the same environment, other addresses. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Image, makeImage } from "./image.ts";
import { freePort, natsServerPath } from "./nats.ts";
import { until } from "./until.ts";

const ROOT = join(import.meta.dir, "../..");

/** How long any part of it may take until it is there, and until it has ended. Milliseconds. */
const READY_LIMIT_MS = 60_000;

export interface Member {
  readonly name: string;
  readonly port: number;
  /** The health check of `compose.yaml`; null where it needs a program that only the image has. */
  healthy(): Promise<boolean>;
  output(): string;
  start(): Promise<void>;
  /** SIGKILL, and wait. */
  kill(): Promise<void>;
  /** SIGTERM, and wait; answers the exit code. */
  stop(): Promise<number | null>;
}

export interface Composition extends AsyncDisposable {
  readonly brokers: readonly Member[];
  readonly services: readonly Member[];
  /** What is `/app` in the image. */
  readonly folder: string;
}

interface Declared {
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly image: string;
}

/** `compose.yaml` with the variables of an `.env` filled in. Throws where one that it requires is missing. */
export function composeText(settings: Readonly<Record<string, string>>): string {
  return readFileSync(join(ROOT, "compose.yaml"), "utf8").replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, text?: string) => {
    const value = settings[name];
    if (value) return value;
    if (kind === "?") throw new Error(`${name} is missing: ${text}`);
    return text ?? "";
  });
}

/** The services of `compose.yaml` by name. */
export function composeServices(settings: Readonly<Record<string, string>>): Readonly<Record<string, Declared>> {
  return (Bun.YAML.parse(composeText(settings)) as { services: Record<string, Declared> }).services;
}

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

interface Launch {
  readonly name: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly ready: (member: Member) => Promise<boolean>;
  readonly healthy: () => Promise<boolean>;
}

function member({ name, port, command: [program = "", ...args], environment, folder, ready, healthy }: Launch): Member {
  let child: ChildProcess | null = null;
  let code: number | null = null;
  let ended: Promise<void> = Promise.resolve();
  let printed = "";
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child?.kill(signal);
    await ended;
  };
  const self: Member = {
    name,
    port,
    healthy,
    output: () => printed,
    async start() {
      const started = spawn(program, args, { cwd: folder, env: { PATH: process.env.PATH, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
      child = started;
      running.add(started);
      for (const stream of [started.stdout, started.stderr]) stream?.on("data", (chunk) => (printed += chunk));
      ended = new Promise((resolve) => started.once("close", (exit) => (running.delete(started), (child = null), (code = exit), resolve())));
      await until(`${name} is ready`, READY_LIMIT_MS, () => {
        if (child === null) throw new Error(`${name} ended before it was ready:\n${printed}`);
        return ready(self);
      });
    },
    kill: () => end("SIGKILL"),
    async stop() {
      await end("SIGTERM");
      return code;
    },
  };
  return self;
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url).catch(() => null))?.ok ?? false;
}

/** Starts the brokers and the instances of `compose.yaml`; the image's own files are what the instances run. */
export async function startComposition(settings: Readonly<Record<string, string>>): Promise<Composition> {
  const declared = composeServices(settings);
  const folder = mkdtempSync(join(tmpdir(), "taskwire-compose-"));
  const image: Image = makeImage();
  const names = Object.keys(declared);
  const ports = new Map<string, string>();
  for (const name of names) for (const port of [4222, 6222, 8222, 8080]) ports.set(`${name}:${port}`, `127.0.0.1:${await freePort()}`);
  /** Its own addresses and those of the others, as they are here. */
  const here = (name: string, text: string): string =>
    [...ports].reduce((all, [from, to]) => all.replaceAll(from, to), text)
      .replace(/(0\.0\.0\.0|127\.0\.0\.1):(4222|6222|8222)\b/, (_, _host, port) => ports.get(`${name}:${port}`) as string)
      .replace("'/data'", `'${join(folder, name)}'`);
  const portOf = (name: string, port: number): number => Number(ports.get(`${name}:${port}`)?.split(":")[1]);
  const environmentOf = (name: string): Record<string, string> => Object.fromEntries(Object.entries(declared[name]?.environment ?? {}).map(([key, value]) => [key, here(name, value)]));

  const path = await natsServerPath();
  const brokers = names.filter((name) => name.startsWith("nats-")).map((name) => {
    mkdirSync(join(folder, name));
    const health = `http://127.0.0.1:${portOf(name, 8222)}/healthz?js-server-only=true`;
    return member({ name, port: portOf(name, 4222), command: [path, "--config", join(ROOT, "deploy/nats/nats.conf")], environment: environmentOf(name), folder, ready: () => answers(health), healthy: () => answers(health) });
  });
  const services = names.filter((name) => name.startsWith("taskwire-")).map((name) => {
    const port = portOf(name, 8080);
    const home = join(folder, name);
    mkdirSync(home);
    const environment = { ...image.environment, ...environmentOf(name), HOST: "127.0.0.1", PORT: String(port), TASKWIRE_HOME: home };
    const run = (command: readonly string[]): readonly string[] => command.map((word) => (word === "bun" ? process.execPath : word));
    const check = run((declared[name]?.healthcheck?.test ?? []).slice(1));
    const healthy = async (): Promise<boolean> => (await Bun.spawn([...check], { cwd: image.folder, env: environment, stdout: "ignore", stderr: "ignore" }).exited) === 0;
    return member({ name, port, command: run(image.entrypoint), environment, folder: image.folder, ready: async ({ output }) => output().includes("Taskwire is ready at"), healthy });
  });
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((each) => each.kill()));
    await Promise.all(brokers.map((each) => each.kill()));
    rmSync(folder, { recursive: true, force: true });
    image[Symbol.dispose]();
  };
  try {
    await Promise.all(brokers.map((each) => each.start()));
    await Promise.all(services.map((each) => each.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers, services, folder: image.folder, [Symbol.asyncDispose]: stop };
}
