/** The client outside of Bun: the file that the page loads, in Node; the sources, in Deno. */
import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { completed, event, ready, scriptedServer, seqAfter } from "../support/scripted-server.ts";

const ROOT = join(import.meta.dir, "../..");
const BUNDLE = join(ROOT, "generated/browser/client.min.js");

function collect(command: string, args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

/** Follows a task that is cut in the middle, and tells what it got and over what. */
const program = (client: string, url: string): string => `
import { createClient } from ${JSON.stringify(pathToFileURL(client).href)};
const seqs = [];
const used = new Set();
const following = createClient({ url: ${JSON.stringify(url)}, token: "good", settings: { backoffMinMs: 2, backoffMaxMs: 10 } });
for await (const { seq } of following.follow("t1", { onState: ({ phase, transport }) => phase === "live" && used.add(transport) })) seqs.push(seq);
console.log(JSON.stringify({ seqs, used: [...used], socket: typeof WebSocket }));
`;

const cutInTheMiddle = () =>
  scriptedServer({
    visit(visit) {
      visit.send(ready());
      const from = seqAfter(visit);
      for (let seq = from + 1; seq <= Math.min(6, from + 3); seq++) visit.send(seq === 6 ? completed(6) : event(seq));
      if (from === 0) visit.close();
    },
  });

describe("the client in other runtimes", () => {
  test.each([
    ["Node", BUNDLE, (file: string) => ["node", [file]]],
    ["Deno", join(ROOT, "clients/typescript/src/client.ts"), (file: string) => [join(ROOT, "node_modules/.bin/deno"), ["run", "--no-lock", "--node-modules-dir=manual", "-A", file]]],
  ] as const)("follows, is cut and resumes in %s, and lets the process end", async (_, client, command) => {
    const folder = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    try {
      await using server = cutInTheMiddle();
      const file = join(folder, "program.mjs");
      writeFileSync(file, program(client, server.url));
      const [name, args] = command(file) as [string, string[]];
      const { code, out, err } = await collect(name, args);
      expect([code, err]).toEqual([0, ""]);
      const { seqs, used, socket } = JSON.parse(out) as { seqs: number[]; used: string[]; socket: string };
      expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
      expect(used).toEqual([socket === "function" ? "websocket" : "sse"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
