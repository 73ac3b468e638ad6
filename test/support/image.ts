/** The image that `Dockerfile` describes, as far as it can be made without an engine: its files, its environment, its commands. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dir, "../..");

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Image extends Disposable {
  /** What is `/app` in it. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string | null;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
}

/** The instructions of the last stage: what ends up in the image. */
export function lastStage(): readonly Instruction[] {
  const lines = readFileSync(join(ROOT, "Dockerfile"), "utf8").replace(/\\\n/g, " ").split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const all = lines.map((line) => ({ name: line.split(" ", 1)[0] ?? "", text: line.slice(line.indexOf(" ") + 1).trim() }));
  return all.slice(all.findLastIndex(({ name }) => name === "FROM"));
}

/** What is sent to a builder: everything is left out but what `.dockerignore` lets in again. */
const LET_IN = readFileSync(join(ROOT, ".dockerignore"), "utf8").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1));
const sent = (path: string): boolean => LET_IN.some((each) => path === each || path.startsWith(`${each}/`) || each.startsWith(`${path}/`));

/** The packages that `npm ci --omit=dev` installs, by the lock file, but for those that the Dockerfile takes out again. */
function productionPackages(): readonly string[] {
  const removed = [...readFileSync(join(ROOT, "Dockerfile"), "utf8").matchAll(/rm -rf ([^\n&]+)/g)].flatMap(([, paths = ""]) => paths.trim().split(/\s+/));
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean; link?: boolean }> };
  return Object.entries(packages)
    .filter(([path, { dev, devOptional, link }]) => path.startsWith("node_modules/") && !dev && !devOptional && !link && existsSync(join(ROOT, path)))
    .map(([path]) => path)
    .filter((path) => !removed.some((gone) => path === gone || path.startsWith(`${gone}/`)));
}

function copy(from: string, folder: string, to: string): void {
  if (!existsSync(join(ROOT, from))) throw new Error(`the Dockerfile copies ${from}, which is not there`);
  if (!sent(from)) throw new Error(`the Dockerfile copies ${from}, which .dockerignore keeps from it`);
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  cpSync(join(ROOT, from), join(folder, to), { recursive: true, filter: (source) => sent(relative(ROOT, source)) });
}

/** Makes the image's files in a folder of their own, as the instructions say. Throws where one of them could not be carried out. */
export function makeImage(): Image {
  const folder = mkdtempSync(join(tmpdir(), "taskwire-image-"));
  const environment: Record<string, string> = {};
  let [user, entrypoint, healthcheck]: [string | null, readonly string[], readonly string[]] = [null, [], []];
  for (const { name, text } of lastStage()) {
    if (name === "COPY" && text.startsWith("--from=packages ")) for (const path of productionPackages()) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    else if (name === "COPY") {
      const words = text.split(/\s+/);
      const to = words.pop() ?? "";
      for (const from of words) copy(from, folder, to.endsWith("/") ? join(to, from.split("/").at(-1) ?? "") : to);
    } else if (name === "ENV") for (const [, key = "", value = ""] of text.matchAll(/(\w+)=(\S+)/g)) environment[key] = value;
    else if (name === "USER") user = text;
    else if (name === "ENTRYPOINT") entrypoint = JSON.parse(text) as string[];
    else if (name === "HEALTHCHECK") healthcheck = JSON.parse(text.slice(text.indexOf("["))) as string[];
  }
  return { folder, environment, user, entrypoint, healthcheck, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
