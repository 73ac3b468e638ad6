/** A server that does as a case says, connection by connection, down to the bytes. */
import { createServer, type Socket } from "node:net";
import { matches } from "../matches.ts";
import { type Channel, type Kind, pageChannel, sseChannel, type Style, webSocketChannel } from "./channel.ts";
import { type Head, readBody, readHead } from "./http.ts";
import type { Json } from "./made-up.ts";
import { runSteps, type Step, type Visit } from "./steps.ts";
import { createStore } from "./store.ts";
import { CLOSE, createReader, frameOf, PING, PONG, TEXT } from "./websocket.ts";
import { createWire } from "./wire.ts";

/** What one connection is to be, and what is done with it. */
export interface Entry {
  readonly on?: Kind;
  /** For requests of this sort alone. */
  readonly door?: Door;
  /** In cases for several transports: for these alone. */
  readonly only?: readonly Kind[];
  readonly task?: string;
  readonly wants?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly since?: { readonly at_least?: number; readonly at_most?: number };
  readonly times?: number | "any";
  readonly do?: readonly Step[];
}

/** What a worker asks for: its requests come in no certain order. */
export type Door = "lease" | "log" | "append" | "heartbeat" | "release" | "fail" | "commands";

/** A connection that was made, for reports. */
export interface Arrival {
  readonly kind: Kind;
  readonly path: string;
  readonly after: string | null;
  readonly token: string | null;
}

export interface ScriptedServer {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** What producers have stored. */
  readonly posted: readonly Json[];
  /** What was not as the script says, in words. */
  readonly failures: readonly string[];
  /** Connections that are open now and have asked for something. */
  readonly open: number;
  /** Says a word that a script may wait for. */
  tell(word: string): void;
  stop(): void;
}

function kindOf({ method, path, headers }: Head): Kind {
  if (headers.get("upgrade")?.toLowerCase() === "websocket") return "websocket";
  if (method !== "GET") return "post";
  if (headers.get("accept")?.includes("text/event-stream")) return "sse";
  return path.endsWith("/events") ? "long_poll" : "get";
}

const DOORS: Readonly<Record<string, Door>> = { lease: "lease", events: "append", heartbeat: "heartbeat", release: "release", fail: "fail", commands: "commands" };

function doorOf({ method, path }: Head): Door | undefined {
  return method === "GET" ? "log" : DOORS[path.split("/").at(-1) ?? ""];
}

function tokenOf({ headers }: Head): string | null {
  return headers.get("authorization")?.replace(/^Bearer /, "") ?? /bearer\.([^,\s]+)/.exec(headers.get("sec-websocket-protocol") ?? "")?.[1] ?? null;
}

/** What `wants` may speak of. */
function factsOf(head: Head): Record<string, unknown> {
  return { ...Object.fromEntries(head.headers), method: head.method, path: head.path, token: tokenOf(head), ...Object.fromEntries(["after", "replay", "wait", "limit", "status", "before", "conversation_id", "scope", "conversation", "max"].map((name) => [name, head.query.get(name)])), task: head.query.has("task") ? head.query.getAll("task") : null };
}

/** A body as JSON, or as a list of its lines. */
function contentOf(body: string): unknown {
  const parsed = body.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as unknown);
  return parsed.length === 1 && !body.endsWith("\n") ? parsed[0] : parsed;
}

/** Whether the client's user has taken in an event. */
export type Took = (taskId: string, seq: number) => boolean;

/** Longest wait for a client's user, who may not want what was sent. Milliseconds. */
const TAKEN_MS = 400;

/** Starts a server with a script on a free port of loopback. */
export async function startScriptedServer(script: readonly Entry[], took: Took): Promise<ScriptedServer> {
  const entries = script.flatMap((entry) => Array.from({ length: typeof entry.times === "number" ? entry.times : 1 }, () => ({ entry, used: false })));
  const arrivals: Arrival[] = [];
  const store = createStore();
  const words = new Set<string>();
  const failures: string[] = [];
  const sockets = new Set<Socket>();
  /** Those over which something was asked: a runtime may keep others in store. */
  const asked = new Set<Socket>();
  /** When the latest connection ended; null while it is open. */
  let endedAt: number | null = null;
  /** When a request was last answered, whatever else was open. */
  let answeredAt = 0;
  let stopped = false;

  const entryFor = (taskId: string, door: Door | undefined): Entry | null => {
    const found = entries.find(({ entry, used }) => !used && (entry.task === undefined || entry.task === taskId) && (entry.door === undefined || entry.door === door));
    if (!found) return null;
    found.used = found.entry.times !== "any";
    return found.entry;
  };

  /** What of the entry does not hold for this request. */
  const faults = (entry: Entry, kind: Kind, head: Head, body: string): string[] => {
    const found: string[] = [];
    const facts: Record<string, unknown> = { ...factsOf(head), posted: store.posted.length };
    const passed = entry.door !== undefined ? performance.now() - answeredAt : endedAt === null ? 0 : performance.now() - endedAt;
    endedAt = null;
    if (entry.on !== undefined && entry.on !== kind) found.push(`is ${kind}, ${entry.on} was wanted`);
    for (const [name, wanted] of Object.entries(entry.wants ?? {})) if (!matches(facts[name], wanted)) found.push(`has ${name} ${JSON.stringify(facts[name] ?? null)}, ${JSON.stringify(wanted)} was wanted`);
    if (entry.body !== undefined && !matches(contentOf(body), entry.body)) found.push(`has the body ${body}, ${JSON.stringify(entry.body)} was wanted`);
    if (entry.since?.at_least !== undefined && passed < entry.since.at_least) found.push(`came ${passed.toFixed(0)} ms after the one before, at least ${entry.since.at_least} was wanted`);
    if (entry.since?.at_most !== undefined && passed > entry.since.at_most) found.push(`came ${passed.toFixed(0)} ms after the one before, at most ${entry.since.at_most} was wanted`);
    return found;
  };

  const serve = async (socket: Socket, head: Head, body: string, rest: Buffer): Promise<void> => {
    const kind = kindOf(head);
    const taskId = /\/v1\/tasks\/([^/]+)/.exec(head.path)?.[1] ?? "t1";
    const entry = entryFor(taskId, doorOf(head));
    // What waits for something to come goes on waiting.
    if (!entry && (kind === "long_poll" || doorOf(head) === "lease")) return;
    arrivals.push({ kind, path: head.path, after: head.query.get("after"), token: tokenOf(head) });
    const number = arrivals.length;
    if (!entry) {
      if (number <= script.length + 3) failures.push(`connection ${number} (${kind} ${head.path}) was not expected`);
      return void socket.destroy();
    }
    failures.push(...faults(entry, kind, head, body).map((fault) => `connection ${number} ${fault}`));
    const visit: Visit = { ...visitOf(socket, kind, head, body, rest, taskId, took), store: () => store.store(head, taskId, body), told: (word) => toldOn(socket, word) };
    try {
      const outcome = await runSteps(visit, entry.do ?? []);
      await visit.wire.flush();
      if (outcome === "on" && kind === "long_poll" && !visit.wire.gone) await visit.channel.finish();
    } catch (error) {
      if (!stopped) failures.push(`connection ${number}: ${(error as Error).message}`);
      socket.destroy();
    }
    if (kind === "post") answeredAt = performance.now();
    if (number === arrivals.length) endedAt ??= performance.now();
  };

  const toldOn = async (socket: Socket, word: string): Promise<void> => {
    while (!words.has(word) && !socket.destroyed) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    let waiting = Buffer.alloc(0);
    const collect = (bytes: Buffer): void => {
      waiting = Buffer.concat([waiting, bytes]);
      const found = readHead(waiting);
      if (!found) return;
      const rest = waiting.subarray(found.bodyAt);
      const body = readBody(found.head, rest);
      if (body === null) return;
      socket.off("data", collect);
      asked.add(socket);
      void serve(socket, found.head, body, rest);
    };
    socket.on("data", collect);
    socket.on("error", () => {});
    socket.on("close", () => void (sockets.delete(socket), asked.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    posted: store.posted,
    failures,
    get open() {
      return asked.size;
    },
    tell: (word) => void words.add(word),
    stop() {
      stopped = true;
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function visitOf(socket: Socket, kind: Kind, head: Head, body: string, rest: Buffer, taskId: string, took: Took): Omit<Visit, "store" | "told"> {
  const wire = createWire(socket);
  const style: Style = { newline: "\n", bom: false, page: {}, selector: null };
  const sent = new Map<string, number>();
  const bare: Channel = kind === "websocket" ? webSocketChannel(wire, head) : kind === "sse" ? sseChannel(wire, style) : pageChannel(wire, head, taskId, style);
  const channel: Channel = { ...bare, get opened() { return bare.opened; }, frame: (frame) => (noted(frame), bare.frame(frame)) };
  const noted = ({ task_id: task, seq }: Json): void => void (typeof seq === "number" && sent.set(String(task), seq));
  const frames: Json[] = [];
  let waiters: (() => void)[] = [];
  const told = (): void => {
    const before = waiters;
    waiters = [];
    for (const waiter of before) waiter();
  };
  const change = (): Promise<void> => new Promise((resolve) => waiters.push(resolve));
  const read = createReader((opcode, payload) => {
    if (opcode === PING) socket.write(frameOf(PONG, payload));
    // A client that says goodbye is answered and let go.
    if (opcode === CLOSE && !socket.destroyed) {
      socket.write(frameOf(CLOSE, payload.subarray(0, 2)));
      socket.end();
    }
    if (opcode !== TEXT) return;
    const text = payload.toString("utf8");
    frames.push(text.startsWith("{") ? (JSON.parse(text) as Json) : { text });
    told();
  });
  socket.on("close", told);
  if (kind === "websocket") {
    socket.on("data", read);
    if (rest.length > 0) read(rest);
  } else socket.on("data", () => {});
  let taken = 0;
  return {
    kind, head, body, taskId, channel, wire, style,
    many: /\/v1\/(ws|events)$/.test(head.path),
    async received(wanted) {
      for (;;) {
        for (let frame = frames[taken++]; frame; frame = frames[taken++]) if (matches(frame, wanted)) return frame;
        taken = frames.length;
        if (socket.destroyed) return null;
        await change();
      }
    },
    async taken() {
      const end = performance.now() + TAKEN_MS;
      while (!socket.destroyed && performance.now() < end && [...sent].some(([task, seq]) => !took(task, seq))) await new Promise((resolve) => setTimeout(resolve, 2));
    },
    async left() {
      while (!socket.destroyed && socket.readyState !== "closed") await change();
    },
  };
}
