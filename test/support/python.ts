/** A Python for test programs in it. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const LIMIT_MS = 20_000;

/** One that has these modules: an environment that the Python client's own tests have made, else this machine's; null: there is none. */
export function findPython(modules: readonly string[]): string | null {
  const made = join(homedir(), ".cache/taskwire/python");
  const found = existsSync(made) ? readdirSync(made).map((name) => join(made, name, "bin/python")) : [];
  return [...found, "python3"].find((path) => spawnSync(path, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore", timeout: LIMIT_MS }).status === 0) ?? null;
}
