/** Real nats-servers for tests: own port, own folder, ended by their own pid. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtainServer } from "../../src/log/server-binary.ts";
import { until } from "./until.ts";

/** How long a server may take until it says that it is ready. Milliseconds. */
const READY_LIMIT_MS = 15_000;

/** Below the range from which systems take the ports of outgoing connections, so that a server finds its port again. */
const PORTS = { from: 15_000, to: 31_000 };

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface NatsOptions {
  /** A server of this address is expected to want a name and a password. Default true. */
  readonly authenticated?: boolean;
  /** Default true; a text: further settings of it, such as `max_file: 24MB`. */
  readonly jetstream?: boolean | string;
  /** Lines added to the server's configuration file. */
  readonly config?: string;
  /** A folder that outlives the server; without it a new one, removed at the end. */
  readonly folder?: string;
}

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly credentials: Credentials | undefined;
  readonly folder: string;
  /** The running process's id; null while it is down. */
  readonly pid: number | null;
  /** SIGKILL, and wait. The folder stays. */
  kill(): Promise<void>;
  /** Starts again on the same port and folder, after `kill` or instead of it. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** What it has printed. */
  output(): string;
}

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

let binary: Promise<string> | undefined;

/** The program's path: where the service would find it, fetched once where it is nowhere. */
export function natsServerPath(): Promise<string> {
  binary ??= obtainServer({ progress: () => {} }).then(({ path }) => path);
  return binary;
}

/** A port of the loopback address on which nobody listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

interface Launch {
  readonly path: string;
  readonly port: number;
  readonly folder: string;
  readonly configuration: string;
  readonly credentials: Credentials | undefined;
  readonly removeFolder: boolean;
}

async function launch({ path, port, folder, configuration, credentials, removeFolder }: Launch): Promise<NatsServer> {
  const file = join(folder, "nats.conf");
  writeFileSync(file, configuration, { mode: 0o600 });
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let printed = "";

  async function start(): Promise<void> {
    const started = spawn(path, ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
    let own = "";
    child = started;
    running.add(started);
    started.stderr?.on("data", (chunk) => ((own += chunk), (printed += chunk)));
    ended = new Promise((resolve) => started.once("close", () => (running.delete(started), (child = null), resolve())));
    await until("nats-server is ready", READY_LIMIT_MS, () => {
      if (started.exitCode !== null) throw new Error(`nats-server ended before it was ready:\n${own}`);
      return own.includes("Server is ready");
    });
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    child?.kill(signal);
    await ended;
  }
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    credentials,
    folder,
    get pid() {
      return child?.pid ?? null;
    },
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGKILL");
      await start();
    },
    stop: () => end("SIGKILL"),
    output: () => printed,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      if (removeFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function account(credentials: Credentials | undefined): string {
  return credentials ? `authorization { user: "${credentials.user}", password: "${credentials.password}" }` : "";
}

/** One server with JetStream, its data in a folder of its own. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "taskwire-nats-"));
  const port = await freePort();
  const credentials = options.authenticated === false ? undefined : { user: "taskwire", password: crypto.randomUUID() };
  const configuration = [`listen: "127.0.0.1:${port}"`, options.jetstream === false ? "" : `jetstream { store_dir: "${join(folder, "store")}"${typeof options.jetstream === "string" ? `, ${options.jetstream}` : ""} }`, account(credentials), options.config ?? ""].join("\n");
  return launch({ path: await natsServerPath(), port, folder, configuration, credentials, removeFolder: options.folder === undefined });
}

export interface NatsCluster extends AsyncDisposable {
  /** All addresses, separated by commas. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly nodes: readonly NatsServer[];
  /** The node with this server name, as a stream's information names its leader. */
  named(name: string): NatsServer;
  stop(): Promise<void>;
}

/** A cluster on the loopback address, its routes complete. Servers are named n1, n2, … */
export async function startCluster(size = 3): Promise<NatsCluster> {
  const folder = mkdtempSync(join(tmpdir(), "taskwire-cluster-"));
  const path = await natsServerPath();
  const credentials = { user: "taskwire", password: crypto.randomUUID() };
  const ports: { client: number; route: number }[] = [];
  while (ports.length < size) ports.push({ client: await freePort(), route: await freePort() });
  const routes = ports.map(({ route }) => `"nats://127.0.0.1:${route}"`).join(", ");
  const nodes = await Promise.all(
    ports.map(({ client, route }, at) => {
      const own = mkdtempSync(join(folder, "node-"));
      const configuration = [
        `server_name: n${at + 1}`,
        `listen: "127.0.0.1:${client}"`,
        `jetstream { store_dir: "${join(own, "store")}" }`,
        account(credentials),
        `cluster { name: taskwire, listen: "127.0.0.1:${route}", routes: [${routes}] }`,
      ].join("\n");
      return launch({ path, port: client, folder: own, configuration, credentials, removeFolder: true });
    }),
  );
  await until("the cluster has a leader", READY_LIMIT_MS, () => nodes.some((node) => node.output().includes("JetStream cluster new metadata leader")));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  return {
    url: nodes.map(({ url }) => url).join(","),
    credentials,
    nodes,
    named(name) {
      const found = nodes[Number(name.slice(1)) - 1];
      if (!found) throw new Error(`no node is named ${name}`);
      return found;
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
