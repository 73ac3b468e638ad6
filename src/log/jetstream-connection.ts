/** The connection to NATS: made, watched, and kept for ever; requests that say what became of them. */
import { type ConnectionOptions, type MsgHdrs, type NatsConnection, connect, errors } from "@nats-io/transport-node";
import type { Cancel, Environment } from "../domain/environment.ts";
import type { Meter } from "../domain/meter.ts";
import { type Answer, createRequests } from "./jetstream-requests.ts";
import { LogUnavailable } from "./port.ts";

/** The oldest nats-server that has batched direct get. */
const OLDEST_SERVER = { major: 2, minor: 11 };

/** Longest wait for an answer. In-flight requests of a dead connection end by nothing else, so it is short. Milliseconds. */
export const REQUEST_LIMIT_MS = 1_000;

/** How long the first connection is tried for, and how long one attempt may take. Milliseconds. */
const OPEN_LIMIT_MS = 15_000;
const DIAL_LIMIT_MS = 3_000;

/** A connection that swallows everything is given up after three of these. Milliseconds. */
const PING_MS = 1_000;

/** Between attempts to connect: from short to long, with chance, so that a broker that comes back is not stormed. Milliseconds. */
const RECONNECT_MS = { min: 50, max: 1_000 };

/** Body and headers of the largest batch fit into this beside the request's own bytes. */
const HEADROOM_BYTES = 128 * 1024;

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface ConnectSettings {
  /** One address or several separated by commas: `nats://[user:password@]host:port`, or `tls://…`. */
  readonly servers: string;
  readonly credentials?: Credentials | undefined;
  readonly environment: Environment;
  readonly meter: Meter;
  /** The largest body that will be published. Bytes. */
  readonly largestBody: number;
}

export interface Broker {
  readonly nats: NatsConnection;
  readonly connected: boolean;
  onConnection(listener: (connected: boolean) => void): Cancel;
  /** Sends and waits for the answer. Nothing is sent while there is no connection: the client would discard it without a word. */
  ask(subject: string, payload: Uint8Array | string, headers?: MsgHdrs): Promise<Answer>;
  close(): Promise<void>;
}

/** Takes an address list apart. Names and passwords in addresses count where none are given beside them. Throws a `RangeError`. */
function parseServers(servers: string, credentials?: Credentials): Pick<ConnectionOptions, "servers" | "user" | "pass" | "tls"> {
  const addresses = servers.split(",").map((address) => address.trim()).filter((address) => address !== "").map((address) => (address.includes("://") ? address : `nats://${address}`));
  const urls = addresses.map((address) => (URL.canParse(address) ? new URL(address) : null));
  if (urls.length === 0 || urls.some((url) => url === null || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "")) {
    throw new RangeError("the broker's address is not understood: expected nats://host:port or tls://host:port, several separated by commas");
  }
  const known = urls.filter((url) => url !== null);
  const named = known.find((url) => url.username !== "");
  const own = credentials ?? (named ? { user: decodeURIComponent(named.username), password: decodeURIComponent(named.password) } : undefined);
  return {
    servers: known.map((url) => `${url.hostname}:${url.port || 4222}`),
    ...(own ? { user: own.user, pass: own.password } : {}),
    ...(known.some((url) => url.protocol === "tls:") ? { tls: {} } : {}),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function firstConnection(options: ConnectionOptions, { clock }: Environment): Promise<NatsConnection> {
  const end = clock.now() + OPEN_LIMIT_MS;
  for (;;) {
    try {
      return await connect(options);
    } catch (error) {
      if (error instanceof errors.AuthorizationError) {
        throw new Error("the broker refuses our name and password: check the user and password in the broker's address");
      }
      if (clock.now() > end) throw new LogUnavailable(`no broker answers at ${String(options.servers)} (${reasonOf(error)}): start nats-server there, or correct its address`);
      await new Promise<void>((resolve) => void clock.after(RECONNECT_MS.min * 4, resolve));
    }
  }
}

/** Says what an unfit server lacks; null for one that will do. */
function unfit(nats: NatsConnection, largestBody: number): string | null {
  const version = nats.info?.version ?? "unknown";
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  if (!(major > OLDEST_SERVER.major || (major === OLDEST_SERVER.major && minor >= OLDEST_SERVER.minor))) {
    return `the broker is nats-server ${version}; ${OLDEST_SERVER.major}.${OLDEST_SERVER.minor} or newer is needed: upgrade it`;
  }
  if (!nats.info?.jetstream && !nats.info?.cluster) return "the broker's JetStream is off: start nats-server with -js, or enable it in its configuration";
  const needed = largestBody + HEADROOM_BYTES;
  const allowed = nats.info?.max_payload ?? 0;
  return allowed < needed ? `the broker takes messages of at most ${allowed} bytes; ${needed} are needed: raise its max_payload` : null;
}

/** Connects, and stays connected: a lost connection is made anew for ever. Throws where no fit broker answers in time. */
export async function connectBroker({ servers, credentials, environment, meter, largestBody }: ConnectSettings): Promise<Broker> {
  const { clock, random, journal } = environment;
  let attempts = 0;
  const nats = await firstConnection(
    {
      ...parseServers(servers, credentials),
      name: "taskwire",
      timeout: DIAL_LIMIT_MS,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      pingInterval: PING_MS,
      maxPingOut: 2,
      noAsyncTraces: true,
      reconnectDelayHandler: () => {
        const wait = Math.min(RECONNECT_MS.max, RECONNECT_MS.min * 2 ** Math.min(attempts++ >> 1, 8));
        return wait * (0.5 + random.fraction() / 2);
      },
    },
    environment,
  );
  const fault = unfit(nats, largestBody);
  if (fault !== null) {
    await nats.close();
    throw new Error(fault);
  }

  const requests = createRequests(nats, clock, REQUEST_LIMIT_MS);
  let connected = true;
  meter.set("broker_connected", 1);
  let closing = false;
  const listeners = new Set<(connected: boolean) => void>();
  function change(now: boolean): void {
    if (now === connected) return;
    connected = now;
    meter.set("broker_connected", now ? 1 : 0);
    attempts = 0;
    if (!now) requests.abandon();
    if (!closing) {
      if (now) journal.info("broker_back", `connected to the broker again at ${nats.getServer()}`);
      else {
        meter.add("broker_losses");
        journal.warn("broker_lost", "the connection to the broker is lost; it is made anew");
      }
    }
    for (const listener of [...listeners]) listener(now);
  }
  void (async () => {
    for await (const status of nats.status()) {
      if (status.type === "disconnect" || status.type === "staleConnection" || status.type === "close") change(false);
      else if (status.type === "reconnect") change(true);
      else if (status.type === "error") journal.warn("broker_error", `the broker reports: ${status.error.message}`);
    }
  })();

  return {
    nats,
    get connected() {
      return connected;
    },
    onConnection(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ask: (subject, payload, headers) => (connected ? requests.ask(subject, payload, headers) : Promise.resolve({ kind: "refused" })),
    async close() {
      closing = true;
      listeners.clear();
      await nats.close();
      requests.abandon();
    },
  };
}
