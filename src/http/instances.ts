/** All instances of the service, as one of them sees them: each answers for its own connections. */
import type { Cancel, Clock, Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { hexOf } from "../domain/hex.ts";
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
  /** What every instance that answers in time says; `task`: with the connections that watch it, `""`: with all; `dialect`: with those alone that speak it. Throws `LogUnavailable`. */
  ask(task: string | null, dialect?: string): Promise<readonly InstanceInfo[]>;
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

/** What instances are asked for. Throws `unavailable` while the broker is away, through which they ask each other. */
export async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
    throw new TaskwireError("unavailable", "The broker cannot be reached, through which instances ask each other. Try again in a moment.");
  }
}

/** All instances are asked for the same at most so often, however many want to know: some of it anybody may ask. Milliseconds. */
const FRESH_MS = 1_000;

/** Asks, and answers the same for a while; what failed is asked anew at once. */
export function askedSeldom<T>(clock: Pick<Clock, "now">, ask: () => Promise<T>): () => Promise<T> {
  let asked: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    if (asked !== null && clock.now() - asked.at < FRESH_MS) return asked.answer;
    const answer = ask();
    asked = { at: clock.now(), answer };
    answer.catch(() => void (asked = null));
    return answer;
  };
}

const TOPIC = "instances";
/** How long others have to answer. Milliseconds. */
const WAIT_MS = 300;
/** Connections of one instance that an answer lists. */
const LISTED = 2_000;
/** One answer, below what a broker takes as one message. UTF-16 units. */
const ANSWER = 500_000;
const AGAIN_MS = 1_000;

type Question = { readonly do: "tell"; readonly task: string | null; readonly dialect?: string } | { readonly do: "end"; readonly connection: string };

/** Takes part: answers for this instance, and asks all. Until cancelled. */
export function createInstances({ peers, connections, environment, version, leads }: InstancesDeps): Instances & { readonly stop: Cancel } {
  const { clock, random, journal } = environment;
  const instance = hexOf(random.bytes(6));
  const startedAt = clock.now();
  let stopped = false;
  let stopAnswering: Cancel = () => {};

  function listed(task: string, dialect: string | undefined): readonly ConnectionInfo[] {
    const of = task === "" ? null : task;
    if (dialect === undefined) return connections.list(of, LISTED);
    return connections.list(of, Number.POSITIVE_INFINITY).filter((each) => each.dialect === dialect).slice(0, LISTED);
  }

  function answer(text: string): string | null {
    const question = JSON.parse(text) as Question;
    if (question.do === "end") return connections.endOne(question.connection) ? JSON.stringify(true) : null;
    const { websocket, sse } = connections.stats();
    const told: InstanceInfo = { instance, version, startedAt, leads: leads(), connections: { websocket, sse } };
    if (question.task === null) return JSON.stringify(told);
    let list = listed(question.task, question.dialect);
    for (;;) {
      const text = JSON.stringify({ ...told, list } satisfies InstanceInfo);
      if (text.length <= ANSWER || list.length === 0) return text;
      list = list.slice(0, Math.floor(list.length / 2));
    }
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
    ask: async (task, dialect) => (await ask({ do: "tell", task, ...(dialect === undefined ? {} : { dialect }) })).map((text) => JSON.parse(text) as InstanceInfo),
    end: async (connection) => (await ask({ do: "end", connection })).length > 0,
    stop() {
      stopped = true;
      stopAnswering();
    },
  };
}
