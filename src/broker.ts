/** Gets the store: on the broker that the settings name, or on a nats-server of the service's own. Waits while it is away. */
import type { Config } from "./config.ts";
import type { Cancel, Clock, Environment } from "./domain/environment.ts";
import type { Meter } from "./domain/meter.ts";
import { openJetStream } from "./log/jetstream.ts";
import { LogUnavailable, type Store } from "./log/port.ts";
import { type OwnServer, ensureServer } from "./log/server.ts";

/** Between attempts to open the log of a broker that is away. Milliseconds. */
const PAUSE_MS = 500;
/** An attempt may take half a minute; so often it is asked whether anybody still wants it. Milliseconds. */
const LOOK_MS = 100;

export interface OpenBroker {
  readonly store: Store;
  /** Kills the service's own nats-server, which comes back after so long; null where somebody else runs it. Milliseconds. */
  readonly crash: ((awayMs: number) => void) | null;
  /** Closes the store, then ends the service's own nats-server where there is one. */
  close(): Promise<void>;
}

export interface BrokerOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly meter: Meter;
  /** Told what is being waited for, in words for a person. */
  readonly waitFor: (what: string) => void;
  /** True once nobody wants the store any more. */
  readonly givenUp: () => boolean;
}

/** Answers null where it was given up. Throws with what to do where no broker can be had, or it is unfit. */
export async function openBroker(options: BrokerOptions): Promise<OpenBroker | null> {
  const { config, environment, waitFor } = options;
  const { journal } = environment;
  if (config.natsUrls !== null) {
    const store = await openPatiently(options, config.natsUrls.join(","));
    return store === null ? null : { store, crash: null, close: () => store.close() };
  }
  waitFor("nats-server is being started");
  const server = await ensurePatiently(options);
  if (server === null) return null;
  try {
    journal.info("broker_ready", `nats-server ${server.version} runs`, { pid: server.pid });
    const store = await openPatiently(options, server.url, server.credentials);
    if (store !== null) return { store, crash: server.crash, close: async () => (await store.close(), await server.stop()) };
    await server.stop();
    return null;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The service's own nats-server; null where nobody wants it any more before there is a program to run: fetching it can take minutes. */
async function ensurePatiently({ config, environment, givenUp }: BrokerOptions): Promise<OwnServer | null> {
  const { clock, journal } = environment;
  const nobody = new AbortController();
  let stop: Cancel = () => {};
  const look = (): void => (givenUp() ? nobody.abort() : void (stop = clock.after(LOOK_MS, look)));
  look();
  try {
    return await ensureServer({ home: config.home, environment, progress: (line) => journal.info("broker", line), signal: nobody.signal });
  } catch (error) {
    if (givenUp()) return null;
    throw error;
  } finally {
    stop();
  }
}

/** A broker that is away is waited for, however long; one that is unfit is an error. */
async function openPatiently({ config, environment, meter, waitFor, givenUp }: BrokerOptions, servers: string, credentials?: { user: string; password: string }): Promise<Store | null> {
  waitFor("the broker has not answered yet");
  while (!givenUp()) {
    try {
      return await unlessGivenUp(openJetStream({ servers, credentials, replicas: config.replicas, environment, limits: config.limits, meter }), givenUp, environment.clock);
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      waitFor(error.message);
      environment.journal.warn("broker_away", `${error.message}; trying on`);
      await new Promise<void>((resolve) => void environment.clock.after(PAUSE_MS, resolve));
    }
  }
  return null;
}

/** What an attempt leads to; null as soon as nobody wants it any more, and what it may still bring is closed again. */
async function unlessGivenUp(attempt: Promise<Store>, givenUp: () => boolean, clock: Clock): Promise<Store | null> {
  let stop: Cancel = () => {};
  const nobody = new Promise<null>((resolve) => {
    const look = (): void => (givenUp() ? resolve(null) : void (stop = clock.after(LOOK_MS, look)));
    look();
  });
  const store = await Promise.race([attempt, nobody]).finally(() => stop());
  if (store === null) void attempt.then((late) => late.close(), () => {});
  return store;
}
