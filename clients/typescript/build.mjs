/**
 * Makes `dist/`: the package as it is installed. The sources lie in one repository with the contract's types and the fold,
 * which the service uses too; the package holds what it needs of both and stands alone.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBun, ROOT } from "../../src/cli/install.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(HERE, "dist");
/** Where the package's parts begin. What they share is shared, so that an error is the same class in each. */
const ENTRIES = ["src/client.ts", "src/follower.ts", "react/use-task.ts"];

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: HERE, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
run(findBun(), ["build", ...ENTRIES, "--target=browser", "--format=esm", "--splitting", "--external=eventsource-parser", "--external=react", "--outdir", out, "--entry-naming=[name].js"]);

const types = join(out, "types");
run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(HERE, "tsconfig.build.json"), "--outDir", types]);
for (const path of readdirSync(types, { recursive: true })) {
  const file = join(types, String(path));
  if (file.endsWith(".d.ts")) writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
}
copyFileSync(join(ROOT, "LICENSE"), join(out, "LICENSE"));
