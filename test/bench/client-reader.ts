/**
 * A reader of one task in a process of its own: `client` is the TypeScript client with its fold, `raw` a WebSocket and JSON.parse.
 * Arguments: which, address, token, task, how often. Prints a JSON line a round: what it was given, in what time.
 */
import { createFollower } from "../../clients/typescript/src/follower.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";

const [which = "", url = "", token = "", taskId = "", rounds = "1"] = process.argv.slice(2);

async function client(): Promise<number> {
  const view = emptyView();
  for await (const event of createFollower({ url, token, transport: "websocket" }).follow(taskId)) fold(view, event as never);
  return view.seq;
}

function raw(): Promise<number> {
  let seq = 0;
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/tasks/${taskId}/ws`, ["taskwire.v1", `bearer.${token}`]);
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error("the socket failed"));
    socket.onclose = () => resolve(seq);
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data as string) as { seq?: number };
      if (event.seq !== undefined) seq = event.seq;
    };
  });
}

for (let round = 0; round < Number(rounds); round += 1) {
  const began = performance.now();
  const events = await (which === "client" ? client() : raw());
  process.stdout.write(`${JSON.stringify({ events, seconds: (performance.now() - began) / 1_000 })}\n`);
}
process.exit(0);
