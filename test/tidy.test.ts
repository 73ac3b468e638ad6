/** The rules of the house that a reader cannot be expected to check by eye: who may import whom, and what stays at the edge. */
import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

const ROOT = dirname(import.meta.dir);

/** Which rooms of `src/` a room may import, itself always included. `ports` are files that any room may see. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  log: ["domain"],
  feed: ["domain", "log/port.ts"],
  work: ["domain", "log/port.ts"],
  delivery: ["domain", "feed", "dialects/port.ts"],
  dialects: ["domain"],
  http: ["domain", "delivery", "dialects", "feed", "work", "log/port.ts"],
  runtime: ["domain", "delivery", "http", "feed/port.ts"],
  console: [],
  cli: ["domain", "main.ts"],
};

const LIMITS_FILE = "limits.ts";

const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" })
  .split("\0")
  .filter((path) => path !== "" && statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile());
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const source = tracked.filter((path) => /^(src|clients|generated|contract|test)\/.*\.(ts|tsx|mjs|js)$/.test(path) && !/\.min\.js$/.test(path));
const service = source.filter((path) => path.startsWith("src/") && path.endsWith(".ts"));
/** A file's lines without comments, so that prose may speak of what code may not do. */
const code = (path: string): string => read(path).replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").replace(/\s\/\/ .*$/gm, "");
const room = (path: string): string => path.split("/")[1] ?? "";
const isRoom = (path: string): boolean => path.split("/").length > 2;

function imports(path: string): { target: string; typeOnly: boolean }[] {
  const found = [...code(path).matchAll(/(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/g)];
  return found.map((match) => ({ target: match[2] ?? "", typeOnly: match[1] !== undefined }));
}

function breaches(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => {
    const hit = code(path).match(pattern);
    return hit ? [`${path}: ${hit[0]}`] : [];
  });
}

/** Whether a README speaks of a file: by its name, by a pattern (`jetstream-*.ts`), or by the end of a name behind a pattern (`-log`). */
function names(readme: string, file: string): boolean {
  const words = [...readme.matchAll(/`([^`]+)`/g)].flatMap(([, quoted = ""]) => quoted.split(/[\s,]+/)).map((word) => word.replace(/\.ts$/, ""));
  const pattern = (word: string): RegExp => new RegExp(`^${word.replace(/[^\w*-]/g, "").replaceAll("*", ".*")}$`);
  return words.some((word) => word === file || (/^-[a-z]/.test(word) && file.endsWith(word)) || (/[a-z].*\*/.test(word) && pattern(word).test(file)));
}

describe("tidy", () => {
  test("imports run only in the directions that the design draws", () => {
    const wrong = service.filter(isRoom).flatMap((path) =>
      imports(path)
        .filter(({ target }) => target.startsWith("."))
        .map(({ target, typeOnly }) => ({ to: relative(ROOT, join(ROOT, dirname(path), target)), typeOnly }))
        .filter(({ to, typeOnly }) => {
          if (!to.startsWith("src/")) return !(to.startsWith("generated/") || to.startsWith("clients/typescript/"));
          if (to === `src/${LIMITS_FILE}` || to === "src/config.ts") return !typeOnly && room(path) !== "cli";
          const inside = to.slice("src/".length);
          return room(path) !== room(to) && !(MAY_IMPORT[room(path)] ?? []).some((allowed) => inside === allowed || inside.startsWith(`${allowed}/`));
        })
        .map(({ to }) => `${path} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  test("the broker's client is known only to the log", () => {
    const wrong = service.filter((path) => !path.startsWith("src/log/") && imports(path).some(({ target }) => /^(@nats-io\/|nats\b)/.test(target)));
    expect(wrong).toEqual([]);
  });

  test("the runtime is known only at the edge", () => {
    const edge = /^src\/(runtime|cli)\/|^src\/main\.ts$|^src\/log\/server/;
    const inner = service.filter((path) => !edge.test(path));
    expect(breaches(inner, /\b(Bun|Deno)\.\w+|from "node:[^"]+"|from "bun[^"]*"/)).toEqual([]);
  });

  test("time, chance, the environment and the console are passed in", () => {
    const edge = /^src\/(runtime|cli|console)\/|^src\/main\.ts$|^src\/log\/server/;
    const inner = service.filter((path) => !edge.test(path));
    expect(breaches(inner, /\bDate\.now\(|\bMath\.random\(|\bset(Timeout|Interval|Immediate)\(|\bconsole\.|\bprocess\.env\b/)).toEqual([]);
  });

  test("no any, enum, default export, barrel or drawer for everything", () => {
    const typed = source.filter((path) => path.endsWith(".ts") && !path.startsWith("generated/"));
    expect(breaches(typed, /(:|\bas|<)\s*any\b(?! [a-z])|@ts-(ignore|nocheck)|^\s*(export\s+)?(const\s+)?enum\s|^export default|^export \* from/m)).toEqual([]);
    expect(tracked.filter((path) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.)/i.test(path))).toEqual([]);
  });

  test("a file is one idea: under 400 lines, and none over 256 KiB", () => {
    const long = source.filter((path) => !path.startsWith("generated/") && read(path).split("\n").length > 400);
    expect(long).toEqual([]);
    expect(tracked.filter((path) => statSync(join(ROOT, path)).size > 256 * 1024)).toEqual([]);
  });

  test("every exported function of the service and the client says what it does", () => {
    const wrong = [...service, ...source.filter((path) => path.startsWith("clients/typescript/src"))].flatMap((path) => {
      const lines = read(path).split("\n");
      return lines.flatMap((line, at) => (/^export (async )?function\*? /.test(line) && !/\*\/\s*$/.test(lines[at - 1] ?? "") && !/^export (async )?function\*? /.test(lines[at - 1] ?? "") ? [`${path}:${at + 1}`] : []));
    });
    expect(wrong).toEqual([]);
  });

  test("a room's README names every file of the room", () => {
    const inRooms = [...service, ...source.filter((path) => path.startsWith("test/support/"))].filter((path) => path.split("/").length === 3);
    const wrong = inRooms.filter((path) => !names(read(`${dirname(path)}/README.md`), basename(path, ".ts")));
    expect(wrong).toEqual([]);
  });

  test("nothing that is committed names a machine's path, a registry's host or a token", () => {
    const texts = tracked.filter((path) => !/\.(png|woff2|ico)$/.test(path) && path !== "LICENSE");
    const wrong = texts.flatMap((path) => {
      const hit = read(path).match(/(^|[\s"'(=:])\/(work|farm|root|home)\/[a-z]+|registry\.npmjs|pypi\.org\/|proxy\.golang|eyJ[A-Za-z0-9_-]{20,}\.eyJ/m);
      return hit && path !== "test/tidy.test.ts" ? [`${path}: ${hit[0].trim()}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  test("no test is skipped or focused without saying why when it runs", () => {
    const tests = source.filter((path) => path.endsWith(".test.ts") || path.startsWith("test/suites/"));
    expect(breaches(tests.filter((path) => path !== "test/tidy.test.ts"), /\b(test|describe|it)\.(only|todo|skip)\(/)).toEqual([]);
  });
});
