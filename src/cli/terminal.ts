/** Where a command writes: what it produces to stdout, what it has to say to stderr; colours and a moving line only on a terminal. */

/** The part of a stream that is used. */
export interface Output {
  write(text: string | Uint8Array): boolean;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  /** Whether people look at stdout. */
  readonly live: boolean;
  colour(name: Colour, text: string): string;
  /** A line of the command's own about what happens, on stderr. */
  note(text: string): void;
}

export type Colour = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 };

/** A terminal on two streams. Without colours where `NO_COLOR` is set or nobody looks. */
export function createTerminal(out: Output, err: Output, settings: Readonly<Record<string, string | undefined>>): Terminal {
  const live = out.isTTY === true && settings.TERM !== "dumb";
  const colours = live && !settings.NO_COLOR;
  return {
    out,
    err,
    live,
    colour: (name, text) => (colours ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text),
    note: (text) => void err.write(`taskwire: ${text}\n`),
  };
}

// Escape sequences that move the cursor, set titles or paste into a shell; colours (…m) are let through where asked for.
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])/g;
// biome-ignore lint: control characters are what this is about
const CONTROL = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text of others made safe to print: nothing in it can move the cursor, change the title or hide. Colours stay if `colours`. */
export function harmless(text: string, colours: boolean): string {
  return text
    .replace(SEQUENCE, (sequence, final) => (colours && final === "m" ? sequence : ""))
    .replace(colours ? /\u001b(?!\[[0-9;:]*m)/g : /\u001b/g, "")
    .replace(CONTROL, "");
}

/** One moving line below everything else. */
export interface StatusLine {
  /** Writes whole lines above it. */
  print(text: string): void;
  set(text: string): void;
  clear(): void;
}

/** A status line; off a terminal it only prints. */
export function createStatusLine({ out, live }: Terminal): StatusLine {
  let shown = "";
  const wipe = (): void => void (shown !== "" && out.write("\r\u001b[2K"));
  return {
    print(text) {
      wipe();
      out.write(text);
      if (shown !== "") out.write(shown);
    },
    set(text) {
      if (!live || text === shown) return;
      wipe();
      shown = text;
      out.write(shown);
    },
    clear() {
      wipe();
      shown = "";
    },
  };
}

/** A bar of `width` cells for 0..100. */
export function bar(percent: number, width: number): string {
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)}`;
}

/** Time of day of an RFC 3339 time, in the reader's zone; blanks where there is none. */
export function clockTime(time: string | undefined): string {
  const date = time === undefined ? null : new Date(time);
  return date && !Number.isNaN(date.getTime()) ? date.toTimeString().slice(0, 8) : "        ";
}

/** Milliseconds for people. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** What a command says of itself while it works: for people, or with `--json` as a line of JSON; on stderr, as stdout is what it produces. */
export type Say = (event: string, text: string, facts?: Readonly<Record<string, string | number | boolean>>) => void;

/** Says it there. */
export function sayingTo({ err, note }: Pick<Terminal, "err" | "note">, json: boolean): Say {
  return (event, text, facts = {}) => (json ? void err.write(`${JSON.stringify({ event, message: text, ...facts })}\n`) : note(text));
}
