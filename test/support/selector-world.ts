/** A user's tasks, two instances of the service over one store in memory, and a client that watches a set and notes every promise that is broken. */
import type { Identity } from "../../src/domain/access.ts";
import { parseCursor } from "../../src/domain/cursor.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import type { TaskSummary } from "../../src/domain/summary.ts";
import { type Connections, createConnections } from "../../src/delivery/connections.ts";
import type { Acceptor, MessageWire, SocketHandler } from "../../src/delivery/transport.ts";
import { createHub } from "../../src/feed/hub.ts";
import type { Hub, Taking } from "../../src/feed/port.ts";
import { Selector } from "../../src/feed/selector.ts";
import type { LimitSet } from "../../src/limits.ts";
import type { MemoryStore } from "../../src/log/memory.ts";
import { type TaskIndex, createTaskIndex } from "../../src/log/task-index.ts";
import type { Environment } from "../../src/domain/environment.ts";
import { type Draft, TaskWriter, completed, created } from "./feed.ts";

export const owner: Identity = { user: "owner", name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };

/** One instance of the service: what stands between a store and wires. */
export class WatchedInstance {
  readonly store: MemoryStore;
  readonly index: TaskIndex;
  readonly hub: Hub;
  readonly connections: Connections;

  constructor(store: MemoryStore, environment: Environment, limits: LimitSet, who: Identity = owner) {
    this.store = store;
    this.index = createTaskIndex({ store, environment, limits });
    this.hub = createHub({ log: store.log, environment, limits, meter: silentMeter });
    const facts = async (taskId: string) => {
      const head = await store.log.head(taskId);
      if (head === null) return null;
      const { owner: user, creator, conversation, access, kind, status, attempt, lastSeq } = head.batch.header;
      return { taskId, owner: user, creator, conversation, access, kind, status, attempt, lastSeq };
    };
    this.connections = createConnections({
      hub: this.hub, environment, limits, meter: silentMeter, facts, logConnected: () => store.log.connected,
      selector: (request, sink) => new Selector(request, { log: store.log, hub: this.hub, index: this.index, environment, facts }, sink),
      authenticate: async () => who,
      append: async () => Promise.reject(new Error("nobody appends here")),
      command: async () => Promise.reject(new Error("nobody commands here")),
    } as Parameters<typeof createConnections>[0]);
  }

  socket(wire: MessageWire, identity: Identity = owner): SocketHandler {
    let handler: SocketHandler | null = null;
    const acceptor = {
      address: "",
      socket(_protocol: string | null, open: (wire: MessageWire) => SocketHandler) {
        handler = open(wire);
        return new Response(null);
      },
      stream: () => new Response(null),
    } as Acceptor;
    this.connections.socket(acceptor, { identity, protocol: null, task: null, after: null, replay: "full" });
    return handler as unknown as SocketHandler;
  }

  async close(): Promise<void> {
    this.hub.close();
    await this.index.close();
    await this.store.close();
  }
}

/** A task of the user, written into the log and told to the index, as the writing side does. */
export class OwnedTask {
  readonly taskId: string;
  readonly writer: TaskWriter;
  over = false;
  readonly #index: () => TaskIndex;
  readonly #summary: TaskSummary;
  readonly #environment: Environment;

  constructor(store: MemoryStore, index: () => TaskIndex, environment: Environment, taskId: string, conversation: string | null = null) {
    this.taskId = taskId;
    this.#index = index;
    this.#environment = environment;
    const nonce = (): string => [...environment.random.bytes(6)].join("-");
    this.writer = new TaskWriter(store.log, taskId, nonce, () => this.#pause());
    const now = environment.clock.now();
    this.#summary = {
      taskId, owner: "owner", conversation, kind: "test", title: null, access: "owner", status: "running", attempt: 1, percent: null, createdAt: now, updatedAt: now,
      lastSeq: 0, position: 0, work: null, holder: null, idleMs: 0, alarmAt: null, messages: 0, preview: null,
    };
  }

  async create(): Promise<void> {
    await this.intend();
    await this.append(created);
  }

  /** Puts the entry into the index that stands there before the task has a log. */
  async intend(): Promise<void> {
    for (;;) {
      try {
        await this.#index().intend(this.#summary);
        return;
      } catch {
        await this.#pause();
      }
    }
  }

  /** Appends; `tell` false: the index hears of it only with the next append. */
  async append(draft: Draft, tell = true): Promise<void> {
    await this.writer.append(draft);
    this.over ||= draft.type === completed.type;
    if (tell || this.over) this.tell();
  }

  /** Tells the index how the task stands. */
  tell(): void {
    const { seq, position } = this.writer;
    this.#index().changed({ ...this.#summary, status: this.over ? "completed" : "running", lastSeq: seq, position, updatedAt: this.#environment.clock.now() });
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#environment.clock.after(5, resolve));
  }
}

type Frame = Readonly<Record<string, unknown>> & { readonly type: string; readonly task_id?: string; readonly seq?: number; readonly first_seq?: number; readonly cursor?: string; readonly reason?: string; readonly selector?: object };

interface Followed {
  /** The seq before its first line. */
  from: number;
  lines: { readonly text: string; readonly cursor: string }[];
  joins: number;
  left: string | null;
  /** It was told of as new: its first event is owed. */
  whole: boolean;
}

export interface WatcherOptions {
  readonly words?: object;
  readonly replay?: "full" | "none";
  /** Whether a write fills the wire. */
  readonly fills?: () => boolean;
  readonly identity?: Identity;
}

/** A client on a WebSocket, as it must behave: resumes from the last position, drops what comes twice, takes another past for what it is. */
export class SetWatcher implements MessageWire {
  readonly tasks = new Map<string, Followed>();
  readonly faults: string[] = [];
  readonly frames: Frame[] = [];
  position: string | null = null;
  caughtUp = 0;
  full = false;
  /** So many frames are taken in before the wire breaks. */
  patience = Number.POSITIVE_INFINITY;
  closed: number | null = null;
  bytes = 0;
  readonly ping = (): void => this.#handler?.alive();
  readonly #options: WatcherOptions;
  #handler: SocketHandler | null = null;
  #generation = 0;

  constructor(options: WatcherOptions = {}) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#handler !== null;
  }

  connect(instance: WatchedInstance): void {
    this.cut();
    this.full = false;
    this.closed = null;
    const { words = { scope: "mine" }, replay, identity } = this.#options;
    const generation = ++this.#generation;
    const wire: MessageWire = {
      write: (texts) => (generation === this.#generation ? this.write(texts) : "ready"),
      together: (work) => work(),
      waiting: () => 0,
      ping: () => this.#handler?.alive(),
      close: (code) => generation === this.#generation && this.close(code),
    };
    const handler = instance.socket(wire, identity);
    this.#handler = handler;
    handler.message(JSON.stringify({ type: "subscribe", ...words, ...(this.position === null ? {} : { after: this.position }), ...(replay === undefined ? {} : { replay }), request_id: "s" }));
  }

  /** The connection breaks. */
  cut(): void {
    const handler = this.#handler;
    this.#handler = null;
    this.#generation += 1;
    this.patience = Number.POSITIVE_INFINITY;
    handler?.closed(1006, "");
  }

  send(frame: object): void {
    this.#handler?.message(JSON.stringify(frame));
  }

  drain(): void {
    if (!this.full) return;
    this.full = false;
    this.#handler?.drained();
  }

  write(texts: readonly string[]): Taking {
    for (const text of texts) {
      if (this.patience-- <= 0) continue;
      this.bytes += text.length;
      this.#take(JSON.parse(text) as Frame, text);
    }
    // A wire that is full stays so, whatever else is written, until it drains.
    this.full ||= this.#options.fills?.() ?? false;
    return this.full ? "full" : "ready";
  }

  together(work: () => void): void {
    work();
  }

  waiting(): number {
    return 0;
  }

  close(code: number): void {
    this.closed = code;
    this.#handler = null;
  }

  /** What it has of a task, without cursors. */
  linesOf(taskId: string): string[] {
    return (this.tasks.get(taskId)?.lines ?? []).map(({ text }) => text.replace(/,"cursor":"[^"]*"\}$/, "}"));
  }

  #take(frame: Frame, text: string): void {
    this.frames.push(frame);
    if (this.frames.length > 5_000) this.frames.splice(0, 2_500);
    const { type, task_id: taskId, cursor } = frame;
    if (frame.selector !== undefined && cursor !== undefined) {
      if (cursor.length >= 256) this.faults.push(`a position of ${cursor.length} characters`);
      this.position = cursor;
    }
    if (type === "stream.error") this.faults.push(`an error: ${text}`);
    if (type === "stream.caught_up") this.caughtUp += 1;
    if (taskId === undefined) return;
    const known = this.tasks.get(taskId);
    if (type === "stream.joined") {
      if (known === undefined) this.tasks.set(taskId, { from: -1, lines: [], joins: 1, left: null, whole: frame.reason === "created" });
      else [known.joins, known.left] = [known.joins + 1, null];
    } else if (type === "stream.left") {
      if (known !== undefined) known.left = frame.reason ?? "";
    } else if (known === undefined) this.faults.push(`${type} of ${taskId}, which has not joined`);
    else if (type === "stream.gap") this.#gap(known, frame);
    else if (type !== "task.snapshot" && frame.seq !== undefined) this.#event(taskId, known, frame, text);
  }

  #gap(known: Followed, frame: Frame): void {
    known.from = parseCursor(String(frame["earliest"]))?.seq ?? 0;
    known.lines = [];
  }

  #event(taskId: string, known: Followed, { seq = 0, cursor = "" }: Frame, text: string): void {
    if (known.left !== null) this.faults.push(`event ${seq} of ${taskId}, which has left`);
    if (known.from === -1) {
      known.from = seq - 1;
      if (known.whole && seq !== 1) this.faults.push(`${taskId} is new and begins with ${seq}`);
    }
    const last = known.from + known.lines.length;
    if (seq > last + 1) return void this.faults.push(`${taskId} goes on with ${seq} after ${last}`);
    if (seq === last + 1) return void known.lines.push({ text, cursor });
    if (seq <= known.from) return;
    // The same number, but not the same event: the log is another from here on.
    if (known.lines[seq - known.from - 1]?.cursor !== cursor) known.lines.splice(seq - known.from - 1, Number.POSITIVE_INFINITY, { text, cursor });
  }
}
