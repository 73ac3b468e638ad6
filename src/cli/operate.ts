/** `taskwire index`, `sweep` and `admin`: what operators ask of a running service. They need a token with the scope admin. */
import type { Client } from "../../clients/typescript/src/client.ts";
import type { Command } from "./command.ts";
import { CommandError, EXIT } from "./exit.ts";
import { clientFor, PATIENCE_MS, signIn } from "./sign-in.ts";
import { harmless } from "./terminal.ts";

/** A walk through everything takes as long as it takes. Milliseconds. */
const WALK_MS = 600_000;

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** What is told where `--json` is not given. */
  readonly text: (answer: Json) => string;
}

interface Operating {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly help: string;
  readonly options?: Command["options"];
  /** What is asked; throws a `CommandError` where the words make no sense. */
  readonly operation: (words: readonly string[], flag: (name: string) => boolean) => Operation;
}

function commandOf({ name, summary, usage, help, options = {}, operation }: Operating): Command {
  return {
    name,
    summary,
    usage,
    help: `${help}\n\n  --json           the answer as JSON\n  --url ADDRESS    another service\n\nExit code: 0 done, 77 the token is no administrator's, 69 the service cannot be reached, 64 wrong usage.`,
    options,
    async run(args, { settings, terminal, signal }) {
      const { method, path, text } = operation(args.words, (flag) => args.flag(flag));
      const client: Client = clientFor(signIn(settings, args.text("url")), { settings: { tryMs: WALK_MS } });
      const answer = (await client.call<Json | null>({ method, path }, { signal, giveUpMs: PATIENCE_MS })) ?? {};
      terminal.out.write(args.flag("json") ? `${JSON.stringify(answer)}\n` : `${text(answer)}\n`);
      return EXIT.ok;
    },
  };
}

const wrong = (name: string): CommandError => new CommandError(`That is not how it is used. See taskwire ${name} --help.`, EXIT.usage);
const facts = (answer: Json): string => Object.entries(answer).map(([name, value]) => `${name.padEnd(12)} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join("\n");
const rows = (answer: Json, list: string): string => {
  const all = (answer[list] ?? []) as readonly Json[];
  return all.length === 0 ? "nobody" : all.map((each) => harmless(Object.values(each).map((value) => (Array.isArray(value) ? value.join(",") : String(value))).join("  "), false)).join("\n");
};

/** By the command's name. */
export const OPERATIONS: Readonly<Record<string, Command>> = {
  index: commandOf({
    name: "index",
    summary: "make the list of tasks say what the log says",
    usage: "index rebuild [--json]",
    help: "Walks through every task of the log and writes what the list lacks; takes out what has no log. It may be done at any time.",
    operation([action, ...more]) {
      if (action !== "rebuild" || more.length > 0) throw wrong("index");
      return { method: "POST", path: "/v1/admin/index/rebuild", text: facts };
    },
  }),
  sweep: commandOf({
    name: "sweep",
    summary: "one walk of the sweeper, which does what nobody else would",
    usage: "sweep [--dry-run] [--json]",
    help: "The service sweeps by itself; this is for who does not want to wait, or wants to see.\n\n  --dry-run        only tell what would be done",
    options: { "dry-run": { type: "boolean" } },
    operation(words, flag) {
      if (words.length > 0) throw wrong("sweep");
      return { method: "POST", path: `/v1/admin/sweep?dry_run=${flag("dry-run")}`, text: facts };
    },
  }),
  admin: commandOf({
    name: "admin",
    summary: "who is connected, who watches, how much there is, on all instances",
    usage: "admin stats | connections | watchers TASK | close CONNECTION | cancel TASK [--json]",
    help: "\n  stats             connections, queues and instances\n  connections       everybody who is connected\n  watchers TASK     who watches a task\n  close CONNECTION  end a connection; its client may come back\n  cancel TASK       cancel anybody's task",
    operation([action, of, ...more]) {
      const id = encodeURIComponent(of ?? "");
      const wants = action === "watchers" || action === "close" || action === "cancel";
      if (more.length > 0 || (of !== undefined) !== wants) throw wrong("admin");
      switch (action) {
        case "stats":
          return { method: "GET", path: "/v1/admin/stats", text: facts };
        case "connections":
          return { method: "GET", path: "/v1/admin/connections", text: (answer) => rows(answer, "connections") };
        case "watchers":
          return { method: "GET", path: `/v1/admin/tasks/${id}/watchers`, text: (answer) => rows(answer, "watchers") };
        case "close":
          return { method: "DELETE", path: `/v1/admin/connections/${id}`, text: () => "closed" };
        case "cancel":
          return { method: "POST", path: `/v1/admin/tasks/${id}/cancel`, text: facts };
        default:
          throw wrong("admin");
      }
    },
  }),
};
