/** The `taskwire` command line: finds the command, gives it the terminal and the signals, and turns errors into words and exit codes. */
import process from "node:process";
import { TaskwireError } from "../../clients/typescript/src/client.ts";
import { readArguments } from "./args.ts";
import type { Command, Surroundings } from "./command.ts";
import { CommandError, EXIT, exitCodeOf, messageOf } from "./exit.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

/** Loaded when asked for: `tail` needs nothing of `serve`. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  serve: () => import("./serve.ts"),
  run: () => import("./run.ts"),
  tail: () => import("./tail.ts"),
  publish: () => import("./publish.ts"),
  tasks: () => import("./tasks.ts"),
  create: async () => ({ command: (await import("./create.ts")).create }),
  work: () => import("./work.ts"),
  lease: async () => ({ command: (await import("./create.ts")).lease }),
  ...Object.fromEntries(["cancel", "pause", "resume", "message", "respond", "retry"].map((name) => [name, async () => ({ command: (await import("./order.ts")).ORDERS[name] as Command })])),
  doctor: () => import("./doctor.ts"),
  broker: () => import("./broker.ts"),
  demo: () => import("./demo.ts"),
  ...Object.fromEntries(["index", "sweep", "admin"].map((name) => [name, async () => ({ command: (await import("./operate.ts")).OPERATIONS[name] as Command })])),
};

/** A terminal's Ctrl-C reaches every process of its group, and the launcher passes it on: within this time it is one. Milliseconds. */
const SAME_SIGNAL_MS = 100;

async function overview(terminal: Terminal): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${terminal.colour("cyan", name.padEnd(8))} ${(await load()).command.summary}`),
  );
  return [
    "taskwire: publish a long-running task's events once; watch them live from anywhere.",
    "",
    `${terminal.colour("bold", "Usage")}: taskwire COMMAND [options]`,
    "",
    ...lines,
    "",
    "`taskwire COMMAND --help` says more. Every command takes --json (machine-readable output) and --url ADDRESS.",
    "The service is found by TASKWIRE_URL and TASKWIRE_TOKEN, else by what the one on this machine has left in its state folder.",
    "",
  ].join("\n");
}

function helpOf({ name, usage, summary, help }: Command, { colour }: Terminal): string {
  return `taskwire ${name}: ${summary}\n\n${colour("bold", "Usage")}: taskwire ${usage}\n\n${help.trim()}\n`;
}

function watchSignals(): Pick<Surroundings, "signal" | "onSignal"> {
  const controller = new AbortController();
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const last = new Map<string, number>();
  const receive = (signal: NodeJS.Signals): void => {
    const now = Date.now();
    if (now - (last.get(signal) ?? 0) < SAME_SIGNAL_MS) return;
    last.set(signal, now);
    controller.abort(new CommandError("interrupted", EXIT.interrupted));
    for (const listener of listeners) listener(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, receive);
  return {
    signal: controller.signal,
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function report(error: unknown, json: boolean, { out, note }: Terminal): number {
  if (error instanceof CommandError) {
    if (error.exitCode !== EXIT.interrupted) note(error.message);
    return error.exitCode;
  }
  if (error instanceof TaskwireError) {
    if (json) out.write(`${JSON.stringify({ error: { code: error.code, message: error.message, retryable: error.retryable, advice: error.advice } })}\n`);
    note(`${error.message} ${error.advice} (${error.code})`);
    return exitCodeOf(error);
  }
  note(messageOf(error));
  return EXIT.internal;
}

async function main(argv: readonly string[]): Promise<number> {
  const terminal = createTerminal(process.stdout, process.stderr, process.env);
  const [name = "--help", ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(await overview(terminal));
    return EXIT.ok;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    terminal.note(`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(", ")}. See taskwire --help.`);
    return EXIT.usage;
  }
  const { command } = await load();
  let json = false;
  try {
    const args = readArguments(rest, command.options, command.trailing);
    json = args.flag("json");
    if (args.flag("help")) {
      process.stdout.write(helpOf(command, terminal));
      return EXIT.ok;
    }
    return await command.run(args, { settings: process.env, terminal, ...watchSignals() });
  } catch (error) {
    return report(error, json, terminal);
  }
}

/**
 * Ends a stream and waits until what was written has been taken: a pipe to a slow reader must get it all. (The callback of an empty
 * write is no proof: Bun calls it while earlier writes still wait.)
 */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.once("error", () => resolve());
    stream.end(() => resolve());
  });
}

// Whoever reads our output may leave early (`taskwire tail | head`): that ends the command, without a word.
// `run` listens itself: its command goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => void (stream.listenerCount("error") === 1 && process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.internal)));
}

const code = await main(process.argv.slice(2));
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(code);
