/** `taskwire tasks`: the list of one's own tasks. */
import type { TaskSummary } from "../../clients/typescript/src/client.ts";
import type { Command } from "./command.ts";
import { CommandError, EXIT } from "./exit.ts";
import { clientFor, signIn } from "./sign-in.ts";
import { type Colour, harmless, type Terminal } from "./terminal.ts";

const STATUS_COLOURS: Readonly<Record<string, Colour>> = { completed: "green", failed: "red", canceled: "yellow", running: "cyan", waiting: "yellow", paused: "yellow", recovering: "yellow" };

/** Time since then, in one unit. */
function age(time: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(time).getTime()) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function lineOf(task: TaskSummary, width: number, now: number, terminal: Terminal): string {
  const percent = task.percent === undefined ? "" : `${Math.floor(task.percent)}%`;
  const status = terminal.colour(STATUS_COLOURS[task.status] ?? "dim", task.status.padEnd(10));
  const title = harmless(`${task.kind}  ${task.title ?? ""}`.trim(), false).replace(/\s+/g, " ");
  return `${task.task_id.padEnd(width)}  ${status} ${percent.padStart(4)}  ${age(task.updated_at, now).padStart(6)}  ${title}`;
}

/** Lists tasks. */
export const command: Command = {
  name: "tasks",
  summary: "list my tasks, the newest change first",
  usage: "tasks [--status STATUS] [--conversation ID] [--limit N] [--json]",
  help: `
  --status STATUS      only these: queued, running, paused, waiting, recovering, completed, failed, canceled
  --conversation ID    only those of one conversation
  --limit N            at most so many (20)
  --json               one JSON object a line
  --url ADDRESS        another service`,
  options: { status: { type: "string" }, conversation: { type: "string" }, limit: { type: "string" } },
  async run(args, { settings, terminal, signal }) {
    if (args.words.length > 0) throw new CommandError(`"${args.words[0]}" was not expected. See taskwire tasks --help.`, EXIT.usage);
    const client = clientFor(signIn(settings, args.text("url")));
    const wanted = args.whole("limit", 20, 1, 10_000);
    const status = args.text("status");
    const conversation = args.text("conversation");
    const tasks: TaskSummary[] = [];
    let before: string | undefined;
    do {
      const page = await client.list({ limit: Math.min(200, wanted - tasks.length), signal, giveUpMs: 3_000, ...(status ? { status } : {}), ...(conversation ? { conversation } : {}), ...(before ? { before } : {}) });
      tasks.push(...page.tasks);
      before = page.next ?? undefined;
    } while (before !== undefined && tasks.length < wanted);
    if (args.flag("json")) for (const task of tasks) terminal.out.write(`${JSON.stringify(task)}\n`);
    else if (tasks.length === 0) terminal.note("no tasks yet; make one: taskwire run -- COMMAND");
    else for (const task of tasks) terminal.out.write(`${lineOf(task, Math.max(...tasks.map(({ task_id }) => task_id.length)), Date.now(), terminal)}\n`);
    return EXIT.ok;
  },
};
