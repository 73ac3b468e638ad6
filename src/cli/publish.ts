/** `taskwire publish`: NDJSON from stdin into a task's log. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { EventDraft, Publisher } from "../../clients/typescript/src/client.ts";
import type { Command } from "./command.ts";
import { CommandError, EXIT, messageOf } from "./exit.ts";
import { clientFor, signIn } from "./sign-in.ts";

/** The event in a line. Throws `CommandError` with the line's number. */
export function readEvent(line: string, number: number): EventDraft {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new CommandError(`line ${number} is not JSON: ${messageOf(error)}. One event a line was expected, such as {"type":"log.line","data":{"level":"info","text":"hello"}}`, EXIT.data);
  }
  const { type, data } = (typeof value === "object" && value !== null ? value : {}) as { type?: unknown; data?: unknown };
  if (typeof type === "string" && typeof data === "object" && data !== null) return value as EventDraft;
  throw new CommandError(`line ${number} is no event: an object with "type" and "data" was expected.`, EXIT.data);
}

/** Publishes what comes over stdin. */
export const command: Command = {
  name: "publish",
  summary: "append events from stdin (NDJSON) to a task",
  usage: "publish [TASK] [--kind KIND] [--title TITLE] [--conversation ID] [--json]",
  help: `
Reads one event a line, such as {"type":"log.line","data":{"level":"info","text":"hello"}}, and appends them as they come.
Without TASK a new task is made, and its id printed first. A service that is away for a while is waited for.

  --kind KIND          of the new task (publish)
  --title TITLE        of the new task
  --conversation ID    of the new task
  --json               at the end one object: {"task_id", "events", "refused", "last_seq"}
  --url ADDRESS        another service

Exit code: 0 all stored, 65 a line makes no sense or was refused, 66 no such task, 69 no service, 77 not allowed.`,
  options: { kind: { type: "string" }, title: { type: "string" }, conversation: { type: "string" } },
  async run(args, { settings, terminal, signal }) {
    if (args.words.length > 1) throw new CommandError(`"${args.words[1]}" was not expected: one task at a time. See taskwire publish --help.`, EXIT.usage);
    const client = clientFor(signIn(settings, args.text("url")));
    const json = args.flag("json");
    let taskId = args.words[0];
    if (!taskId) {
      const title = args.text("title");
      const conversation = args.text("conversation");
      ({ task_id: taskId } = await client.create({ kind: args.text("kind") ?? "publish", ...(title ? { title } : {}), ...(conversation ? { conversation_id: conversation } : {}) }, { signal }));
      if (!json) terminal.out.write(`${taskId}\n`);
    }
    let refused = 0;
    let away = false;
    const publisher = client.publisher(taskId, {
      signal,
      onRefused(event, error) {
        refused++;
        terminal.note(`refused: ${event.slice(0, 120)}: ${error.message} (${error.code})`);
      },
      onRetry(error) {
        if (!away) terminal.note(`the service does not take events now (${error.message}); trying on`);
        away = true;
      },
    });
    const events = await pushAll(publisher, signal);
    await publisher.flush();
    if (json) terminal.out.write(`${JSON.stringify({ task_id: taskId, events: events - refused, refused, last_seq: publisher.lastSeq })}\n`);
    return refused > 0 ? EXIT.data : EXIT.ok;
  },
};

/** What was read before a line that makes no sense is stored nevertheless. */
async function pushAll(publisher: Publisher, signal: AbortSignal): Promise<number> {
  const lines = createInterface({ input: createReadStream("", { fd: 0 }), crlfDelay: Number.POSITIVE_INFINITY });
  signal.addEventListener("abort", () => lines.close());
  let number = 0;
  let events = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      const event = readEvent(line, number);
      await publisher.push(event);
      events++;
    }
  } catch (error) {
    if (error instanceof CommandError) await publisher.flush();
    throw error;
  }
  signal.throwIfAborted();
  return events;
}
