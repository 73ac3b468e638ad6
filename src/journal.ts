/** The journal: one line an entry, JSON for machines or words for people. Tokens are struck out whoever wrote them. */
import type { Level } from "./config.ts";
import type { Clock, Fields, Journal } from "./domain/environment.ts";

export interface JournalOptions {
  readonly format: "json" | "pretty";
  readonly level: Level;
  /** Takes one line with its line end. */
  readonly write: (line: string) => void;
  readonly clock: Pick<Clock, "now">;
  /** Colours in pretty lines. */
  readonly colour?: boolean;
}

const RANKS: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const COLOURS: Readonly<Record<Level, string>> = { debug: "2", info: "32", warn: "33", error: "31" };

/** Strikes out what looks like a token: a JWT, a bearer header or subprotocol, a password within an address. */
export function redact(text: string): string {
  return text
    .replace(/\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, "[token]")
    .replace(/\bbearer[ .][A-Za-z0-9._~+/=-]{8,}/gi, "bearer [token]")
    .replace(/:\/\/[^\s/@]*@/g, "://[credentials]@");
}

function cleaned(fields: Fields): Record<string, string | number | boolean | null> {
  const out: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) out[name] = typeof value === "string" ? redact(value) : value;
  return out;
}

/** `key=value`, quoted where blanks, quotes or control characters would make it ambiguous. */
function pair([name, value]: [string, string | number | boolean | null]): string {
  const text = String(value);
  return `${name}=${/^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text)}`;
}

/** Makes a journal that hands finished lines to `write`. Entries below `level` cost nothing but the call. */
export function createJournal({ format, level, write, clock, colour = false }: JournalOptions): Journal {
  const least = RANKS[level];
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const entry = (at: Level, event: string, message: string, fields: Fields = {}): void => {
    if (RANKS[at] < least) return;
    const time = new Date(clock.now()).toISOString();
    const rest = cleaned(fields);
    if (format === "json") {
      write(`${JSON.stringify({ time, level: at, event, message: redact(message), ...rest })}\n`);
      return;
    }
    const words = redact(message).replace(/\p{Cc}+/gu, " ");
    const pairs = Object.entries(rest).map(pair).join(" ");
    write(`${paint("2", time.slice(11, 23))} ${paint(COLOURS[at], at.padEnd(5))} ${words}${pairs === "" ? "" : ` ${paint("2", pairs)}`}\n`);
  };
  return {
    debug: (event, message, fields) => entry("debug", event, message, fields),
    info: (event, message, fields) => entry("info", event, message, fields),
    warn: (event, message, fields) => entry("warn", event, message, fields),
    error: (event, message, fields) => entry("error", event, message, fields),
  };
}
