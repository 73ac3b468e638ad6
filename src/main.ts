/** The composition root: what the service is made of, in the order in which it is made; it ends in the opposite one. */
import process from "node:process";
import { openBroker } from "./broker.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { createConnections } from "./delivery/connections.ts";
import { agentProgressInbox } from "./dialects/agent-progress-received.ts";
import { createArrivals } from "./feed/arrival.ts";
import { createHub } from "./feed/hub.ts";
import { Selector } from "./feed/selector.ts";
import { createApp } from "./http/app.ts";
import { appendFrame } from "./http/append.ts";
import { createAuthenticator } from "./http/auth.ts";
import { storedSecret } from "./http/digest.ts";
import { commandFrame } from "./http/commands.ts";
import { createGate } from "./http/gate.ts";
import { createInstances } from "./http/instances.ts";
import { createDevelopmentIssuer } from "./http/issuer.ts";
import { createLeaseTokens } from "./http/lease-token.ts";
import { createMetrics } from "./http/metrics.ts";
import { createRates } from "./http/rates.ts";
import { createReadiness } from "./http/readiness.ts";
import { createSharing } from "./http/sharing.ts";
import { createJournal } from "./journal.ts";
import type { Environment } from "./domain/environment.ts";
import { createHousekeeping } from "./log/housekeeping.ts";
import { createTaskIndex } from "./log/task-index.ts";
import { createWriter } from "./log/writer.ts";
import { clock, crash, keepLocalAccess, pageFile, realEnvironment, repositoryFile, repositoryFiles, stopSignal, surroundings } from "./runtime/host.ts";
import { listen } from "./runtime/listen.ts";
import { takeOver } from "./work/inbox.ts";
import { createWork } from "./work/work.ts";

export interface ServeOptions {
  /** Called when the service serves, after its ready line. */
  readonly onReady?: (url: string) => void;
}

/** How each part ends; the part that was made last ends first. */
type Ends = (() => unknown)[];

interface StartOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly ends: Ends;
  readonly givenUp: () => boolean;
}

/** Makes the service and opens its gate. Answers its address, or null where it was told to stop before. */
async function start({ config, environment, ends, givenUp }: StartOptions): Promise<string | null> {
  const { limits } = config;
  const { version } = JSON.parse(repositoryFile("package.json")) as { version: string };
  const gate = createGate(version);
  const metrics = createMetrics({ process: true });
  const server = await listen({ app: gate, hostname: config.host, port: config.port, limits });
  ends.push(() => server.stop());
  const broker = await openBroker({ config, environment, meter: metrics, waitFor: gate.waitFor, givenUp });
  if (broker === null) return null;
  const { store } = broker;
  ends.push(() => broker.close());
  const index = createTaskIndex({ store, environment, limits });
  ends.push(() => index.close());
  const writer = createWriter({ store, environment, limits, meter: metrics, index });
  ends.push(() => writer.close());
  const hub = createHub({ log: store.log, environment, limits, meter: metrics });
  ends.push(() => hub.close());
  const work = createWork({ store, writer, index, environment, limits, meter: metrics, kinds: config.kinds, inputs: async (taskId) => [...((await hub.view(taskId))?.view.inputs.values() ?? [])] });
  ends.push(() => work.close());
  if (config.dialects.on.has("agent-progress")) ends.push(await takeOver({ store, writer, environment, meter: metrics, leads: () => work.leads, ...agentProgressInbox }));
  const leaseTokens = createLeaseTokens(storedSecret(store.keys, "leases", environment.random));
  const secret = storedSecret(store.keys, "development-issuer", environment.random);
  const rates = createRates({ clock, limits });
  const sharing = createSharing({ store, environment, limits });
  const auth = createAuthenticator({ config: config.auth, clock, limits, developmentSecret: secret, grants: sharing.grants });
  const issuer = config.auth.kind === "development" ? createDevelopmentIssuer(store.keys, secret, environment) : null;
  const connections = createConnections({
    hub, environment, limits, meter: metrics, arrivals: createArrivals({ log: store.log, environment, limits, facts: (taskId) => writer.facts(taskId) }),
    selector: (request, sink) => new Selector(request, { log: store.log, hub, index, environment, facts: (taskId) => writer.facts(taskId) }, sink),
    authenticate: (token) => auth.verify(token), facts: (taskId) => writer.facts(taskId), logConnected: () => store.log.connected,
    append: appendFrame({ writer, limits, leases: work.leases, leaseTokens, rates }), command: commandFrame({ writer, hub, metrics, rates }),
  });
  const instances = createInstances({ peers: store.peers, connections, environment, version, leads: () => work.leads });
  const housekeeping = createHousekeeping({ store, work, environment, limits });
  ends.push(() => instances.stop(), sharing.guard(connections), () => server.stop(() => connections.drain()));
  gate.open(createApp({
    environment, limits, metrics, version, origins: config.origins, dialects: config.dialects, auth, issuer, writer, index, hub, connections,
    leases: work.leases, admission: work.admission, deletions: work.deletions, leaseTokens, rates, ...sharing, keys: store.keys, instances, housekeeping,
    breakage: issuer === null ? null : { broker: broker.crash, service: crash },
    readiness: createReadiness({ store, connections, clock }), asyncapi: repositoryFile("generated/asyncapi.json"), vectors: () => repositoryFiles("contract/vectors", ".json"), asset: pageFile,
  }));
  const url = `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${server.port}`;
  if (issuer !== null) ends.push(await keepLocalAccess(config.home, url, issuer.local));
  return url;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Runs the service until it is told to stop. Answers the exit code: 0 as told, 1 it could not start, 2 wrong settings. */
export async function serve(settings: Readonly<Record<string, string | undefined>> = process.env, { onReady }: ServeOptions = {}): Promise<number> {
  const ends: Ends = [];
  try {
    const around = surroundings();
    const config = readConfig(settings, around);
    const journal = createJournal({ format: config.logFormat, level: config.logLevel, clock, colour: around.terminal, write: (line) => process.stderr.write(line) });
    for (const name of config.unknown) journal.warn("setting_unknown", `${name} is no setting of Taskwire; is it misspelt?`);
    const stop = stopSignal(journal);
    const url = await start({ config, environment: realEnvironment(journal), ends, givenUp: stop.wasAsked });
    if (url !== null) {
      process.stdout.write(`Taskwire is ready at ${url}\n`);
      onReady?.(url);
    }
    journal.info("stopping", `told to stop by ${await stop.asked}`);
    return 0;
  } catch (error) {
    process.stderr.write(`taskwire: ${reasonOf(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  } finally {
    for (const end of ends.reverse()) await Promise.resolve().then(end).catch((error: unknown) => process.stderr.write(`taskwire: a part did not end well: ${reasonOf(error)}\n`));
  }
}

if (import.meta.main) process.exit(await serve());
