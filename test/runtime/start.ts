/** Starts `harness.ts` on a runtime as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import type { LimitSet } from "../../src/limits.ts";
import { runtimeCommand } from "../support/service.ts";
import { until } from "../support/until.ts";
import { Peer, StreamPeer } from "./peer.ts";

export interface Harness {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  stats(): Promise<{ websocket: number; sse: number; draining: boolean; memory: number }>;
  /** Stores the events as one batch. */
  publish(task: string, events: readonly object[]): Promise<void>;
  socket(path: string, options?: { token?: string | null; pongs?: boolean }): Peer;
  stream(path: string, headers?: Record<string, string>): StreamPeer;
}

/** Starts the harness on a runtime, with some limits shortened. */
export async function startHarness(runtime: "bun" | "deno", limits: Partial<LimitSet> = {}, env: Record<string, string> = {}): Promise<Harness> {
  const [command, args] = runtimeCommand(runtime, "test/runtime/harness.ts");
  const child = spawn(command, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1", HARNESS: JSON.stringify({ limits }), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  child.stdout?.on("data", (chunk) => (printed += chunk));
  child.stderr?.on("data", (chunk) => (printed += chunk));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const url = await until("the harness is ready", 15_000, () => {
    if (/failed: /.test(printed) || child.exitCode !== null) throw new Error(printed);
    return printed.match(/ready at (http:\S+)/)?.[1];
  });
  return {
    url,
    child,
    ended,
    output: () => printed,
    stats: async () => (await fetch(`${url}/stats`)).json() as ReturnType<Harness["stats"]>,
    async publish(task, events) {
      const answer = await fetch(`${url}/tasks/${task}/events?as=me`, { method: "POST", body: JSON.stringify(events) });
      if (!answer.ok) throw new Error(`publish answered ${answer.status}`);
      await answer.arrayBuffer();
    },
    socket: (path, { token = "me", pongs = true } = {}) => new Peer(url, { path, pongs, protocols: token === null ? ["taskwire.v1"] : ["taskwire.v1", `bearer.${token}`] }),
    stream: (path, headers = {}) => new StreamPeer(url, { path: `${path}${path.includes("?") ? "&" : "?"}as=me`, headers }),
  };
}
