/** What the console's first task finds out about this repository's files, one file at a time. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
/** This repository's own folder. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
/** Folders that are made, fetched or the version control's. */
const APART = new Set(["node_modules", "dist", "__pycache__", "__transpiled"]);
const TEXT = new Set([".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".md", ".yaml", ".yml", ".json", ".py", ".swift", ".toml", ".conf", ".txt", ".sh"]);
const LANGUAGES: Readonly<Record<string, string>> = { ".ts": "TypeScript", ".tsx": "TypeScript", ".js": "JavaScript", ".mjs": "JavaScript", ".css": "CSS", ".html": "HTML", ".md": "Markdown", ".yaml": "YAML", ".yml": "YAML", ".json": "JSON", ".py": "Python", ".swift": "Swift" };
/** Words that say nothing of what a text is about. */
const PLAIN = new Set("the a an and or of to in is it its that this which who what with for from on as by at be are was not no one where when all each than then so how what has have had them they their there into over only also may can will would does do if but own more other out up".split(" "));
const GIT_LIMIT_MS = 10_000;

/** One file, read. */
export interface FileFacts {
  /** With slashes, below the repository's folder. */
  readonly path: string;
  readonly language: string;
  readonly bytes: number;
  readonly lines: number;
  readonly digest: string;
  readonly text: string;
}

/** The paths of all files that people write, by name. */
export async function listFiles(): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(ROOT, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !APART.has(entry.name) && !entry.name.startsWith(".")) await walk(path);
      else if (entry.isFile() && TEXT.has(extname(entry.name)) && !/\.min\.js$|-lock\.json$/.test(entry.name)) found.push(path.split(sep).join("/"));
    }
  };
  await walk("");
  return found.sort();
}

/** Reads one file. Throws where it has gone in between. */
export async function readFacts(path: string): Promise<FileFacts> {
  const text = await readFile(join(ROOT, path), "utf8");
  return { path, language: LANGUAGES[extname(path)] ?? "other", bytes: Buffer.byteLength(text), lines: text.split("\n").length, digest: createHash("sha256").update(text).digest("hex"), text };
}

/** How often a file was changed, renamings followed, and when last; null where there is no history at hand. */
export async function historyOf(path: string): Promise<{ readonly changes: number; readonly last: string | null } | null> {
  try {
    const { stdout } = await run("git", ["log", "--follow", "--format=%cI", "--", path], { cwd: ROOT, timeout: GIT_LIMIT_MS });
    const times = stdout.split("\n").filter((line) => line !== "");
    return { changes: times.length, last: times[0] ?? null };
  } catch {
    return null;
  }
}

/** The words that a text uses most, the commonest first. */
export function frequentWords(text: string, most: number): readonly { readonly word: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[a-z][a-z-]{2,}/g) ?? []) if (!PLAIN.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, most).map(([word, count]) => ({ word, count }));
}

/** Items by what they have in common. */
export function grouped<Item>(items: readonly Item[], by: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group) group.push(item);
    else groups.set(by(item), [item]);
  }
  return groups;
}

/** How many words a text has. */
export function wordsIn(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** The files of this repository that a file imports; without those of which only types are wanted, where `values` are asked for. */
export function importsOf({ path, text }: FileFacts, values = false): readonly string[] {
  const named = [...(values ? text.replace(/import type [^;]*;/g, "") : text).matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)].map((match) => match[1] ?? "");
  return [...new Set(named.map((target) => posix.normalize(posix.join(posix.dirname(path), target))))];
}

/** What a file says of itself in its first comment, or its first heading; null where it says nothing. */
export function purposeOf({ path, text }: FileFacts): string | null {
  const comment = /^(?:#!.*\n)?\s*\/\*\*?\s*([\s\S]*?)\*\//.exec(text)?.[1] ?? /^(?:#!.*\n)?\s*"""([\s\S]*?)"""/.exec(text)?.[1] ?? (path.endsWith(".md") ? /^# .+\n+([^\n#|<-].+(?:\n[^\n#|<-].+)*)/m.exec(text)?.[1] : undefined);
  const words = comment?.replace(/^\s*\*\s?/gm, " ").replace(/[*`]|\]\([^)]*\)|\[/g, "").replace(/\s+/g, " ").trim();
  return words ? (/^.{10,}?\.(?= |$)/.exec(words)?.[0] ?? words).slice(0, 240) : null;
}

/** The folder that a file belongs to, to people: `src/log`, `clients/swift`, or the file's own where it lies at the top. */
export function roomOf(path: string): string {
  const parts = path.split("/");
  return parts.length === 1 ? "." : parts.slice(0, Math.min(2, parts.length - 1)).join("/");
}

/** A ring of imports: the files in it, in order; null where there is none. */
export function ringIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]): readonly string[] | null => {
    if (way.includes(path)) return way.slice(way.indexOf(path));
    if (done.has(path)) return null;
    for (const next of graph.get(path) ?? []) {
      const ring = walk(next, [...way, path]);
      if (ring) return ring;
    }
    done.add(path);
    return null;
  };
  for (const path of graph.keys()) {
    const ring = walk(path, []);
    if (ring) return ring;
  }
  return null;
}
