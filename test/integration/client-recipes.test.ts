/** The README's code for those who want no client, as it stands: on Deno, which has both `EventSource` and `WebSocket`, against the real service, through cuts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../../clients/typescript/src/client.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { runtimeCommand, type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const README = readFileSync(join(import.meta.dir, "../../clients/typescript/README.md"), "utf8");
const EVENTS = 300;

function block(opening: string): string {
  const found = README.match(new RegExp(`^\`\`\`${opening}\\n([\\s\\S]*?)^\`\`\`$`, "m"))?.[1];
  if (!found) throw new Error(`the README has no block \`\`\`${opening}`);
  return found;
}

/** A backend of one's own: passes `/v1` on and adds the token. */
function backendOf(target: string, token: string) {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.delete("host");
      headers.set("authorization", `Bearer ${token}`);
      return fetch(`${target}${pathname}${search}`, { headers, signal: request.signal }).catch(() => new Response(null, { status: 503 }));
    },
  });
}

describe("without a client", () => {
  let service: Service;
  let proxy: Proxy;
  let token: string;
  const folder = mkdtempSync(join(tmpdir(), "taskwire-test-"));

  beforeAll(async () => {
    service = await startService();
    proxy = await startProxy(service.port);
    token = await signUp(service.url);
  }, 60_000);
  afterAll(async () => {
    await proxy?.stop();
    await service?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([["EventSource", "js event-source"], ["WebSocket", "js web-socket"]] as const)("%s follows a task through a cut, to its end", async (name, opening) => {
    const client = createClient({ url: service.url, token });
    const { task_id: taskId } = await client.create({ kind: "demo" });
    const front = `http://127.0.0.1:${proxy.port}`;
    const backend = backendOf(front, token);
    const file = join(folder, `${name}.js`);
    writeFileSync(file, `const [url, backend, token, taskId] = Deno.args;\nconst show = ({ seq, type }) => console.log(seq, type);\n${block(opening)}`);
    const [deno, args] = runtimeCommand("deno", "unused");
    const child = Bun.spawn([deno, ...args.slice(0, -1), file, front, `http://127.0.0.1:${backend.port}`, token, taskId], { stdout: "pipe", stderr: "pipe", timeout: 40_000, cwd: folder });
    let out = "";
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) out += decoder.decode(chunk, { stream: true });
    })();
    const lines = (): string[] => out.split("\n").filter((line) => line !== "");
    const publish = (count: number): Promise<unknown> => client.publish(taskId, Array.from({ length: count }, (_, at) => ({ type: "log.line", data: { level: "info", text: `line ${at}` } }) as const));
    try {
      await publish(EVENTS / 2);
      await until("the first half is shown", 20_000, () => lines().length === EVENTS / 2 + 1);
      proxy.reset();
      await publish(EVENTS / 2);
      await client.publish(taskId, { type: "task.completed", data: {} });
      await until("the end is shown", 20_000, () => lines().at(-1)?.endsWith("task.completed"));
      expect(lines().map((line) => Number(line.split(" ")[0]))).toEqual(Array.from({ length: EVENTS + 2 }, (_, at) => at + 1));
      // Nothing of the recipe keeps running: the program ends by itself.
      expect(await child.exited).toBe(0);
      await reading;
    } finally {
      child.kill("SIGKILL");
      await child.exited;
      await backend.stop(true);
    }
  }, 60_000);
});
