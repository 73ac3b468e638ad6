/** The service's own nats-server: found or fetched, started on a loopback port, kept running, ended with the service. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Cancel, Environment } from "../domain/environment.ts";
import { hexOf } from "../domain/hex.ts";
import { obtainServer } from "./server-binary.ts";
import { OLDEST_SERVER, type Settings, compareVersions } from "./server-find.ts";
import { lockFolder } from "./server-lock.ts";
import { choosePort, probe } from "./server-probe.ts";
import { type ProcessIdentity, endProcess, isRunning, startOf } from "./server-process.ts";
import { type ServerFolder, type ServerState, findLeftBehind, lastLines, openFolder, readState, writeConfiguration, writeState } from "./server-state.ts";

/** How long a server may take until it answers: it recovers its data first. Milliseconds. */
const READY_LIMIT_MS = 60_000;
/** How long one that was left behind may take to answer before it is ended instead of taken over. Milliseconds. */
const ADOPT_LIMIT_MS = 3_000;
const PROBE_LIMIT_MS = 1_000;
const PROBE_PAUSE_MS = 20;

/** Between a server's end and its next start, doubling; short again after it ran for long enough. Milliseconds. */
const RESTART_MS = { min: 100, max: 5_000 };
const HEALTHY_MS = 30_000;

/** Ports that are tried before a start is given up. */
const PORT_ATTEMPTS = 3;

/** How often a server that is not our child is looked at. Milliseconds. */
const WATCH_MS = 250;

export interface ServerOptions {
  /** The service's state folder; the server's is `nats` in it. */
  readonly home: string;
  readonly environment: Environment;
  /** Receives a line for people whenever something that takes time begins or fails. */
  readonly progress: (line: string) => void;
  readonly settings?: Settings;
  /** Aborted: nobody wants it any more. One that is being fetched is fetched no further. */
  readonly signal?: AbortSignal;
}

export interface OwnServer {
  readonly url: string;
  readonly credentials: { readonly user: string; readonly password: string };
  readonly version: string;
  /** The running server's process id; changes when it is restarted, null in between. */
  readonly pid: number | null;
  /** Kills it at once, as a crash would, and keeps it away for so long before it is started again: to see what happens then. Milliseconds. */
  crash(awayMs: number): void;
  /** Ends the server, politely first, and lets the folder go. */
  stop(): Promise<void>;
}

function pause(environment: Environment, ms: number): Promise<void> {
  return new Promise((resolve) => void environment.clock.after(ms, resolve));
}

/** Waits until the server answers; throws with its own last words where it ends before, or takes too long. */
async function waitUntilReady(state: ServerState, folder: ServerFolder, ended: () => boolean, environment: Environment): Promise<string> {
  const limit = environment.clock.now() + READY_LIMIT_MS;
  for (;;) {
    const version = await probe(state.port, state, PROBE_LIMIT_MS);
    if (version !== null) return version;
    if (ended()) throw new Error(`nats-server ended before it was ready: ${lastLines(folder)}`);
    if (environment.clock.now() > limit) throw new Error(`nats-server was not ready after ${READY_LIMIT_MS / 1000} s: ${lastLines(folder)}`);
    await pause(environment, PROBE_PAUSE_MS);
  }
}

/** A server that a killed service left behind, if it answers with what was written down; one that does not is ended. */
async function adopt(folder: ServerFolder, environment: Environment): Promise<{ state: ServerState; server: ProcessIdentity; version: string } | null> {
  const state = readState(folder);
  const server = findLeftBehind(folder, state);
  if (!server) return null;
  const version = state && (await probe(state.port, state, ADOPT_LIMIT_MS));
  if (state && version && compareVersions(version, OLDEST_SERVER) >= 0) {
    environment.journal.info("broker_adopted", "took over the nats-server that an earlier service left behind", { pid: server.pid });
    return { state: { ...state, server }, server, version };
  }
  environment.journal.warn("broker_replaced", "an earlier service left a nats-server behind that does not answer; it is ended", { pid: server.pid });
  await endProcess(server, environment.clock);
  return null;
}

/** Keeps one server running on one port. */
class Supervisor {
  readonly #folder: ServerFolder;
  readonly #environment: Environment;
  readonly #binary: () => Promise<string>;
  #state: ServerState;
  #stopping = false;
  #cancel: Cancel = () => {};
  #failures = 0;
  #restarting: Promise<void> | null = null;
  #awayMs = 0;

  constructor(folder: ServerFolder, state: ServerState, environment: Environment, binary: () => Promise<string>) {
    this.#folder = folder;
    this.#state = state;
    this.#environment = environment;
    this.#binary = binary;
  }

  get pid(): number | null {
    return this.#state.server?.pid ?? null;
  }

  /** Starts a server and waits until it answers; answers its version. */
  async start(): Promise<string> {
    const path = await this.#binary();
    // Port and password are written down before there is a process, so that one started by a service killed right now is found.
    this.#write(null);
    writeConfiguration(this.#folder, this.#state);
    // A group of its own: Ctrl-C in a terminal is for the service, which ends its server when it has drained.
    const child = spawn(path, ["-c", this.#folder.configuration], { stdio: "ignore", detached: true });
    const ending = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
    });
    let ended = false;
    void ending.then(() => void (ended = true));
    const server = identify(child);
    if (server) this.#write(server);
    try {
      const version = await waitUntilReady(this.#state, this.#folder, () => ended || this.#stopping, this.#environment);
      const began = this.#environment.clock.now();
      void ending.then((reason) => this.#ended(reason, began));
      return version;
    } catch (error) {
      if (server) await endProcess(server, this.#environment.clock);
      this.#write(null);
      throw error;
    }
  }

  /** Looks after a server that is not our child. */
  watch(server: ProcessIdentity): void {
    const began = this.#environment.clock.now();
    const look = (): void => {
      if (isRunning(server)) this.#cancel = this.#environment.clock.after(WATCH_MS, look);
      else this.#ended("an unknown reason", began);
    };
    look();
  }

  crash(awayMs: number): void {
    const server = this.#state.server;
    if (server === null || !isRunning(server)) return;
    this.#awayMs = awayMs;
    process.kill(server.pid, "SIGKILL");
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancel();
    await this.#restarting;
    if (this.#state.server) await endProcess(this.#state.server, this.#environment.clock);
    this.#write(null);
  }

  #write(server: ProcessIdentity | null): void {
    this.#state = { ...this.#state, server };
    writeState(this.#folder, this.#state);
  }

  #ended(reason: string, began: number): void {
    if (this.#stopping) return;
    if (this.#environment.clock.now() - began > HEALTHY_MS) this.#failures = 0;
    this.#environment.journal.error("broker_ended", `nats-server ended (${reason}); it is started again`, { pid: this.pid, last_words: lastLines(this.#folder, 1) });
    this.#write(null);
    this.#again();
  }

  #again(): void {
    const wait = Math.max(this.#awayMs, Math.min(RESTART_MS.max, RESTART_MS.min * 2 ** this.#failures++));
    this.#awayMs = 0;
    this.#cancel = this.#environment.clock.after(wait, () => {
      this.#restarting = this.start()
        .then(() => this.#environment.journal.info("broker_restarted", "nats-server runs again", { pid: this.pid }))
        .catch((error: unknown) => {
          this.#environment.journal.error("broker_not_restarted", error instanceof Error ? error.message : String(error));
          if (!this.#stopping) this.#again();
        });
    });
  }
}

function identify({ pid }: ChildProcess): ProcessIdentity | null {
  const started = pid === undefined ? null : startOf(pid);
  return pid === undefined || started === null ? null : { pid, started };
}

function randomText(environment: Environment): string {
  return hexOf(environment.random.bytes(24));
}

/** Starts a server where producers found the last one; on another port where somebody took that. */
async function startAnew(folder: ServerFolder, environment: Environment, binary: () => Promise<string>): Promise<{ supervisor: Supervisor; state: ServerState; version: string }> {
  const last = readState(folder);
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && last !== null ? last.port : await choosePort(() => environment.random.fraction());
    const state = { port, user: "taskwire", password: randomText(environment), producer: last?.producer ?? { user: "producer", password: randomText(environment) }, server: null };
    const supervisor = new Supervisor(folder, state, environment, binary);
    try {
      return { supervisor, state, version: await supervisor.start() };
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !(error instanceof Error && /address already in use/.test(error.message))) throw error;
    }
  }
}

/**
 * Runs a nats-server of our own on `home`: takes over the one that a killed service left behind, else finds or fetches the
 * program and starts it. Throws `FolderInUse`, `NoServerFound`, or an error with the server's last words.
 */
export async function ensureServer({ home, environment, progress, settings = process.env, signal }: ServerOptions): Promise<OwnServer> {
  const folder = openFolder(home);
  const unlock = lockFolder(folder.folder, home);
  try {
    const binary = async (): Promise<string> => (await obtainServer({ progress, settings, signal })).path;
    const left = await adopt(folder, environment);
    const { supervisor, state, version } = left
      ? { ...left, supervisor: new Supervisor(folder, left.state, environment, binary) }
      : await startAnew(folder, environment, binary);
    if (left) supervisor.watch(left.server);
    return {
      url: `nats://127.0.0.1:${state.port}`,
      credentials: { user: state.user, password: state.password },
      version,
      get pid() {
        return supervisor.pid;
      },
      crash: (awayMs) => supervisor.crash(awayMs),
      async stop() {
        await supervisor.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}
