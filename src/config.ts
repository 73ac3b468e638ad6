/** The environment's settings, judged once at the start: either a frozen `Config`, or every mistake at once. */
import { readStages, type StageTable, USUAL_STAGES } from "./dialects/data-questions-stages.ts";
import { DIALECT_NAMES, type DialectName, OPEN_FORMS } from "./dialects/names.ts";
import { LIMITS, type LimitSet } from "./limits.ts";

/** Who signs the tokens that the service accepts. */
export type AuthConfig =
  | { readonly kind: "development" }
  | { readonly kind: "jwks"; readonly url: string; readonly issuer: string; readonly audience: string }
  | { readonly kind: "secret"; readonly secret: string; readonly issuer: string; readonly audience: string };

/** Which other protocols are spoken, and which of them to callers without a token. */
export interface DialectConfig {
  readonly on: ReadonlySet<string>;
  readonly open: ReadonlySet<string>;
  /** Which of the workers' names are which stage of a data question. */
  readonly stages: StageTable;
}

export type Level = "debug" | "info" | "warn" | "error";

export interface Config {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Servers of a broker that somebody else runs; null: the service runs its own. */
  readonly natsUrls: readonly string[] | null;
  /** The state folder. */
  readonly home: string;
  readonly auth: AuthConfig;
  /** Origins of pages that may connect, besides the service's own. `*`: all. */
  readonly origins: readonly string[];
  readonly replicas: 1 | 3 | 5;
  /** The kinds of tasks that workers may lease; null: any. */
  readonly kinds: ReadonlySet<string> | null;
  readonly dialects: DialectConfig;
  readonly logFormat: "json" | "pretty";
  readonly logLevel: Level;
  readonly limits: LimitSet;
  /** Settings that begin like ours and are none: perhaps misspelt, so the journal names them. */
  readonly unknown: readonly string[];
}

/** Settings that do not make sense; the message names each, what was expected, and an example. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`${problems.length === 1 ? "A setting is" : `${problems.length} settings are`} wrong:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
    this.problems = problems;
  }
}

type Settings = Readonly<Record<string, string | undefined>>;

/** What is not in the environment: where a user's home is, and whether somebody reads along. */
export interface Surroundings {
  readonly homeFolder: string;
  readonly terminal: boolean;
}

/** Settings that begin with TASKWIRE_ and are no limit. Those of the command line are here so that one shell can serve both. */
const KNOWN = [
  "TASKWIRE_HOME", "TASKWIRE_JWKS_URL", "TASKWIRE_JWT_SECRET", "TASKWIRE_ISSUER", "TASKWIRE_AUDIENCE", "TASKWIRE_ORIGINS",
  "TASKWIRE_REPLICAS", "TASKWIRE_KINDS", "TASKWIRE_DIALECTS", "TASKWIRE_DATA_QUESTIONS_STAGES", "TASKWIRE_LOG", "TASKWIRE_LOG_LEVEL", "TASKWIRE_URL", "TASKWIRE_TOKEN", "TASKWIRE_TASK_ID",
] as const;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i;
const SECRET_BYTES = 32;
/** A limit may be set from a hundredth to a hundred times its default: beyond that it is a slip of the keyboard. */
const LIMIT_RANGE = 100;
/** What other parts rely on: iOS drops a socket at 1 MiB messages, a wait into a proxy's patience. */
const LIMIT_CEILINGS: Partial<Record<keyof LimitSet, number>> = {
  eventBytes: 256 * 1024,
  requestBytes: 512 * 1024,
  frameBytes: 1024 * 1024,
  replayedBytes: 512 * 1024,
  snapshotBytes: 512 * 1024,
  pageEvents: 10_000,
  pageTasks: 1_000,
  longPollSeconds: 120,
  stateBytes: 64 * 1024,
};

/** Bounds whose default is for whoever tries it out; where strangers come they are set far lower. */
const LIMIT_FLOORS: Partial<Record<keyof LimitSet, number>> = {
  userConnections: 1,
  addressConnections: 1,
  connectionFramesPerSecond: 1,
  userAppendsPerSecond: 1,
  taskAppendsPerSecond: 1,
  userCommandsPerSecond: 1,
  userOpenTasks: 1,
};

/** The name of a limit's setting: `eventBytes` is `TASKWIRE_EVENT_BYTES`. */
export function limitSetting(name: string): string {
  return `TASKWIRE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Is this the machine's own address, out of reach for others? */
function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

class Reader {
  readonly #settings: Settings;
  readonly problems: string[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The value without surrounding blanks; null where it is absent or empty. */
  text(name: string): string | null {
    const value = this.#settings[name]?.trim();
    return value ? value : null;
  }

  refuse(name: string, expected: string, example: string, secret = false): void {
    this.problems.push(`${name} is ${secret ? "set to something else" : `"${this.text(name) ?? ""}"`}; expected ${expected}, such as ${name}=${example}`);
  }

  whole(name: string, fallback: number, least: number, most: number, example = String(fallback)): number {
    const text = this.text(name);
    if (text === null) return fallback;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    this.refuse(name, `a whole number from ${least} to ${most}`, example);
    return fallback;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === null) return fallback;
    const found = allowed.find((value) => value === text);
    if (found === undefined) this.refuse(name, `one of ${allowed.join(", ")}`, fallback);
    return found ?? fallback;
  }

  url(name: string, schemes: readonly string[], example: string): string | null {
    const text = this.text(name);
    if (text === null) return null;
    if (URL.canParse(text) && schemes.includes(new URL(text).protocol)) return text;
    this.refuse(name, `an address that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`, example);
    return null;
  }

  list(name: string): string[] {
    return (this.text(name) ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
  }
}

function readBroker(read: Reader): readonly string[] | null {
  const urls = read.list("NATS_URL");
  const good = urls.every((url) => /^((nats|tls|ws|wss):\/\/)?[^\s/:,]+(:[^\s/,]*@[^\s/:,]+)?(:\d{1,5})?$|^((nats|tls|ws|wss):\/\/)?\[[0-9a-f:]+\](:\d{1,5})?$/i.test(url) || (URL.canParse(url) && /^(nats|tls|wss?):$/.test(new URL(url).protocol)));
  if (!good) read.refuse("NATS_URL", "addresses of NATS servers with commas in between", "nats://127.0.0.1:4222");
  return urls.length > 0 ? urls : null;
}

function readKinds(read: Reader): ReadonlySet<string> | null {
  const kinds = read.list("TASKWIRE_KINDS");
  if (!kinds.every((kind) => /^[A-Za-z0-9_-]{1,64}$/.test(kind))) read.refuse("TASKWIRE_KINDS", "kinds of 1 to 64 characters of A-Z a-z 0-9 _ - with commas in between", "build,research");
  return kinds.length > 0 ? new Set(kinds) : null;
}

/** In development all are on and open; where real users come, only what was named, and open only what was named as that. */
function readDialects(read: Reader, auth: AuthConfig): DialectConfig {
  const names = read.list("TASKWIRE_DIALECTS");
  const stages = readStageTable(read);
  if (names.length === 0 && auth.kind === "development") return { on: new Set(DIALECT_NAMES), open: OPEN_FORMS, stages };
  const known = new Set<string>([...DIALECT_NAMES, ...[...OPEN_FORMS].map((name) => `${name}:open`), "none"]);
  if (!names.every((name) => known.has(name))) read.refuse("TASKWIRE_DIALECTS", `any of ${[...known].join(", ")} with commas in between`, "agent-progress:open,orchestration");
  return { on: new Set(names.map((name) => name.replace(/:open$/, "") as DialectName)), open: new Set(names.filter((name) => name.endsWith(":open")).map((name) => name.slice(0, -":open".length))), stages };
}

function readStageTable(read: Reader): StageTable {
  const text = read.text("TASKWIRE_DATA_QUESTIONS_STAGES");
  const table = text === null ? USUAL_STAGES : readStages(text);
  if (typeof table !== "string") return table;
  read.problems.push(`TASKWIRE_DATA_QUESTIONS_STAGES cannot be read: ${table}`);
  return USUAL_STAGES;
}

function readOrigins(read: Reader): readonly string[] {
  const origins = read.list("TASKWIRE_ORIGINS");
  const good = origins.every((origin) => origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin));
  if (!good) read.refuse("TASKWIRE_ORIGINS", "origins (scheme, host and port, nothing behind them) with commas in between, or *", "https://app.example.com,https://admin.example.com");
  return origins;
}

function readAuth(read: Reader, host: string): AuthConfig {
  const url = read.url("TASKWIRE_JWKS_URL", ["https:", "http:"], "https://login.example.com/.well-known/jwks.json");
  const secret = read.text("TASKWIRE_JWT_SECRET");
  const issuer = read.text("TASKWIRE_ISSUER");
  const audience = read.text("TASKWIRE_AUDIENCE");
  if (secret === null && read.text("TASKWIRE_JWKS_URL") === null) {
    for (const name of ["TASKWIRE_ISSUER", "TASKWIRE_AUDIENCE"]) {
      if (read.text(name)) read.problems.push(`${name} is set, but nothing says how tokens are verified; set TASKWIRE_JWKS_URL or TASKWIRE_JWT_SECRET too, or neither (development issuer)`);
    }
    if (!isLoopback(host)) {
      read.problems.push(`HOST is "${host}", which others can reach, and nothing says whose tokens are good; set TASKWIRE_JWKS_URL (or TASKWIRE_JWT_SECRET), TASKWIRE_ISSUER and TASKWIRE_AUDIENCE, or stay on HOST=127.0.0.1`);
    }
    return { kind: "development" };
  }
  if (secret !== null && read.text("TASKWIRE_JWKS_URL") !== null) read.problems.push("TASKWIRE_JWKS_URL and TASKWIRE_JWT_SECRET are both set; expected one of them");
  if (secret !== null && new TextEncoder().encode(secret).length < SECRET_BYTES) {
    read.refuse("TASKWIRE_JWT_SECRET", `at least ${SECRET_BYTES} bytes that nobody can guess`, "$(openssl rand -base64 48)", true);
  }
  for (const [name, value, example] of [["TASKWIRE_ISSUER", issuer, "https://login.example.com/"], ["TASKWIRE_AUDIENCE", audience, "taskwire"]] as const) {
    if (value === null) read.problems.push(`${name} is not set; expected the value that every token must carry, such as ${name}=${example}`);
  }
  const both = { issuer: issuer ?? "", audience: audience ?? "" };
  return url !== null ? { kind: "jwks", url, ...both } : { kind: "secret", secret: secret ?? "", ...both };
}

function readLimits(read: Reader): LimitSet {
  const names = Object.keys(LIMITS) as (keyof LimitSet)[];
  const entries = names.map((name) => {
    const fallback = LIMITS[name];
    const most = Math.min(fallback * LIMIT_RANGE, LIMIT_CEILINGS[name] ?? Number.MAX_SAFE_INTEGER);
    return [name, read.whole(limitSetting(name), fallback, LIMIT_FLOORS[name] ?? Math.max(1, Math.floor(fallback / LIMIT_RANGE)), most)];
  });
  const limits = Object.fromEntries(entries) as LimitSet;
  const relation = (low: keyof LimitSet, high: keyof LimitSet): void => {
    if (limits[low] > limits[high]) read.problems.push(`${limitSetting(low)} is ${limits[low]}, more than ${limitSetting(high)} (${limits[high]}); expected at most that`);
  };
  relation("eventBytes", "requestBytes");
  relation("requestBytes", "frameBytes");
  relation("appendBackoffMinMs", "appendBackoffMaxMs");
  relation("pageEventsDefault", "pageEvents");
  relation("pageTasksDefault", "pageTasks");
  relation("grantMs", "grantMostMs");
  return Object.freeze(limits);
}

function unknownSettings(settings: Settings): string[] {
  const known = new Set<string>([...KNOWN, ...Object.keys(LIMITS).map(limitSetting)]);
  return Object.keys(settings).filter((name) => name.startsWith("TASKWIRE_") && !known.has(name));
}

/**
 * Reads all settings.
 * @param settings the process's environment
 * @throws ConfigError with every mistake, each with what was expected and an example
 */
export function readConfig(settings: Settings, surroundings: Surroundings): Config {
  const read = new Reader(settings);
  const host = read.text("HOST") ?? "127.0.0.1";
  if (/[\s/]|:\d+$/.test(host) && !isLoopback(host) && !/^[0-9a-f:]+$/i.test(host)) read.refuse("HOST", "a name or an address without a port", "127.0.0.1");
  const state = read.text("XDG_STATE_HOME") ?? `${surroundings.homeFolder}/.local/state`;
  const home = read.text("TASKWIRE_HOME") ?? `${state}/taskwire`;
  if (!home.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(home)) read.refuse("TASKWIRE_HOME", "an absolute path of a folder", "/var/lib/taskwire");
  const auth = readAuth(read, host);
  const config: Config = {
    host,
    port: read.whole("PORT", 8080, 0, 65_535),
    natsUrls: readBroker(read),
    home,
    auth,
    dialects: readDialects(read, auth),
    origins: Object.freeze(readOrigins(read)),
    kinds: readKinds(read),
    replicas: Number(read.oneOf("TASKWIRE_REPLICAS", ["1", "3", "5"], "1")) as 1 | 3 | 5,
    logFormat: read.oneOf("TASKWIRE_LOG", ["json", "pretty"], surroundings.terminal ? "pretty" : "json"),
    logLevel: read.oneOf("TASKWIRE_LOG_LEVEL", ["debug", "info", "warn", "error"], "info"),
    limits: readLimits(read),
    unknown: Object.freeze(unknownSettings(settings)),
  };
  if (config.replicas > 1 && config.natsUrls === null) read.problems.push(`TASKWIRE_REPLICAS is ${config.replicas}, but the service's own broker is a single server; set NATS_URL to a cluster, or TASKWIRE_REPLICAS=1`);
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return Object.freeze(config);
}
