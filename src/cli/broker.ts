/** `taskwire broker`: where trusted producers write straight to the broker, and as who. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "./command.ts";
import { CommandError, EXIT } from "./exit.ts";
import { type Settings, stateFolder } from "./sign-in.ts";

/** What producers write to; and what their client must call its inbox, for acknowledgements to reach it. */
const SUBJECT = "agent_progress.TASK_ID";
const INBOX_PREFIX = "_INBOX.producer";

interface Access {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What the service has written down about its own nats-server. Throws `CommandError` where there is nothing. */
function producerAccess(settings: Settings): Access {
  const file = join(stateFolder(settings), "nats", "server.json");
  let state: { readonly port?: unknown; readonly producer?: { readonly user?: unknown; readonly password?: unknown } | null; readonly server?: unknown };
  try {
    state = JSON.parse(readFileSync(file, "utf8")) as typeof state;
  } catch {
    throw new CommandError(`no service has run a broker of its own here: ${file} is not there, or cannot be read. Start one with \`taskwire serve\`, set TASKWIRE_HOME to its state folder, or, with a broker of yours, NATS_URL.`, EXIT.unavailable);
  }
  const { port, producer, server } = state;
  if (server === null || server === undefined) throw new CommandError("the service's broker does not run. Start the service with `taskwire serve`.", EXIT.unavailable);
  if (typeof port !== "number" || typeof producer?.user !== "string" || typeof producer.password !== "string") throw new CommandError("the broker that runs was started by an earlier version, which knew no producers. Stop the service and start it again.", EXIT.unavailable);
  return { url: `nats://127.0.0.1:${port}`, user: producer.user, password: producer.password };
}

/** Tells how a trusted producer reaches the service's own broker. */
export const command: Command = {
  name: "broker",
  summary: "where trusted producers write straight to the broker, and as who",
  usage: "broker [--json]",
  help: `
Tells address, name and password of the broker that the service runs by itself, for programs that write agent progress
straight to it. They may publish to ${SUBJECT} and do nothing else. The address and the password
stay the same when the service is started again, as long as nobody else has taken the port.
With a broker of your own (NATS_URL) its operator gives producers a user that may publish to agent_progress.*.

  --json           the same as JSON

Exit code: 0 told, 69 there is no such broker here, 64 wrong usage.`,
  options: {},
  async run(args, { settings, terminal }) {
    if (args.words.length > 0) throw new CommandError(`"${args.words[0]}" was not expected. See taskwire broker --help.`, EXIT.usage);
    if (settings.NATS_URL) throw new CommandError("NATS_URL is set: the broker is yours. Give producers a user of it that may publish to agent_progress.*.", EXIT.unavailable);
    const { url, user, password } = producerAccess(settings);
    const address = new URL(url);
    [address.username, address.password] = [user, password];
    const told = { nats_url: address.href, url, user, password, inbox_prefix: INBOX_PREFIX, subject: SUBJECT };
    terminal.out.write(args.flag("json") ? `${JSON.stringify(told)}\n` : `${Object.entries(told).map(([name, value]) => `${name.padEnd(13)} ${value}`).join("\n")}\n`);
    return EXIT.ok;
  },
};
