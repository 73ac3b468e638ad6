/** What a command is: data for the help, and a function that answers its exit code. */
import type { Arguments, Options } from "./args.ts";
import type { Settings } from "./sign-in.ts";
import type { Terminal } from "./terminal.ts";

export interface Surroundings {
  readonly settings: Settings;
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Told of every SIGINT, SIGTERM and SIGHUP; the answer ends it. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** All of `--help` below the first line. */
  readonly help: string;
  readonly usage: string;
  readonly options: Options;
  /** The first word ends the options. */
  readonly trailing?: boolean;
  run(args: Arguments, surroundings: Surroundings): Promise<number>;
}
