/**
 * The promise under faults: two instances on one real nats-server behind a proxy that swallows and resets, the broker and an
 * instance killed with SIGKILL, producers that repeat, watchers that come and go on both transports. Every acknowledged event
 * reaches every watcher exactly once and in order. CHAOS_SEED and CHAOS_SECONDS reproduce a run.
 */
import { expect, test } from "bun:test";
import { startNats } from "../support/nats.ts";
import { startProxy } from "../support/proxy.ts";
import { type Acknowledged, appendLines, insist } from "../support/publisher.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { type Watcher, startWatcher } from "../support/watcher.ts";

const SECONDS = Number(process.env.CHAOS_SECONDS ?? 15);
const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const TASKS = 4;
const PRODUCERS_PER_TASK = 2;
const WATCHERS_PER_TASK = 4;

/** A small generator of numbers from 0 to 1 (mulberry32), so that a seed gives the same faults. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test(
  "every acknowledged event reaches every watcher exactly once, in order, whatever is killed or cut",
  async () => {
    const random = randomFrom(SEED);
    await using nats = await startNats();
    await using proxy = await startProxy(nats.port);
    const broker = new URL(proxy.url);
    if (nats.credentials) [broker.username, broker.password] = [nats.credentials.user, nats.credentials.password];
    const env = { ...ISSUER_SETTINGS, NATS_URL: broker.href.replace(/\/$/, "") };
    const services: Service[] = [await startService({ env }), await startService({ env })];
    const urls = (): string[] => services.map(({ url }) => url);
    const token = await makeToken({ subject: "chaos" });
    const watchers: Watcher[] = [];
    try {
      const tasks: string[] = [];
      for (let number = 0; number < TASKS; number += 1) {
        const made = (await insist(urls, "/v1/tasks", {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": `task-${SEED}-${number}` },
          body: JSON.stringify({ kind: "chaos", title: `Task ${number}` }),
        })) as { task_id: string };
        tasks.push(made.task_id);
      }
      const watch = (taskId: string): void => {
        const home = Math.floor(random() * services.length);
        const transport = random() < 0.5 ? "websocket" : "sse";
        watchers.push(startWatcher({ url: () => urls()[home] ?? "", token, taskId, transport }));
      };
      for (const taskId of tasks) for (let number = 0; number < WATCHERS_PER_TASK; number += 1) watch(taskId);

      const end = Date.now() + SECONDS * 1000;
      const producing = tasks.map(async (taskId) => {
        const acknowledged: Acknowledged[] = [];
        await Promise.all(
          Array.from({ length: PRODUCERS_PER_TASK }, async (_, at) => {
            const name = `p${at}-${taskId}`;
            for (let number = 0; Date.now() < end; number += 1) {
              const texts = Array.from({ length: 1 + Math.floor(random() * 4) }, (__, line) => `${name}/${number}/${line}`);
              acknowledged.push(await appendLines({ urls, token, taskId, name }, number, texts, random() < 0.1));
            }
          }),
        );
        return acknowledged;
      });

      const faults: Record<string, () => Promise<void>> = {
        async blackHole() {
          proxy.blackHole();
          await pause(300 + random() * 900);
          proxy.heal();
          proxy.reset();
        },
        async reset() {
          proxy.reset();
        },
        async cutWatchers() {
          for (const watcher of watchers) if (random() < 0.5) watcher.cut();
        },
        async brokerKill() {
          await nats.restart();
        },
        async serviceKill() {
          const at = Math.floor(random() * services.length);
          const old = services[at];
          if (!old) return;
          await old.kill();
          services[at] = await startService({ env, port: old.port, home: old.home });
        },
        async lateWatcher() {
          const taskId = tasks[Math.floor(random() * tasks.length)];
          if (taskId) watch(taskId);
        },
      };
      const counts: Record<string, number> = {};
      // Each fault once, then by chance until the time is over.
      const names = Object.keys(faults);
      for (let number = 0; Date.now() < end; number += 1) {
        const name = names[number < names.length ? number : Math.floor(random() * names.length)] ?? "reset";
        counts[name] = (counts[name] ?? 0) + 1;
        await faults[name]?.();
        await pause(200 + random() * 600);
      }

      const acknowledged = await Promise.all(producing);
      for (const taskId of tasks) {
        await insist(urls, `/v1/tasks/${taskId}/events`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "the-end" },
          body: JSON.stringify({ type: "task.completed", data: {} }),
        });
      }
      await Promise.all(watchers.map(({ ended }) => Promise.race([ended, pause(60_000).then(() => Promise.reject(new Error(`a watcher did not reach the end; seed ${SEED}`)))])));

      expect(watchers.flatMap(({ faults: found }) => found)).toEqual([]);
      let deliveries = 0;
      for (const watcher of watchers) {
        const at = tasks.indexOf((watcher.events[0]?.frame as { task_id?: string } | undefined)?.task_id ?? "");
        const texts = new Map<number, string>();
        for (const { seq, frame } of watcher.events) if (frame.type === "log.line") texts.set(seq, (frame.data as { text: string }).text);
        const expected = (acknowledged[at] ?? []).flatMap(({ texts: lines, firstSeq }) => lines.map((text, offset) => [firstSeq + offset, text] as const));
        const wrong = expected.filter(([seq, text]) => texts.get(seq) !== text);
        expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
        // What was never acknowledged may not be there either: every producer insisted until it was.
        expect(texts.size).toBe(expected.length);
        expect(watcher.events.at(-1)?.frame.type).toBe("task.completed");
        deliveries += watcher.events.length;
      }
      const reconnects = watchers.reduce((sum, { connections }) => sum + connections - 1, 0);
      console.log(`note: ${deliveries} deliveries to ${watchers.length} watchers, ${reconnects} reconnects, faults ${JSON.stringify(counts)}, seed ${SEED}`);
    } finally {
      for (const watcher of watchers) watcher.stop();
      for (const service of services) await service[Symbol.asyncDispose]();
    }
  },
  { timeout: (SECONDS + 150) * 1000 },
);
