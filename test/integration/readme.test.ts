/** The README's code runs as it stands. */
import { expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signUp, startService } from "../support/service.ts";

const ROOT = join(import.meta.dir, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The code of the README's block that opens with these words. */
function block(opening: string): string {
  const found = README.match(new RegExp(`^\`\`\`${opening}\\n([\\s\\S]*?)^\`\`\`$`, "m"))?.[1];
  if (!found) throw new Error(`the README has no block \`\`\`${opening}`);
  return found;
}

async function run(command: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  const child = Bun.spawn(command, { cwd: ROOT, env: { ...process.env, ...env }, stdout: "pipe", stderr: "pipe", timeout: 30_000 });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, output: output + errors };
}

test("what the README says in curl publishes a task and watches it to its end", async () => {
  await using service = await startService();
  if (Bun.which("curl") === null) return console.log("skipped: no curl on this machine");
  const { code, output } = await run(["sh", "-euc", block("sh publish") + block("sh watch")], { TASKWIRE_URL: service.url });
  expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
  for (const type of ["task.created", "task.started", "task.progress", "task.completed", "stream.end"]) expect(output).toContain(`"type":"${type}"`);
});

for (const [words, expected] of [["run", ["Count the files", "completed"]], ["work", ["3/3", "completed"]]] as const) {
  test(`what the README says on the command line to ${words} does so`, async () => {
    await using service = await startService();
    const { code, output } = await run(["sh", "-eu", "-c", block(`sh ${words}`)], { TASKWIRE_URL: service.url, TASKWIRE_TOKEN: await signUp(service.url) });
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
    for (const text of expected) expect(output).toContain(text);
  }, 60_000);
}

test("what the README says in TypeScript publishes a task and follows it to its end", async () => {
  await using service = await startService();
  const file = join(ROOT, `.readme-${process.pid}.ts`);
  writeFileSync(file, block("ts"));
  try {
    const { code, output } = await run([process.execPath, file], { URL: service.url, TOKEN: await signUp(service.url) });
    expect({ code, output }).toEqual({ code: 0, output: "1 task.created\n2 log.line\n3 task.completed\n" });
  } finally {
    rmSync(file);
  }
});

test("every setting that the README names is one, and every folder it points to is there", () => {
  const config = readFileSync(join(ROOT, "src/config.ts"), "utf8") + readFileSync(join(ROOT, "src/limits.ts"), "utf8");
  const names = [...new Set([...README.matchAll(/`((?:TASKWIRE_|NATS_)[A-Z_]+)/g)].map(([, name]) => name ?? ""))];
  const asLimit = (name: string): string => name.replace("TASKWIRE_", "").toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  expect(names.filter((name) => !config.includes(`"${name}"`) && !new RegExp(`\\b${asLimit(name)}:`).test(config))).toEqual([]);
  const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? "");
  expect(links.filter((path) => !Bun.file(join(ROOT, path)).size)).toEqual([]);
});
