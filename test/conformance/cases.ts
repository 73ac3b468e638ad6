/** Cases as they stand in `cases/*.yaml`, one for each transport that they are for, checked for words that nobody knows. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "./server/server.ts";
import { STEP_WORDS } from "./server/steps.ts";

export type TransportName = "websocket" | "sse" | "long_poll";
export type Bounds = number | { readonly at_least?: number; readonly at_most?: number };

/** One step of the client's side: a word, or words with what belongs to them. */
export type ClientStep = string | Readonly<Record<string, unknown>>;

export interface Expectation {
  readonly events?: unknown;
  readonly has?: readonly unknown[];
  readonly error?: Readonly<Record<string, unknown>>;
  readonly gaps?: readonly unknown[];
  readonly phases?: readonly string[];
  readonly live?: readonly string[];
  readonly asked?: Bounds;
  readonly connections?: Bounds;
  readonly took?: Bounds;
  readonly view?: Readonly<Record<string, unknown>>;
  readonly posted?: unknown;
  readonly told?: readonly unknown[];
  readonly never?: readonly unknown[];
  readonly open?: boolean;
}

export interface Case {
  readonly name: string;
  readonly file: string;
  readonly transports: readonly TransportName[];
  readonly needs: readonly string[];
  readonly token?: string;
  readonly tokens?: readonly (string | null)[];
  /** In place of the scripted server's address; `SERVER` in it stands for that. */
  readonly url?: string;
  readonly settings: Readonly<Record<string, number>>;
  readonly server: readonly Entry[];
  readonly do: readonly ClientStep[];
  readonly expect: Expectation;
}

type Written = Omit<Case, "file" | "transports" | "needs" | "settings"> & Partial<Pick<Case, "transports" | "needs" | "settings">> & { readonly over?: readonly TransportName[] };

const FIELDS = new Set(["name", "over", "transports", "needs", "token", "tokens", "url", "settings", "server", "do", "expect"]);
const ENTRY_FIELDS = new Set(["on", "only", "task", "door", "wants", "body", "since", "times", "do"]);
const EXPECTED = new Set(["events", "has", "error", "gaps", "phases", "live", "asked", "connections", "took", "view", "posted", "told", "never", "open"]);

function unknownWords(value: object, known: ReadonlySet<string>): string[] {
  return Object.keys(value).filter((word) => !known.has(word));
}

/** Says what is wrong with a case's words; nothing where all are known. */
function faults(written: Written): string[] {
  const entries = (written.server ?? []).flatMap((entry) => [
    ...unknownWords(entry, ENTRY_FIELDS),
    ...(entry.do ?? []).flatMap((step) => (typeof step === "string" ? [step] : Object.keys(step))).filter((word) => !STEP_WORDS.has(word)),
  ]);
  return [...unknownWords(written, FIELDS), ...entries, ...unknownWords(written.expect ?? {}, EXPECTED)];
}

function expand(written: Written, file: string): Case[] {
  const wrong = faults(written);
  if (wrong.length > 0) throw new Error(`${file}: "${written.name}": nobody knows ${wrong.join(", ")}`);
  const { over, transports = ["websocket", "sse", "long_poll"], needs = [], settings = {}, ...rest } = written;
  const of = (name: string, used: readonly TransportName[]): Case => ({
    ...rest, name, file, settings, transports: used, server: written.server ?? [], do: written.do ?? [{ follow: "t1" }], expect: written.expect ?? {},
    needs: [...new Set([...needs, ...used])],
  });
  if (!over) return [of(written.name, transports)];
  return over.map((transport) => {
    const one = of(`${written.name}, over ${transport}`, written.transports ?? [transport]);
    return { ...one, server: one.server.filter(({ only }) => only === undefined || only.includes(transport)) };
  });
}

/** All cases of a folder, in order of files and places in them. Throws for words that nobody knows, and for names that are there twice. */
export function readCases(folder: string): Case[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml")).sort();
  const cases = files.flatMap((file) => (Bun.YAML.parse(readFileSync(join(folder, file), "utf8")) as Written[]).flatMap((written) => expand(written, file.replace(/\.yaml$/, ""))));
  const names = cases.map(({ name }) => name);
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  if (twice.length > 0) throw new Error(`these names are there twice: ${twice.join("; ")}`);
  return cases;
}
