/**
 * A client of agent progress as its apps have one, written from the protocol alone: one WebSocket for one task, frames as they come, closed
 * by the client when its task is over. And a producer that writes straight to the broker.
 */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { legal } from "./dialect-agent-progress.ts";
import { until } from "./until.ts";

const LIMIT_MS = 20_000;

export interface ProgressFrame {
  readonly step?: string;
  readonly tool?: string;
  readonly message?: string;
  readonly percent?: number;
  readonly timestamp: string;
  readonly error?: boolean;
  readonly heartbeat?: boolean;
}

export class ProgressClient implements Disposable {
  readonly frames: ProgressFrame[] = [];
  /** When each came. Milliseconds. */
  readonly times: number[] = [];
  /** How the connection ended; null while it has not. */
  end: { readonly code: number; readonly reason: string } | null = null;
  opened = false;
  readonly socket: WebSocket;

  /** `leaves`: closes when the task is over, as the apps do. */
  constructor(url: string, taskId: string, { query = "", leaves = true }: { readonly query?: string; readonly leaves?: boolean } = {}) {
    this.socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/agent-progress/${taskId}${query}`);
    this.socket.onopen = () => void (this.opened = true);
    this.socket.onmessage = ({ data }) => {
      if (typeof data !== "string") throw new Error("a frame was not text");
      const frame = JSON.parse(data) as ProgressFrame;
      this.frames.push(frame);
      this.times.push(Date.now());
      if (leaves && (frame.step === "completed" || frame.step === "failed")) this.socket.close();
    };
    this.socket.onclose = ({ code, reason }) => void (this.end = { code, reason });
    this.socket.onerror = () => {};
  }

  /** All but heartbeats. */
  get progress(): ProgressFrame[] {
    return this.frames.filter(({ heartbeat }) => heartbeat !== true);
  }

  get heartbeats(): ProgressFrame[] {
    return this.frames.filter(({ heartbeat }) => heartbeat === true);
  }

  /** Step, percent and tool of what came behind `connected`. */
  get told(): string[] {
    return this.progress.slice(1).map(({ step, percent, tool }) => `${step} ${percent}${tool === undefined ? "" : ` ${tool}`}`);
  }

  /** Waits for so many messages that are no heartbeats, `connected` among them. */
  async has(count: number): Promise<this> {
    await until(`${count} messages have come`, LIMIT_MS, () => {
      if (this.progress.length >= count) return true;
      if (this.end !== null) throw new Error(`the connection ended with ${this.end.code} ${this.end.reason} after ${JSON.stringify(this.frames)}`);
      return false;
    });
    return this.sound();
  }

  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    const end = await until("the connection has ended", LIMIT_MS, () => this.end);
    this.sound();
    return end;
  }

  /** Throws where what came is not what a client can read. */
  sound(): this {
    const why = legal(this.frames);
    if (why !== null) throw new Error(why);
    return this;
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}

export interface Producer extends AsyncDisposable {
  readonly nats: NatsConnection;
  /** The message of a task, as fire and forget: that is how these producers wrote. */
  publish(taskId: string, message: object | string): void;
}

/** A producer on a broker's address, which has name and password in it. */
export async function startProducer(address: string, inboxPrefix?: string): Promise<Producer> {
  const { host, username, password } = new URL(address);
  const nats = await connect({ servers: host, maxReconnectAttempts: -1, ...(username === "" ? {} : { user: username, pass: password }), ...(inboxPrefix === undefined ? {} : { inboxPrefix }) });
  return {
    nats,
    publish: (taskId, message) => nats.publish(`agent_progress.${taskId}`, typeof message === "string" ? message : JSON.stringify(message)),
    [Symbol.asyncDispose]: () => nats.close(),
  };
}
