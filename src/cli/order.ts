/** `taskwire cancel`, `pause`, `resume`, `message`, `respond` and `retry`: what is ordered of a task. */
import type { Client } from "../../clients/typescript/src/client.ts";
import type { Arguments } from "./args.ts";
import type { Command } from "./command.ts";
import { CommandError, EXIT } from "./exit.ts";
import { clientFor, PATIENCE_MS, signIn } from "./sign-in.ts";

interface Ordering {
  readonly name: string;
  readonly summary: string;
  /** What follows the command's name. */
  readonly words: readonly string[];
  readonly help: string;
  readonly options?: Command["options"];
  /** Does it; answers what is told, and as JSON. */
  readonly order: (client: Client, words: readonly string[], args: Arguments, signal: AbortSignal) => Promise<{ readonly text: string; readonly json: object }>;
}

function commandOf({ name, summary, words, help, options = {}, order }: Ordering): Command {
  return {
    name,
    summary,
    usage: `${name} ${words.join(" ")}${Object.keys(options).map((option) => ` [--${option} …]`).join("")} [--json]`,
    help: `${help}\n\n  --json           the answer as JSON\n  --url ADDRESS    another service\n\nExit code: 0 the service has taken it, 1 it was refused, 69 the service cannot be reached, 64 wrong usage.`,
    options,
    async run(args, { settings, terminal, signal }) {
      const wanted = words.filter((word) => !word.startsWith("["));
      if (args.words.length < wanted.length || args.words.length > words.length) throw new CommandError(`${words.join(" ")} was expected. See taskwire ${name} --help.`, EXIT.usage);
      const { text, json } = await order(clientFor(signIn(settings, args.text("url"))), args.words, args, signal);
      if (args.flag("json")) terminal.out.write(`${JSON.stringify(json)}\n`);
      else terminal.note(text);
      return EXIT.ok;
    },
  };
}

/** A plain command to a task. */
function plain(name: "cancel" | "pause" | "resume", summary: string, help: string): Command {
  return commandOf({
    name,
    summary,
    words: ["TASK"],
    help: `${help}\n\n  --reason TEXT    why, for people`,
    options: { reason: { type: "string" } },
    async order(client, [taskId = ""], args, signal) {
      const reason = args.text("reason");
      const json = await client.command(taskId, name, reason === undefined ? undefined : { reason }, { signal, giveUpMs: PATIENCE_MS });
      return { text: json.outcome === "applied" ? `${name}: done` : `${name}: ordered; its worker says when it is done (taskwire tail ${taskId})`, json };
    },
  });
}

/** A JSON value; a text that is none stands for itself. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** By the command's name. */
export const ORDERS: Readonly<Record<string, Command>> = {
  cancel: plain("cancel", "cancel a task", "A task that waits ends at once; one at work when its worker says so, or after 30 s without it."),
  pause: plain("pause", "let a task rest", "Its worker rests at the next place where it can."),
  resume: plain("resume", "let a paused task go on", "Its worker goes on from where it rested."),
  message: commandOf({
    name: "message",
    summary: "say something to a task",
    words: ["TASK", "TEXT"],
    help: "Its worker reads it; it is a message of the conversation, too.",
    async order(client, [taskId = "", text = ""], _args, signal) {
      return { text: "said", json: await client.command(taskId, "message", { text }, { signal, giveUpMs: PATIENCE_MS }) };
    },
  }),
  respond: commandOf({
    name: "respond",
    summary: "answer a task's question",
    words: ["TASK", "REQUEST", "[ANSWER]"],
    help: "ANSWER is JSON, or a text; it is held to the question's schema. taskwire tail shows what is asked.\n\n  --outcome WHAT   answered (the default), approved or denied",
    options: { outcome: { type: "string" } },
    async order(client, [taskId = "", request = "", answer], args, signal) {
      const outcome = args.text("outcome");
      const data = { request_id: request, ...(outcome === undefined ? {} : { outcome }), ...(answer === undefined ? {} : { response: valueOf(answer) }) };
      return { text: "answered", json: await client.command(taskId, "respond", data, { signal, giveUpMs: PATIENCE_MS }) };
    },
  }),
  retry: commandOf({
    name: "retry",
    summary: "do a finished task again",
    words: ["TASK"],
    help: "A new task of the same kind, title and input; at most one at a time.",
    async order(client, [taskId = ""], _args, signal) {
      const json = await client.retry(taskId, { signal, giveUpMs: PATIENCE_MS });
      return { text: `task ${json.task_id}, watch it with: taskwire tail ${json.task_id}`, json };
    },
  }),
};
