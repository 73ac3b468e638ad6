/** The package as it is installed: what it holds, that it stands alone, how large it is, and that its types can be used. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completed, event, ready, scriptedServer } from "../support/scripted-server.ts";

const ROOT = join(import.meta.dir, "../..");
const PACKAGE = join(ROOT, "clients/typescript");
/** What a page pays that only follows. Bytes, compressed as servers do it. */
const FOLLOWING_BYTES = 12 * 1024;

const folder = mkdtempSync(join(tmpdir(), "taskwire-test-"));
const installed = join(folder, "node_modules/@taskwire/client");

function run(command: string, args: readonly string[], cwd = folder): { readonly status: number | null; readonly out: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  return { status, out: `${stdout}${stderr}` };
}

beforeAll(() => {
  mkdirSync(installed, { recursive: true });
  const built = run("node", [join(PACKAGE, "build.mjs"), join(installed, "dist")]);
  expect(built).toEqual({ status: 0, out: "" });
  writeFileSync(join(installed, "package.json"), readFileSync(join(PACKAGE, "package.json")));
  for (const name of ["eventsource-parser", "react", "@types/react", "csstype"]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(join(link, ".."), { recursive: true });
    if (existsSync(join(ROOT, "node_modules", name))) symlinkSync(join(ROOT, "node_modules", name), link);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  test("holds nothing that points out of it", () => {
    const files = readdirSync(join(installed, "dist")).filter((file) => file.endsWith(".js"));
    const named = files.flatMap((file) => [...readFileSync(join(installed, "dist", file), "utf8").matchAll(/^(?:import|export)\b[^;]*?from\s*"([^"]+)"/gm)].map(([, target]) => target ?? ""));
    expect(new Set(named.filter((target) => !/^\.\/[^/]+\.js$/.test(target)))).toEqual(new Set(["eventsource-parser", "react"]));
  });

  test("follows a task in Node, by either part of it, with one class of errors", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send(ready());
        visit.send(event(1));
        visit.send(completed(2));
      },
    });
    const program = `
      import { createClient, TaskwireError } from "@taskwire/client";
      import { createFollower, TaskwireError as Same } from "@taskwire/client/follow";
      import { useTask, useTasks } from "@taskwire/client/react";
      const seqs = [];
      for (const make of [createClient, createFollower]) for await (const { seq } of make({ url: ${JSON.stringify(server.url)}, token: "good" }).follow("t1")) seqs.push(seq);
      console.log(JSON.stringify([seqs, TaskwireError === Same, typeof useTask, typeof useTasks]));`;
    writeFileSync(join(folder, "program.mjs"), program);
    const child = Bun.spawn(["node", "program.mjs"], { cwd: folder, stdout: "pipe", stderr: "pipe" });
    const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect(err).toBe("");
    expect(JSON.parse(out)).toEqual([[1, 2, 1, 2], true, "function", "function"]);
  });

  test.each(["nodenext", "bundler"])("has types that a project with module resolution %s can use", (resolution) => {
    writeFileSync(join(folder, "project.ts"), `
      import { type Client, createClient, type DeliveredEvent, TaskwireError } from "@taskwire/client";
      import { createFollower } from "@taskwire/client/follow";
      import { useTask } from "@taskwire/client/react";
      const client: Client = createClient({ url: "http://127.0.0.1:8080", token: async () => "t" });
      export async function show(): Promise<string[]> {
        const texts: string[] = [];
        for await (const event of client.follow("t1", { onState: ({ phase }) => void phase })) {
          const one: DeliveredEvent = event;
          if (one.type === "message.delta") texts.push(String((one.data as { delta: string }).delta));
        }
        for await (const { seq } of createFollower({ url: "http://127.0.0.1:8080" }).follow("t1")) texts.push(seq.toFixed());
        await client.produce({ kind: "build" }, async (task) => await task.step("one", {}, (step) => step.progress(50)));
        const { task, connection } = useTask(client, "t1");
        texts.push(task.status, connection?.phase ?? "", ...task.messages.map(({ message_id }) => message_id));
        return texts;
      }
      // @ts-expect-error a client has no such thing
      client.nothing;
      export const failure = new TaskwireError("network").retryable;`);
    const module = resolution === "nodenext" ? "nodenext" : "esnext";
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { module, moduleResolution: resolution, strict: true, noEmit: true, target: "es2022", lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable"], types: [], skipLibCheck: false }, files: ["project.ts"] }));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    expect(run("node", [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."])).toEqual({ status: 0, out: "" });
  });

  test("is small for who only follows", async () => {
    writeFileSync(join(folder, "page.js"), 'import { createFollower } from "@taskwire/client/follow"; globalThis.follow = (url, id) => createFollower({ url }).follow(id);');
    const { outputs } = await Bun.build({ entrypoints: [join(folder, "page.js")], target: "browser", minify: true });
    const bytes = Bun.gzipSync(await (outputs[0] as Blob).arrayBuffer(), { level: 9 }).byteLength;
    process.stderr.write(`note: following a task costs a page ${bytes} bytes, compressed\n`);
    expect(bytes).toBeLessThan(FOLLOWING_BYTES);
  });
});
