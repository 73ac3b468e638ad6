/** What is written down about the service's own nats-server, so that a later service finds it: its folder's files, for the owner only. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ProcessIdentity, commandOf, isRunning, startOf } from "./server-process.ts";

/**
 * How long acknowledged messages may wait until they are forced onto the disk. A killed process or broker loses nothing; a
 * power cut loses at most so much. Shorter costs throughput, `always` most of it.
 */
const SYNC_INTERVAL = "10s";

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface ServerState extends Login {
  readonly port: number;
  /** For trusted producers that write straight to the broker; null where the server that runs knows none. It stays from start to start. */
  readonly producer: Login | null;
  /** The running server; null from before it starts until it is known, and after it was ended. */
  readonly server: ProcessIdentity | null;
}

export interface ServerFolder {
  readonly folder: string;
  readonly configuration: string;
  readonly pidFile: string;
  readonly log: string;
}

/** The server's folder below the service's own, made where it is not there. */
export function openFolder(home: string): ServerFolder {
  const folder = resolve(home, "nats");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { folder, configuration: join(folder, "nats.conf"), pidFile: join(folder, "nats.pid"), log: join(folder, "nats.log") };
}

/** Writes a whole file or nothing, readable by its owner only. */
function writePrivately(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Writes down what a later service must know. */
export function writeState({ folder }: ServerFolder, state: ServerState): void {
  writePrivately(join(folder, "server.json"), `${JSON.stringify(state)}\n`);
}

const isLogin = (value: Partial<Login> | null | undefined): value is Login => typeof value?.user === "string" && typeof value.password === "string";

/** What was written down; null where there is nothing that can be understood. */
export function readState({ folder }: ServerFolder): ServerState | null {
  try {
    const { port, user, password, producer, server } = JSON.parse(readFileSync(join(folder, "server.json"), "utf8")) as Partial<ServerState>;
    if (typeof port !== "number" || typeof user !== "string" || typeof password !== "string") return null;
    return { port, user, password, producer: isLogin(producer) ? { user: producer.user, password: producer.password } : null, server: typeof server?.pid === "number" && typeof server.started === "string" ? server : null };
  } catch {
    return null;
  }
}

/** What a producer may publish, and under what its acknowledgements come: it sees nobody else's. */
const PRODUCER_SUBJECTS = "agent_progress.*";
const PRODUCER_INBOX = "_INBOX.producer";

/** Writes the server's configuration. */
export function writeConfiguration({ folder, configuration, pidFile, log }: ServerFolder, { port, user, password, producer }: ServerState): void {
  const text = (value: string): string => JSON.stringify(value);
  const users = [
    `{ user: ${text(user)}, password: ${text(password)} }`,
    ...(producer === null ? [] : [`{ user: ${text(producer.user)}, password: ${text(producer.password)}, permissions: { publish: [${text(PRODUCER_SUBJECTS)}], subscribe: [${text(`${PRODUCER_INBOX}.>`)}] } }`]),
  ];
  const lines = [
    "# Written by taskwire at every start; changes are lost.",
    "server_name: taskwire",
    `listen: ${text(`127.0.0.1:${port}`)}`,
    `authorization { users: [ ${users.join(", ")} ] }`,
    `jetstream { store_dir: ${text(join(folder, "data"))}, sync_interval: ${text(SYNC_INTERVAL)} }`,
    `pid_file: ${text(pidFile)}`,
    // Not to our own output: writing into the pipe of a service that was killed would end the server.
    `log_file: ${text(log)}`,
    "logfile_size_limit: 4MB",
    "logfile_max_num: 3",
  ];
  writePrivately(configuration, `${lines.join("\n")}\n`);
}

/**
 * The server that a killed service left behind in this folder; null where none runs. Known by number and start time, or,
 * where the service was killed before it wrote them down, by the server's own file and its command line.
 */
export function findLeftBehind({ configuration, pidFile }: ServerFolder, state: ServerState | null): ProcessIdentity | null {
  if (state?.server && isRunning(state.server)) return state.server;
  if (!existsSync(pidFile)) return null;
  const pid = Number(readFileSync(pidFile, "utf8").trim());
  const started = startOf(pid);
  return started !== null && commandOf(pid).includes(configuration) ? { pid, started } : null;
}

/** The last lines of the server's log, for an error message. */
export function lastLines({ log }: ServerFolder, count = 3): string {
  try {
    return readFileSync(log, "utf8").trimEnd().split("\n").slice(-count).map((line) => line.replace(/^\[\d+\] \S+ \S+ /, "")).join(" / ");
  } catch {
    return "it wrote no log";
  }
}
