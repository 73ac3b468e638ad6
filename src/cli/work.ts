/** `taskwire work`: any program as a worker. Each task that waits is given to a run of it. */
import process from "node:process";
import type { WorkTask } from "../../clients/typescript/src/client.ts";
import type { Arguments } from "./args.ts";
import type { Command } from "./command.ts";
import { CommandError, EXIT, messageOf } from "./exit.ts";
import { completionsUrl } from "./openai.ts";
import { startChild } from "./run-child.ts";
import { createRecord, endEvent } from "./run-record.ts";
import { clientFor, type Settings, signIn } from "./sign-in.ts";
import { createSteering } from "./steer.ts";
import { sayingTo } from "./terminal.ts";
import { type Answering, answer } from "./work-openai.ts";

interface Job {
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Whether its stdin stays open for what people say. */
  readonly listens: boolean;
}

/** What the program came to, where that is no success: the next attempt may do better. */
class ProgramFailed extends Error {
  readonly code: string;
  readonly retryable = true;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs the program for one task; answers its result. Throws `ProgramFailed`, or why the work was ended. */
async function perform(task: WorkTask, { words, env, listens }: Job): Promise<unknown> {
  const { lease } = task;
  const publisher = { push: ({ type, data, ...rest }: { type: string; data: object }) => task.emit(type, data as never, rest as never), flush: () => task.flush(), waiting: 0, lastSeq: lease.last_seq };
  const record = createRecord({ client: { publisher: () => publisher as never }, task: Promise.resolve(task.taskId), signal: task.signal, note: (text) => void process.stderr.write(`${text}\n`) });
  const settings = { ...env, TASKWIRE_TASK_ID: task.taskId, TASKWIRE_ATTEMPT: String(lease.attempt), TASKWIRE_KIND: lease.kind };
  const child = startChild(words, settings, process.stdout, process.stderr, record, { input: `${JSON.stringify(lease.input ?? null)}\n`, listens, group: true });
  const steering = createSteering(child, ({ type, data }) => void task.emit(type, data as never));
  task.onCommand((order) => order.command !== "message" && steering.obey(order));
  if (listens) task.onMessage(({ text }) => void child.write(`${text}\n`));
  task.signal.addEventListener("abort", () => steering.stop());
  const how = await child.ended;
  steering.end();
  record.flushProgress();
  if (task.signal.aborted) throw task.signal.reason;
  if (how.exitCode === 0) return { exit_code: 0 };
  const { data } = endEvent(how, null, words[0] ?? "", 0, record.lastLines) as unknown as { data: { error: { code: string; message: string } } };
  throw new ProgramFailed(data.error.code, data.error.message);
}

/** Requests to a model before it has said anything. */
const TRIES = 4;

/** A model's answer in place of a program; null where none is asked for. */
function answeringOf(args: Arguments, { OPENAI_API_KEY: key }: Settings, note: (text: string) => void): Answering | null {
  const [base, model] = [args.text("openai"), args.text("model")];
  if (base === undefined) {
    if (model !== undefined) throw new CommandError("--model needs --openai URL: where is the model?", EXIT.usage);
    return null;
  }
  if (model === undefined) throw new CommandError("--openai needs --model NAME: which model is to answer?", EXIT.usage);
  if (args.rest.length > 0) throw new CommandError("a command was given beside --openai; one of them works, not both.", EXIT.usage);
  let url: string;
  try {
    url = completionsUrl(base);
  } catch {
    throw new CommandError("--openai is no usable address; such as http://127.0.0.1:11434/v1 was expected, the key in OPENAI_API_KEY.", EXIT.usage);
  }
  return { model: { url, model, key: key || null, silentMs: args.whole("silence", 120, 1, 3_600) * 1_000, tries: TRIES }, system: args.text("system") ?? null, history: args.whole("history", 20, 0, 1_000), note };
}

/** What is to be worked on, and how. */
interface Wish {
  readonly kind: string;
  readonly answering: Answering | null;
  /** It ends after so many tasks. */
  readonly most: number;
  readonly concurrency: number;
  readonly name: string | undefined;
}

/** Reads what is wanted. Throws `CommandError` where words are missing, or do not go together. */
function wishOf(args: Arguments, settings: Settings, note: (text: string) => void): Wish {
  const kind = args.text("kind");
  if (kind === undefined) throw new CommandError("--kind is missing: which tasks are to be worked on?", EXIT.usage);
  const answering = answeringOf(args, settings, note);
  if (answering === null && args.rest.length === 0) throw new CommandError("a command was expected, such as: taskwire work --kind build -- make", EXIT.usage);
  const counted = args.text("tasks") !== undefined;
  if (counted && args.text("concurrency") !== undefined) throw new CommandError("--tasks and --concurrency do not go together: a number of tasks is worked on one at a time.", EXIT.usage);
  return { kind, answering, most: counted ? args.whole("tasks", 1, 1, 1_000_000) : Number.POSITIVE_INFINITY, concurrency: args.whole("concurrency", 1, 1, 64), name: args.text("name") };
}

/** Works. */
export const command: Command = {
  name: "work",
  summary: "make any program a worker: each waiting task of a kind is given to a run of it",
  usage: "work --kind KIND [--concurrency N | --tasks N] [--name NAME] [--messages] [--json] (-- COMMAND [ARGUMENT…] | --openai URL --model NAME)",
  help: `
The program finds the task's input as a line of JSON on its stdin, its id in TASKWIRE_TASK_ID and the try in TASKWIRE_ATTEMPT. Every
line that it prints becomes an event, lines that tell a percent or n/m become progress. Exit code 0 completes the task; any other
fails the attempt, and the task goes to the next one while it has attempts left. Cancel sends SIGTERM, after 10 s SIGKILL; pause and
resume stop the program and let it go on. Ctrl-C takes no more tasks, and gives back what is not done within 10 s.

  --kind KIND        the kind of the tasks
  --concurrency N    programs at once (1)
  --tasks N          ends after so many, one at a time
  --name NAME        names the worker to people
  --messages         stdin stays open: what people say to the task comes as lines
  --json             what work itself has to say as JSON lines on stderr

Or a language model answers, on any server that speaks OpenAI's chat API: its words are the task's message while they come, what was
said in the task's conversation goes along, cancel ends the request. The key is read from OPENAI_API_KEY. While nothing was said it
is asked up to 4 times; an answer that breaks off fails the task.

  --openai URL       where chat/completions is: http://127.0.0.1:11434/v1
  --model NAME       which model
  --system TEXT      what it is told first
  --history N        messages of the conversation that go along (20)
  --silence SECONDS  without a sign of life for so long it has failed (120)

  --url ADDRESS      another service

Exit code: 0 stopped as told or all done, 77 the token may not work, 64 wrong usage.`,
  options: {
    kind: { type: "string" }, concurrency: { type: "string" }, tasks: { type: "string" }, name: { type: "string" }, messages: { type: "boolean" },
    openai: { type: "string" }, model: { type: "string" }, system: { type: "string" }, history: { type: "string" }, silence: { type: "string" },
  },
  trailing: true,
  async run(args, { settings, terminal, signal }) {
    const saying = sayingTo(terminal, args.flag("json"));
    const say = (event: string, text: string, taskId = ""): void => saying(event, text, { task_id: taskId });
    const { kind, answering, most, concurrency, name } = wishOf(args, settings, (text) => say("model", text));
    const client = clientFor(signIn(settings, args.text("url")));
    const job: Job = { words: args.rest, env: { ...settings }, listens: args.flag("messages") };
    const done = new AbortController();
    let count = 0;
    const handler = async (task: WorkTask): Promise<unknown> => {
      say("leased", `task ${task.taskId}, attempt ${task.lease.attempt}`, task.taskId);
      if (answering !== null) return void say("done", `task ${task.taskId} ${await answer(task, client, answering)}`, task.taskId);
      const result = await perform(task, job);
      say("done", `task ${task.taskId} completed`, task.taskId);
      return result;
    };
    say("waiting", `waiting for tasks of the kind ${kind}`);
    await client.work(kind, (task) => handler(task).finally(() => (count += 1) >= most && done.abort()), {
      concurrency, signal: AbortSignal.any([signal, done.signal]), ...(name === undefined ? {} : { workerId: name }),
      onError: (error, taskId) => say("not_done", `task ${taskId}: ${messageOf(error)}`, taskId),
    });
    return EXIT.ok;
  },
};
