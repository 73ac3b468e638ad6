/** What a connection costs that is there and hears nothing. */
import { type Program, type Service, createTask, startBaseline, startService } from "./processes.ts";
import type { Sample, Work } from "./row.ts";
import { type Kind, Watchers } from "./watchers.ts";

/** Connections before those that are measured: code is compiled, pools are filled. */
const FIRST = 500;
/** Memory counts as settled when it has not changed by more than this between two looks. Bytes. */
const SETTLED = 128 * 1024;
const LOOK_MS = 700;
const LOOKS = 14;

/** Its memory, once that does not change any more. Bytes. */
export async function settled(program: Program): Promise<number> {
  let before = program.memory();
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = program.memory();
    if (look > 1 && Math.abs(now - before) < SETTLED) return now;
    before = now;
  }
  return before;
}

async function measure(program: Program, make: (count: number) => Watchers, count: number): Promise<Sample> {
  const [first, measured] = [make(FIRST), make(count)];
  await first.open();
  const before = await settled(program);
  await measured.open();
  const value = ((await settled(program)) - before) / count / 1024;
  first.close();
  measured.close();
  return { values: [value] };
}

async function ours(kind: Kind, count: number): Promise<Sample> {
  await using service: Service = await startService();
  const task = await createTask(service);
  const path = (): string => (kind === "sse" ? `/v1/tasks/${task}/events` : `/v1/tasks/${task}/ws`);
  return await measure(service, (count) => new Watchers({ port: service.port, kind, count, token: service.token, path }), count);
}

async function theirs(kind: Kind, count: number): Promise<Sample> {
  await using program = await startBaseline(kind === "sse" ? "sse" : "loop");
  return await measure(program, (count) => new Watchers({ port: program.port, kind, count, token: "", path: () => "/" }), count);
}

/** Idle connections on both transports. */
export function memoryWorks(count: number): Work[] {
  return (["websocket", "sse"] as const).map((kind) => ({
    measures: [{ name: `memory per idle ${kind === "sse" ? "SSE" : "WebSocket"} connection, ${count} of them`, unit: "KB", goal: { above: 3 } }],
    baseline: "raw Bun",
    ours: () => ours(kind, count),
    theirs: () => theirs(kind, count),
  }));
}
