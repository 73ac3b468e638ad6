/** A service's part that matters here, in a process of its own: it runs a nats-server on a folder until its standard input ends. */
import process from "node:process";
import { ensureServer } from "../../src/log/server.ts";
import { body, header, openStore } from "./broker.ts";
import { realEnvironment } from "./environment.ts";

const server = await ensureServer({ home: process.argv[2] ?? "", environment: realEnvironment(), progress: () => {} });
const opened = await openStore(server);
await opened.log.append({ taskId: "held", expected: 0, header: header(1), body: body(1) });
process.stdout.write(`ready ${JSON.stringify({ holder: process.pid, pid: server.pid, port: Number(new URL(server.url).port) })}\n`);
process.stdin.resume();
process.stdin.once("end", async () => {
  await opened.store.close();
  await server.stop();
  process.exit(0);
});
