/** What the conformance kit's driver of this client does with each command. See test/conformance/README.md. */
import type { CreateTaskRequest, EventDraft } from "../../../generated/typescript/types.ts";
import { type Client, type ClientOptions, createClient, TaskwireError, type TransportName, type Watchable } from "../src/client.ts";
import type { Command } from "./command.ts";
import { produce } from "./produce.ts";
import { pureAnswer, toldState } from "./pure.ts";
import { followSet, type Run, work } from "./sets.ts";

/** One follow that runs, and what its consumer may still take. */
interface Running {
  readonly controller: AbortController;
  allowed: number;
  go: () => void;
}

let client: Client | null = null;
let settings: Readonly<Record<string, number | undefined>> = {};
let tokens: (string | null)[] = [];
let running = new Map<string, Running>();
/** Counts clients: what an earlier one still says is not told. */
let era = 0;

/** Where outputs go. */
let told: (output: Readonly<Record<string, unknown>>) => void = () => {};

function errorOf(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof TaskwireError)) return { is: "error", code: "not_a_taskwire_error", retryable: false, advice: "This is a fault of the client.", message: String((thrown as Error)?.stack ?? thrown) };
  const { code, retryable, advice, message, status, retryAfterMs, taskId, extra } = thrown;
  return {
    is: "error", code, retryable, advice, message, extra,
    ...(status === null ? {} : { status }),
    ...(retryAfterMs === null ? {} : { retry_after_ms: retryAfterMs }),
    ...(taskId === null ? {} : { task_id: taskId }),
  };
}

function configure({ url, token, transports, settings: given = {} }: Command & { readonly tokens?: (string | null)[] }, callback: (string | null)[] | undefined): void {
  const mine = ++era;
  settings = given as Record<string, number>;
  tokens = [...(callback ?? [])];
  const source = callback
    ? async (): Promise<string> => {
        if (mine === era) told({ is: "token_asked" });
        const next = tokens.length > 1 ? tokens.shift() : tokens[0];
        if (typeof next !== "string") throw new Error("the callback of the case fails");
        return next;
      }
    : (token as string | undefined);
  const options: ClientOptions = {
    url: url as string,
    ...(source === undefined ? {} : { token: source }),
    ...(transports ? { transport: transports as TransportName[] } : {}),
    bounds: { items: settings.queue_items ?? 10_000, size: settings.queue_bytes ?? 8 * 1024 * 1024 },
    settings: named({
      firstFrameMs: settings.first_frame_ms, lastFirstFrameMs: settings.last_first_frame_ms, backoffMinMs: settings.backoff_min_ms, backoffMaxMs: settings.backoff_max_ms,
      healthyMs: settings.healthy_ms, heartbeatMs: settings.heartbeat_ms, giveUpMs: settings.give_up_ms, tryMs: settings.try_ms,
    }),
    log: (entry) => void (mine === era && told({ is: "log", entry })),
  };
  client = createClient(options);
}

/** Options of a call, those that are there. */
function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Fields that are there. */
function named(fields: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, number] => field[1] !== undefined));
}

function the(): Client {
  if (!client) throw new Error("configure comes first");
  return client;
}

/** Begins what has a name and outputs of its own. */
function begin({ follow: name = "f", read }: Command): Run {
  const mine = era;
  const own: Running = { controller: new AbortController(), allowed: typeof read === "number" ? read : Number.POSITIVE_INFINITY, go: () => {} };
  const { signal } = own.controller;
  running.set(name, own);
  let before = "";
  const say: Run["say"] = (output) => void (mine === era && told({ ...output, follow: name }));
  return {
    signal,
    say,
    failed: (thrown) => say(errorOf(thrown)),
    onState({ phase, transport, error }) {
      if (before === `${phase} ${transport}`) return;
      before = `${phase} ${transport}`;
      say({ is: "state", phase, transport, ...(error ? { error: error.code } : {}) });
    },
    async taken() {
      own.allowed--;
      while (own.allowed <= 0 && !signal.aborted) await new Promise<void>((resolve) => (own.go = resolve));
    },
  };
}

async function follow(command: Command): Promise<void> {
  const { task_id, task_ids, after, replay } = command;
  const { signal, say, onState, taken, failed } = begin(command);
  const how = {
    signal,
    ...(replay ? { replay: replay as "full" | "compact" | "none" } : {}),
    onState,
    onGap: ({ task_id: taskId, requested, earliest, reason }: { task_id: string; requested: string; earliest: string; reason: string }) => say({ is: "gap", task_id: taskId, requested, earliest, reason }),
  };
  try {
    const events = task_ids ? the().followMany(task_ids as string[], { ...how, ...(after ? { after: after as Record<string, string> } : {}) }) : the().follow(task_id as string, { ...how, after: (after as string | undefined) ?? null });
    for await (const event of events) {
      say({ is: "event", event });
      await taken();
    }
  } catch (thrown) {
    failed(thrown);
  }
  say({ is: "ended" });
}

/** The fold of a task, told whenever it has changed. */
function watch({ follow: name = "f", task_id }: Command): void {
  const mine = era;
  const say = (output: Record<string, unknown>): void => void (mine === era && told({ ...output, follow: name }));
  const model = the().task(task_id as string);
  const own: Running = { controller: new AbortController(), allowed: 0, go: () => {} };
  running.set(name, own);
  let before = "";
  let view = "";
  const leave = model.subscribe(() => {
    const { task, connection, error, ended } = model.now;
    if (connection && before !== `${connection.phase} ${connection.transport}`) {
      before = `${connection.phase} ${connection.transport}`;
      say({ is: "state", phase: connection.phase, transport: connection.transport });
    }
    const value = toldState(task);
    if (view !== JSON.stringify(value)) say({ is: "view", value });
    view = JSON.stringify(value);
    if (!ended) return;
    if (error) say(errorOf(error));
    own.controller.abort();
  });
  own.controller.signal.addEventListener("abort", () => {
    leave();
    say({ is: "ended" });
  });
}

/** What is done at once and not answered. */
const SILENT: Readonly<Record<string, (command: Command) => void>> = {
  follow: (command) => void follow(command),
  follow_set: (command) => void followSet(the(), command, begin(command)),
  work: (command) => void work(the(), command, begin(command), settings),
  watch,
  read({ follow: name = "f", count }) {
    const own = running.get(name);
    if (!own) return;
    own.allowed = typeof count === "number" ? Math.max(0, own.allowed) + count : Number.POSITIVE_INFINITY;
    own.go();
  },
  cancel({ follow: name = "f" }) {
    running.get(name)?.controller.abort();
    running.get(name)?.go();
  },
  wake: () => the().wake(),
  set_token: ({ token }) => void (tokens = [token as string]),
};

/** What is answered with a value. */
const CALLS: Readonly<Record<string, (command: Command) => Promise<unknown>>> = {
  create: ({ task }) => the().create(task as CreateTaskRequest),
  publish: ({ task_id, events, give_up_ms }) => the().publish(task_id as string, events as EventDraft[], typeof give_up_ms === "number" ? { giveUpMs: give_up_ms } : {}),
  command: ({ task_id, command, data, command_id }) => the().command(task_id as string, command as string, data as Record<string, unknown> | undefined, command_id ? { commandId: command_id as string } : {}),
  retry: ({ task_id }) => the().retry(task_id as string),
  remove: ({ task_id }) => the().remove(task_id as string),
  ticket: ({ body }) => the().ticket(body as Watchable),
  conversations: ({ before, limit }) => the().conversations(given({ before, limit })),
  messages: ({ conversation_id, before, limit }) => the().messages(conversation_id as string, given({ before, limit })),
  lease: async ({ kind, max, wait, worker_id }) => ({ leases: await the().lease(kind as string, given({ max, wait, workerId: worker_id })) }),
  produce: (command) => produce(the(), command, settings),
  get: ({ task_id }) => the().get(task_id as string),
  list: ({ status, conversation_id, before, limit }) => the().list(given({ status, conversation: conversation_id, before, limit })),
  async push({ task_id, events }) {
    const refused: string[] = [];
    const publisher = the().publisher(task_id as string, { delayMs: settings.publish_delay_ms ?? 30, ...(settings.max_waiting_bytes === undefined ? {} : { maxWaiting: settings.max_waiting_bytes }), onRefused: (_, { code }) => refused.push(code) });
    for (const event of events as EventDraft[]) void publisher.push(event).catch(() => {});
    await publisher.flush();
    return { last_seq: publisher.lastSeq, refused };
  },
};

function reset(): void {
  era++;
  for (const { controller, go } of running.values()) {
    controller.abort();
    go();
  }
  running = new Map();
  client = null;
}

async function obey(command: Command): Promise<void> {
  const id = command.id === undefined ? {} : { id: command.id };
  try {
    const silent = SILENT[command.do];
    if (silent) return silent(command);
    const call = CALLS[command.do];
    if (call) {
      const mine = era;
      const value = await call(command);
      return mine === era ? told({ is: "result", value, ...id }) : undefined;
    }
    if (command.do === "configure") {
      configure(command, command.tokens as (string | null)[] | undefined);
      return told({ is: "configured", ...id });
    }
    if (command.do === "reset") {
      reset();
      return told({ is: "reset", ...id });
    }
    told({ ...(pureAnswer(command) ?? { is: "unsupported" }), ...id });
  } catch (thrown) {
    told({ ...errorOf(thrown), ...id });
  }
}

/** Takes commands, each a line of JSON; `say` is given the outputs. */
export function createDriver(say: (output: Readonly<Record<string, unknown>>) => void): (line: string) => void {
  told = say;
  return (line) => void (line.trim() === "" || obey(JSON.parse(line) as Command));
}
