/** `taskwire tail`: a task, live or from its beginning, to its end. */
import { type Client, type ConnectionState, type FollowOptions, type StreamGapFrame, TaskwireError, type TransportName } from "../../clients/typescript/src/client.ts";
import type { Command } from "./command.ts";
import { CommandError, EXIT } from "./exit.ts";
import { clientFor, signIn } from "./sign-in.ts";
import { createView } from "./tail-view.ts";
import { createStatusLine, duration, type StatusLine, type Terminal } from "./terminal.ts";

const TRANSPORTS = ["auto", "websocket", "sse", "long_poll"] as const;
const REPLAYS = ["full", "compact", "none"] as const;
const EXIT_BY_TYPE: Readonly<Record<string, number>> = { "task.completed": EXIT.ok, "task.failed": EXIT.failed, "task.canceled": EXIT.canceled };

function oneOf<T extends string>(name: string, given: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === (given ?? allowed[0]));
  if (found === undefined) throw new CommandError(`--${name} is "${given}"; one of ${allowed.join(", ")} was expected.`, EXIT.usage);
  return found;
}

/** Says when the connection is lost and when it is back: once each, not at every try. */
function tellOfConnection(terminal: Terminal, status: StatusLine, service: string): (state: ConnectionState) => void {
  let lost = false;
  let tries = 0;
  return ({ phase, transport, retryInMs, error }) => {
    if (phase === "waiting" && retryInMs !== null && !lost && ++tries > 0) {
      lost = true;
      status.clear();
      terminal.note(`no connection to ${service}${error ? ` (${error.message})` : ""}; trying again, next in ${duration(retryInMs)}`);
    } else if (phase === "live" && lost) {
      lost = false;
      status.clear();
      terminal.note(`connected again (${transport}); going on where it was`);
    }
  };
}

/** The newest of one's own tasks that is not over, else the newest. */
async function newest(client: Client, signal: AbortSignal): Promise<string> {
  const { tasks } = await client.list({ limit: 50, signal, giveUpMs: 3_000 });
  const found = tasks.find(({ status }) => EXIT_BY_TYPE[`task.${status}`] === undefined) ?? tasks[0];
  if (!found) throw new CommandError("there is no task yet; make one: taskwire run -- COMMAND", EXIT.unknown);
  return found.task_id;
}

async function tailJson(events: AsyncIterable<{ readonly type: string }>, gap: () => StreamGapFrame | null, { out }: Terminal): Promise<number> {
  let code: number = EXIT.ok;
  for await (const event of events) {
    const told = event.type === "task.snapshot" ? gap() : null;
    if (told) out.write(`${JSON.stringify(told)}\n`);
    out.write(`${JSON.stringify(event)}\n`);
    code = EXIT_BY_TYPE[event.type] ?? code;
  }
  return code;
}

/** Follows a task. */
export const command: Command = {
  name: "tail",
  summary: "watch a task, live or from its beginning, to its end",
  usage: "tail [TASK] [--after CURSOR] [--replay full|compact|none] [--transport auto|websocket|sse|long_poll] [--json]",
  help: `
Prints what the task says, resumes by itself after every cut, and ends with the task. Without TASK: the newest one that runs.

  --after CURSOR       go on behind this event instead of from the beginning
  --replay HOW         history in full, compact (joined), or none: only what comes from now on
  --transport NAME     auto: WebSocket, where that does not get through SSE, then long-poll
  --json               one event a line as it came, with its seq and cursor
  --url ADDRESS        another service

Exit code: 0 completed, 1 failed, 2 canceled, 66 no such task, 69 no service, 77 not allowed, 130 Ctrl-C.`,
  options: { after: { type: "string" }, replay: { type: "string" }, transport: { type: "string" } },
  async run(args, { settings, terminal, signal }) {
    if (args.words.length > 1) throw new CommandError(`"${args.words[1]}" was not expected: one task at a time. See taskwire tail --help.`, EXIT.usage);
    const transport: "auto" | TransportName = oneOf("transport", args.text("transport"), TRANSPORTS);
    const replay = oneOf("replay", args.text("replay"), REPLAYS);
    const service = signIn(settings, args.text("url"));
    const client = clientFor(service, { transport });
    const taskId = args.words[0] ?? (await newest(client, signal));
    const status = createStatusLine(terminal);
    let gap: StreamGapFrame | null = null;
    const options: FollowOptions & { after: string | null } = {
      signal,
      replay,
      after: args.text("after") ?? null,
      onState: tellOfConnection(terminal, status, service.url),
      onGap(frame) {
        gap = frame;
        status.clear();
        terminal.note(frame.reason === "retention" ? "events before this are no longer kept; what they came to follows" : "the log was restored from an older state; what it has now follows");
      },
    };
    const events = client.follow(taskId, options);
    const takeGap = (): StreamGapFrame | null => {
      const told = gap;
      gap = null;
      return told;
    };
    const code = args.flag("json") ? await tailJson(events, takeGap, terminal) : await tailText(events, terminal, status);
    if (signal.aborted) throw new CommandError("interrupted", EXIT.interrupted);
    return code;
  },
};

async function tailText(events: ReturnType<Client["follow"]>, terminal: Terminal, status: StatusLine): Promise<number> {
  const view = createView(terminal);
  try {
    for await (const event of events) {
      const printed = view.print(event);
      // A line that has begun would be wiped away by the moving line: that one waits.
      if (printed !== "") status.print(printed);
      if (printed === "" || printed.endsWith("\n")) status.set(terminal.colour("cyan", view.status(terminal.out.columns || 80)));
      else status.clear();
    }
  } catch (error) {
    status.clear();
    if (error instanceof TaskwireError && error.code === "task_unknown") throw new CommandError(`${error.message} See your tasks with: taskwire tasks`, EXIT.unknown);
    throw error;
  }
  status.clear();
  return EXIT_BY_TYPE[`task.${view.outcome}`] ?? EXIT.ok;
}
