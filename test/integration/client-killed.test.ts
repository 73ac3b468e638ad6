/** The TypeScript client while the service is killed and connections are cut at random: its producer loses nothing, its followers miss nothing. */
import { expect, test } from "bun:test";
import { createClient } from "../../clients/typescript/src/client.ts";
import { startProxy } from "../support/proxy.ts";
import { anySeed, randomFrom } from "../support/random.ts";
import { signUp, startService } from "../support/service.ts";

const EVENTS = 2_000;
/** Between two cuts: at most. Milliseconds. */
const CUT_MS = 400;
const KILLS = 2;

test("2,000 events published through kills and cuts are in the log once and in order, and followed over each transport", async () => {
  const seed = anySeed();
  const random = randomFrom(seed);
  await using first = await startService();
  let service = first;
  await using proxy = await startProxy(first.port);
  const token = await signUp(first.url);
  const client = createClient({ url: `http://127.0.0.1:${proxy.port}`, token });
  let over = false;
  let cuts = 0;
  const cutting = (async () => {
    while (!over) {
      await Bun.sleep(random() * CUT_MS);
      proxy.reset();
      cuts += 1;
    }
  })();
  try {
    let taskId = "";
    const seen = new Map<string, number[]>();
    const followers: Promise<void>[] = [];
    const follow = async (transport: "websocket" | "sse" | "long_poll"): Promise<void> => {
      const seqs: number[] = [];
      seen.set(transport, seqs);
      for await (const { seq } of createClient({ url: `http://127.0.0.1:${proxy.port}`, token, transport }).follow(taskId)) seqs.push(seq);
    };
    await client.produce({ kind: "test" }, async (task) => {
      taskId = task.taskId;
      for (const transport of ["websocket", "sse", "long_poll"] as const) followers.push(follow(transport));
      // Beside these: created, started and completed.
      for (let at = 0; at < EVENTS - 3; at += 1) {
        await task.log(`line ${at}`);
        if (at % 40 === 0) await Bun.sleep(random() * 60);
        for (let kill = 1; kill <= KILLS; kill += 1) {
          if (at !== Math.floor((EVENTS * kill) / (KILLS + 1))) continue;
          await service.kill();
          service = await startService({ home: first.home, port: first.port });
        }
      }
    });
    await Promise.all(followers);
    const wanted = Array.from({ length: EVENTS }, (_, at) => at + 1);
    for (const [transport, seqs] of seen) expect({ seed, transport, seqs }).toEqual({ seed, transport, seqs: wanted });
    const page = (await (await fetch(`${service.url}/v1/tasks/${taskId}/events?limit=1000`, { headers: { authorization: `Bearer ${token}` } })).json()) as { tail_seq: number; events: { data: { text?: string } }[] };
    expect([page.tail_seq, page.events[2]?.data.text]).toEqual([EVENTS, "line 0"]);
    console.log(`note: ${cuts} cuts, ${KILLS} kills, seed ${seed}`);
  } finally {
    over = true;
    await cutting;
    if (service !== first) await service.stop();
  }
}, 90_000);
