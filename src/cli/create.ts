/** `taskwire create` and `taskwire lease`: a task for whoever works on its kind, and one taken by hand. */
import { readFileSync } from "node:fs";
import type { Command } from "./command.ts";
import { CommandError, EXIT, messageOf } from "./exit.ts";
import { clientFor, PATIENCE_MS, signIn } from "./sign-in.ts";

/** The value behind `--input`: JSON, or `@FILE` with JSON in it. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text);
  } catch (error) {
    throw new CommandError(`--input is not JSON: ${messageOf(error)}. Expected such as --input '{"commit":"8a183bc"}', or --input @FILE.`, EXIT.usage);
  }
}

/** Creates a task that waits for a worker. */
export const create: Command = {
  name: "create",
  summary: "create a task that waits for a worker",
  usage: "create KIND [--input JSON] [--title TITLE] [--conversation ID] [--priority high|normal|low] [--attempts N] [--delay SECONDS] [--deadline TIME] [--json]",
  help: `
  --input JSON         what the work is to be done on; @FILE reads it from there
  --title TITLE        for people
  --conversation ID    group tasks
  --priority HOW       high, normal (the default) or low
  --attempts N         how often it is given to a worker before it fails (3)
  --delay SECONDS      it is not given to a worker before
  --deadline TIME      RFC 3339; it has failed if it has not ended by then
  --json               the answer as JSON
  --url ADDRESS        another service

Prints the task's id.`,
  options: { input: { type: "string" }, title: { type: "string" }, conversation: { type: "string" }, priority: { type: "string" }, attempts: { type: "string" }, delay: { type: "string" }, deadline: { type: "string" } },
  async run(args, { settings, terminal, signal }) {
    const [kind, ...more] = args.words;
    if (kind === undefined || more.length > 0) throw new CommandError("One KIND was expected. See taskwire create --help.", EXIT.usage);
    const { title, conversation, priority, deadline, input } = Object.fromEntries(["title", "conversation", "priority", "deadline", "input"].map((name) => [name, args.text(name)]));
    const made = await clientFor(signIn(settings, args.text("url"))).create({
      kind,
      queue: true,
      ...(input === undefined ? {} : { input: inputOf(input) }),
      ...(title === undefined ? {} : { title }),
      ...(conversation === undefined ? {} : { conversation_id: conversation }),
      ...(priority === undefined ? {} : { priority: priority as "high" }),
      ...(args.text("attempts") === undefined ? {} : { max_attempts: args.whole("attempts", 3, 1, 100) }),
      ...(args.text("delay") === undefined ? {} : { delay_seconds: args.whole("delay", 0, 0, 2_592_000) }),
      ...(deadline === undefined ? {} : { deadline }),
    }, { signal, giveUpMs: PATIENCE_MS });
    terminal.out.write(args.flag("json") ? `${JSON.stringify(made)}\n` : `${made.task_id}\n`);
    return EXIT.ok;
  },
};

/** Takes one task by hand. */
export const lease: Command = {
  name: "lease",
  summary: "take one waiting task, for scripts: prints its lease as JSON",
  usage: "lease KIND [--wait SECONDS] [--name NAME]",
  help: `
Publish under it with the header Taskwire-Lease, or keep it with POST /v1/tasks/TASK/lease/heartbeat; else it is over after lease_ms.

  --wait SECONDS   for the first, at most 30 (0)
  --name NAME      names the worker to people
  --url ADDRESS    another service

Exit code: 0 a lease was printed, 75 nothing waits.`,
  options: { wait: { type: "string" }, name: { type: "string" } },
  async run(args, { settings, terminal, signal }) {
    const [kind, ...more] = args.words;
    if (kind === undefined || more.length > 0) throw new CommandError("One KIND was expected. See taskwire lease --help.", EXIT.usage);
    const name = args.text("name");
    const leases = await clientFor(signIn(settings, args.text("url"))).lease(kind, { wait: args.whole("wait", 0, 0, 30), signal, ...(name === undefined ? {} : { workerId: name }) });
    const [taken] = leases;
    if (taken === undefined) return EXIT.nothing;
    terminal.out.write(`${JSON.stringify(taken)}\n`);
    return EXIT.ok;
  },
};
