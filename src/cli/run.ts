/** `taskwire run`: any command as a task. The command comes first: whatever the service does, it runs, and its exit code is ours. */
import process from "node:process";
import { basename } from "node:path";
import { type Client, TaskwireError } from "../../clients/typescript/src/client.ts";
import type { Command, Surroundings } from "./command.ts";
import { CommandError, EXIT } from "./exit.ts";
import { type Child, startChild } from "./run-child.ts";
import { createRecord, type TaskRecord } from "./run-record.ts";
import { clientFor, signIn } from "./sign-in.ts";
import { createSteering, type Steering } from "./steer.ts";
import { type Say, sayingTo } from "./terminal.ts";

/** The command waits so long for its task's id at most, to have it in its environment. Milliseconds. */
const ID_WAIT_MS = 1_000;
/** After the command's end: how long a service that had been there, or had never been, is waited for while nothing moves. Seconds. */
const WAIT_SECONDS = { known: 60, unknown: 5 };
const TITLE_LENGTH = 200;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A kind from a program's name: what an id may consist of. */
function kindOf(program: string): string {
  return basename(program).replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 64).replace(/^-+|-+$/g, "") || "run";
}

/** Waits until all is in the log, or nothing has moved for too long, or its user has had enough. */
async function deliver(record: TaskRecord, patienceMs: number, enough: AbortSignal): Promise<boolean> {
  const flushed = record.flush().then(() => true, () => false);
  let waiting = record.publisher.waiting;
  let movedAt = Date.now();
  while (!enough.aborted) {
    const done = await Promise.race([flushed, sleep(100).then(() => null)]);
    if (done !== null) return done;
    if (record.publisher.waiting !== waiting) movedAt = Date.now();
    waiting = record.publisher.waiting;
    if (Date.now() - movedAt > patienceMs) return false;
  }
  return false;
}

/** Runs a command as a task. */
export const command: Command = {
  name: "run",
  summary: "run a command as a task, its output live for whoever watches",
  usage: "run [--title TITLE] [--kind KIND] [--conversation ID] [--wait SECONDS] [--json] -- COMMAND [ARGUMENT…]",
  help: `
Output passes through unchanged, and what is ordered of the task is done to the command: cancel sends SIGTERM and after 10 s SIGKILL,
pause and resume stop it and let it go on, a message is a line on its stdin (unless that is a terminal). Every line of stdout and stderr becomes an event; lines that tell a percent or n/m become the
task's progress; the exit code makes the task completed or failed (with the last lines), Ctrl-C makes it canceled.
A service that is away is waited for, and nothing is lost; if it never comes, the command has run all the same.
The command finds its task's id in TASKWIRE_TASK_ID, if the service is there when it starts.

  --title TITLE        for people; the command line by default
  --kind KIND          what sort of work; the program's name by default
  --conversation ID    group tasks
  --wait SECONDS       after the command's end: how long to wait for a service that is away (${WAIT_SECONDS.known}; ${WAIT_SECONDS.unknown} if it was never there)
  --json               what run itself has to say as JSON lines on stderr
  --url ADDRESS        another service

Exit code: the command's own; 127 there is no such command, 128 + N ended by signal N, 64 wrong usage of run itself.`,
  options: { title: { type: "string" }, kind: { type: "string" }, conversation: { type: "string" }, wait: { type: "string" } },
  trailing: true,
  async run(args, surroundings) {
    const words = args.rest;
    if (words.length === 0) throw new CommandError("a command was expected, such as: taskwire run -- npm test", EXIT.usage);
    const wait = args.text("wait") === undefined ? null : args.whole("wait", 0, 0, 86_400) * 1000;
    const title = args.text("title") ?? words.join(" ").slice(0, TITLE_LENGTH);
    const conversation = args.text("conversation");
    const request = { kind: args.text("kind") ?? kindOf(words[0] ?? ""), title, ...(conversation ? { conversation_id: conversation } : {}) };
    const client = clientFor(signIn(surroundings.settings, args.text("url")));
    return runCommand(words, request, client, wait, sayingTo(surroundings.terminal, args.flag("json")), surroundings);
  },
};

interface OnItsWay {
  readonly task: Promise<string>;
  /** Null while there is none. */
  readonly id: string | null;
  /** Resolves when the id is known, when the service is known to be away, and after `ID_WAIT_MS` anyway. */
  soon(): Promise<void>;
}

/** Creates the task, however long the service is away, until it is enough. Tells what becomes of that. */
function announce(client: Client, request: Parameters<Client["create"]>[0], enough: AbortSignal, tell: Say): OnItsWay {
  let id: string | null = null;
  let away = false;
  const isAway = Promise.withResolvers<void>();
  const noteAway = (error: TaskwireError): void => {
    isAway.resolve();
    if (!away) tell("away", `the service cannot be reached (${error.message}); the command runs, its output is kept and sent when the service comes`);
    away = true;
  };
  const task = client.create(request, { signal: enough, giveUpMs: Number.POSITIVE_INFINITY, onRetry: noteAway }).then(({ task_id }) => {
    id = task_id;
    tell("created", `task ${task_id}, watch it with: taskwire tail ${task_id}`, { task_id });
    return task_id;
  });
  const known = task.then(() => {}, (error) => {
    if (!enough.aborted) tell("unpublished", `nothing is published: ${error.message}${error instanceof TaskwireError ? ` ${error.advice} (${error.code})` : ""}`);
  });
  return {
    task,
    get id() {
      return id;
    },
    soon: () => Promise.race([known, isAway.promise, sleep(ID_WAIT_MS)]),
  };
}

interface Interrupts {
  /** The first that came; null: none has. */
  readonly signal: NodeJS.Signals | null;
  /** The command is over: whoever interrupts now has had enough. */
  over(): void;
  forget(): void;
}

/** Passes signals on to the command, a third one as SIGKILL. */
function passSignals(child: Child, onSignal: Surroundings["onSignal"], enough: AbortController): Interrupts {
  let first: NodeJS.Signals | null = null;
  let over = false;
  let count = 0;
  const forget = onSignal((signal) => {
    first ??= signal;
    if (over) return enough.abort();
    count += 1;
    // A terminal's Ctrl-C has reached the command by itself; a second one means that this was not enough.
    if (signal !== "SIGINT" || !process.stdin.isTTY || count > 1) child.kill(count > 2 ? "SIGKILL" : signal);
  });
  return {
    get signal() {
      return first;
    },
    over: () => void (over = true),
    forget,
  };
}

async function runCommand(words: readonly string[], request: Parameters<Client["create"]>[0], client: Client, wait: number | null, tell: Say, { settings, onSignal }: Surroundings): Promise<number> {
  const enough = new AbortController();
  const announced = announce(client, request, enough.signal, tell);
  await announced.soon();

  const record = createRecord({ client, task: announced.task, signal: enough.signal, note: (text) => tell("note", text) });
  record.started();
  const began = Date.now();
  const child = startChild(words, { ...settings, ...(announced.id === null ? {} : { TASKWIRE_TASK_ID: announced.id }) }, process.stdout, process.stderr, record);
  const steering = createSteering(child, (event) => record.tell(event));
  const obeying = announced.task.then((taskId) => obey(client, taskId, steering, enough.signal), () => {});
  const interrupts = passSignals(child, onSignal, enough);
  const reader = (error: NodeJS.ErrnoException): void => void (error.code === "EPIPE" && child.stopReading());
  process.stdout.on("error", reader);

  const how = await child.ended;
  interrupts.over();
  steering.end();
  if (how.startError) tell("not_started", how.startError);
  const { canceled } = steering;
  if (canceled !== null) record.tell({ type: "command.applied", data: { command_id: canceled.commandId, command: "cancel" } });
  const interrupted = canceled ?? interrupts.signal;
  record.ended(how, interrupted, words[0] ?? "", Date.now() - began);
  const patience = wait ?? (announced.id === null ? WAIT_SECONDS.unknown : WAIT_SECONDS.known) * 1000;
  const delivered = await deliver(record, patience, enough.signal);
  interrupts.forget();
  const { id: taskId } = announced;
  if (!delivered) tell("undelivered", `not everything was published: ${taskId === null ? "the service never came" : "the service is away"}; ${record.publisher.waiting} bytes of events were left`);
  const status = interrupted !== null ? "canceled" : how.exitCode === 0 ? "completed" : "failed";
  if (delivered && taskId !== null) tell("ended", `task ${taskId} ${status}`, { task_id: taskId, status, exit_code: how.exitCode, last_seq: record.publisher.lastSeq, lost: record.lost });
  enough.abort();
  await obeying;
  return how.exitCode;
}

/** Does what is ordered of the task, until it is over or enough. A service that does not answer orders nothing. */
async function obey(client: Client, taskId: string, steering: Steering, signal: AbortSignal): Promise<void> {
  try {
    for await (const { type, data } of client.follow(taskId, { signal })) {
      if (type !== "command.accepted") continue;
      const { command_id: commandId, command, data: more = {}, by = null } = data as { command_id: string; command: string; data?: Record<string, unknown>; by?: string | null };
      steering.obey({ commandId, command, data: more, by });
    }
  } catch {
    // Whoever may publish to it may not watch it, perhaps; then nobody is heard.
  }
}
