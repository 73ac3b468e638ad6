/** What a quiet connection costs. */
import { type Program, createTask, startBaseline, startService } from "./processes.ts";
import type { Row, Sample } from "./row.ts";
import { Watchers } from "./watchers.ts";

/** What a connection costs that is there and hears nothing. */
export function memoryRows(count: number): Row[] {
  const measure = async (program: Program, watchers: Watchers): Promise<Sample> => {
    const before = program.memory();
    await watchers.open();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const value = (program.memory() - before) / count / 1024;
    watchers.close();
    return { value };
  };
  return (["websocket", "sse"] as const).map((kind) => ({
    name: `memory per idle ${kind === "sse" ? "SSE" : "WebSocket"} connection, ${count} of them`,
    baseline: "raw Bun; the goal is + 3 KB",
    unit: "KB",
    goal: {},
    async ours() {
      await using service = await startService();
      const task = await createTask(service);
      return await measure(service, new Watchers({ port: service.port, kind, count, token: service.token, path: () => (kind === "sse" ? `/v1/tasks/${task}/events` : `/v1/tasks/${task}/ws`) }));
    },
    async theirs() {
      await using program = await startBaseline(kind === "sse" ? "sse" : "loop");
      return await measure(program, new Watchers({ port: program.port, kind, count, token: "", path: () => "/" }));
    },
  }));
}
