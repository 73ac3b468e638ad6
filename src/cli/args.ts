/** Reading a command's arguments: `node:util` parses, this says what was wrong in words of the command. */
import { parseArgs } from "node:util";
import { CommandError, EXIT } from "./exit.ts";

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
}

export type Options = Readonly<Record<string, Option>>;

export interface Arguments {
  readonly words: readonly string[];
  /** What follows `--` (or, where the command asks for it, the first word). */
  readonly rest: readonly string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
  /** A whole number within bounds, or the fallback where the option is not given. */
  whole(name: string, fallback: number, least: number, most: number): number;
}

/** Options that every command has. */
const SHARED: Options = { help: { type: "boolean", short: "h" }, json: { type: "boolean" }, url: { type: "string" } };

/** Parses. `trailing`: the first word ends the options, as with `env` or `time`. Throws `CommandError` with exit code 64. */
export function readArguments(argv: readonly string[], options: Options, trailing = false): Arguments {
  const all: Options = { ...SHARED, ...options };
  const at = trailing ? endOfOptions(argv, all) : argv.indexOf("--");
  const own = at === -1 ? argv : argv.slice(0, at);
  const rest = at === -1 ? [] : argv.slice(argv[at] === "--" ? at + 1 : at);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...own], options: { ...all }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message.split(". ")[0] : error}.`, EXIT.usage);
  }
  const text = (name: string): string | undefined => {
    const value = parsed.values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    words: parsed.positionals,
    rest,
    text,
    flag: (name) => parsed.values[name] === true,
    whole(name, fallback, least, most) {
      const given = text(name);
      if (given === undefined) return fallback;
      const value = Number(given);
      if (Number.isInteger(value) && value >= least && value <= most) return value;
      throw new CommandError(`--${name} is "${given}"; a whole number from ${least} to ${most} was expected.`, EXIT.usage);
    },
  };
}

/** Where the options end: at `--`, or at the first word that is neither an option nor its value; -1 where all are options. */
function endOfOptions(argv: readonly string[], options: Options): number {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--" || !word.startsWith("-") || word === "-") return at;
    if (word.includes("=")) continue;
    const found = Object.entries(options).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)?.[1];
    if (found?.type === "string") at++;
  }
  return -1;
}
