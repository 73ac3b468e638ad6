/** `taskwire demo`: the worker behind the console's first task, which reads this repository. `npm start` runs it beside the service. */
import type { Command } from "./command.ts";
import { answerQuestion } from "./demo-answer.ts";
import { readRepository } from "./demo-reading.ts";
import { EXIT, messageOf } from "./exit.ts";
import { clientFor, signIn } from "./sign-in.ts";

/** The kind of its tasks: the console's button creates one of it. */
export const DEMO_KIND = "read-repository";
/** The kind of its answers in conversations. */
const ANSWER_KIND = `${DEMO_KIND}-answer`;
const TITLE = "Read this repository and report";

/** Works on the console's example tasks until it is stopped. */
export const command: Command = {
  name: "demo",
  summary: "work on the console's example: read this repository step by step",
  usage: "demo [--first] [--json]",
  help: `
Takes tasks of the kind ${DEMO_KIND}, which the console's button creates, reads this repository's files and reports what it finds; and
of the kind ${ANSWER_KIND}, questions in the console's conversations.
It can be paused, cancelled, asked (send it a word or a folder), and it asks something itself.

  --first              create such a task where there is no task yet
  --json               what happens as JSON lines
  --url ADDRESS        another service

Exit code: 0 stopped, 75 the service cannot be reached, 77 the token may not work.`,
  options: { first: { type: "boolean" } },
  async run(args, { settings, terminal, signal }) {
    const client = clientFor(signIn(settings, args.text("url")));
    const say = (event: string, taskId: string, text: string): void => (args.flag("json") ? void terminal.out.write(`${JSON.stringify({ event, task_id: taskId })}\n`) : terminal.note(text));
    if (args.flag("first") && (await client.list({ limit: 1, signal })).tasks.length === 0) {
      const { task_id: taskId } = await client.create({ kind: DEMO_KIND, title: TITLE, queue: true }, { signal });
      say("created", taskId, "the first task is there to be looked at on the page: it reads this repository");
    }
    const options = {
      workerId: "reader", concurrency: 4, signal, graceMs: 500,
      onError: (error: unknown, taskId: string) => say("not_done", taskId, `task ${taskId}: ${messageOf(error)}`),
    };
    await Promise.all([client.work(DEMO_KIND, readRepository, options), client.work(ANSWER_KIND, answerQuestion, options)]);
    return EXIT.ok;
  },
};
