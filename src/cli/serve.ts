/** `taskwire serve`: the service itself, and for who just started it, what to do next. */
import process from "node:process";
import { serve } from "../main.ts";
import type { Command } from "./command.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** What somebody who started the service may want to do now. */
function nextSteps(url: string, { colour }: Terminal): string {
  return [
    `  Page     ${colour("cyan", `${url}/`)}`,
    `  Next     ${colour("cyan", "npx taskwire run -- npm test")}   any command as a task (in another terminal)`,
    `           ${colour("cyan", "npx taskwire tail")}              watch it`,
    "",
  ].join("\n");
}

/** Runs the service in the foreground. */
export const command: Command = {
  name: "serve",
  summary: "run the service in the foreground",
  usage: "serve [--json]",
  help: `
Settings come from the environment: HOST (127.0.0.1), PORT (8080, 0 for any), NATS_URL (a broker; without it the service runs
its own), TASKWIRE_HOME (where its state lies), TASKWIRE_JWKS_URL or TASKWIRE_JWT_SECRET with TASKWIRE_ISSUER and
TASKWIRE_AUDIENCE (who signs tokens; without them a development issuer, on loopback only). The README has all of them.
Says "Taskwire is ready at ADDRESS" when it is. SIGTERM or Ctrl-C ends it, its watchers sent away in order.

  --json               the journal as JSON lines

Exit code: 0 ended as told, 1 it could not start, 2 a setting makes no sense.`,
  options: {},
  async run(args, { settings, terminal }) {
    const extra = args.words[0] ?? args.rest[0];
    if (extra !== undefined) throw new CommandError(`"${extra}" was not expected. See taskwire serve --help.`, EXIT.usage);
    if (args.text("url") !== undefined) throw new CommandError("--url makes no sense here: HOST and PORT say where the service listens.", EXIT.usage);
    return serve(args.flag("json") ? { ...settings, TASKWIRE_LOG: "json" } : settings, {
      onReady(url) {
        terminal.out.write(nextSteps(url, terminal));
        // Whoever started this process may wait for it.
        process.send?.({ ready: url });
      },
    });
  },
};
