/** All instances of the service, as one of them sees them: each answers for its own connections. */
import type { Cancel, Environment } from "../domain/environment.ts";
import type { Connections, ConnectionInfo } from "../delivery/connections.ts";
import { LogUnavailable, type Peers } from "../log/port.ts";

/** What an instance says of itself. */
export interface InstanceInfo {
  readonly instance: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly leads: boolean;
  readonly connections: { readonly websocket: number; readonly sse: number };
  /** Everybody who is connected, or those of one task; absent where that was not asked for. */
  readonly list?: readonly ConnectionInfo[];
}

export interface Instances {
  /** What every instance that answers in time says; `task`: with the connections that watch it, `""`: with all. Throws `LogUnavailable`. */
  ask(task: string | null): Promise<readonly InstanceInfo[]>;
  /** Ends a connection on whichever instance. Answers whether one had it. Throws `LogUnavailable`. */
  end(connectionId: string): Promise<boolean>;
}

export interface InstancesDeps {
  readonly peers: Peers;
  readonly connections: Connections;
  readonly environment: Environment;
  readonly version: string;
  readonly leads: () => boolean;
}

const TOPIC = "instances";
/** How long others have to answer. Milliseconds. */
const WAIT_MS = 300;
/** Connections of one instance that an answer lists. */
const LISTED = 2_000;
const AGAIN_MS = 1_000;

type Question = { readonly do: "tell"; readonly task: string | null } | { readonly do: "end"; readonly connection: string };

/** Takes part: answers for this instance, and asks all. Until cancelled. */
export function createInstances({ peers, connections, environment, version, leads }: InstancesDeps): Instances & { readonly stop: Cancel } {
  const { clock, random, journal } = environment;
  const instance = [...random.bytes(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const startedAt = clock.now();
  let stopped = false;
  let stopAnswering: Cancel = () => {};

  function answer(text: string): string | null {
    const question = JSON.parse(text) as Question;
    if (question.do === "end") return connections.endOne(question.connection) ? JSON.stringify(true) : null;
    const { websocket, sse } = connections.stats();
    const list = question.task === null ? {} : { list: connections.list(question.task === "" ? null : question.task, LISTED) };
    return JSON.stringify({ instance, version, startedAt, leads: leads(), connections: { websocket, sse }, ...list } satisfies InstanceInfo);
  }

  async function take(): Promise<void> {
    try {
      const stop = await peers.answer(TOPIC, answer);
      if (stopped) stop();
      else stopAnswering = stop;
    } catch (error) {
      if (!(error instanceof LogUnavailable)) journal.error("instances_failed", `This instance cannot answer others: ${String(error)}`);
      if (!stopped) stopAnswering = clock.after(AGAIN_MS, () => void take());
    }
  }
  void take();

  const ask = async (question: Question): Promise<readonly string[]> => peers.ask(TOPIC, JSON.stringify(question), WAIT_MS);
  return {
    ask: async (task) => (await ask({ do: "tell", task })).map((text) => JSON.parse(text) as InstanceInfo),
    end: async (connection) => (await ask({ do: "end", connection })).length > 0,
    stop() {
      stopped = true;
      stopAnswering();
    },
  };
}
