/** The whole client against the real service: what only a scripted server has said so far must hold there too. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Client, createClient, type DeliveredEvent, type FollowOneOptions, type TransportName } from "../../clients/typescript/src/client.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const TRANSPORTS: readonly TransportName[] = ["websocket", "sse", "long_poll"];
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

let service: Service;
let token: string;
let client: Client;

beforeAll(async () => {
  service = await startService();
  token = await signUp(service.url);
  client = createClient({ url: service.url, token });
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

/** A task with a plan, a text and its end; its id. */
async function produced(): Promise<string> {
  let id = "";
  await client.produce({ kind: "research", title: "Three steps" }, async (task) => {
    id = task.taskId;
    await task.run(["one", "two", "three"].map((name) => ({ name, run: async (step) => {
      for (const percent of [25, 50, 75]) await step.progress(percent);
    } })));
    await task.message({}, async (message) => {
      for (const word of "the quick brown fox jumps over the lazy dog".split(" ")) await message.delta(`${word} `);
    });
    await task.tool("grep", { input: { pattern: "x" } }, (tool) => tool.output("found"));
  });
  return id;
}

async function all(from: Client, id: string, options: FollowOneOptions = {}): Promise<DeliveredEvent[]> {
  const events: DeliveredEvent[] = [];
  for await (const event of from.follow(id, options)) events.push(event);
  return events;
}

describe("the client and the service", () => {
  test("a plan of 3 steps with 25, 50 and 75 % each is 17 events behind the creation", async () => {
    let id = "";
    await client.produce({ kind: "research" }, async (task) => {
      id = task.taskId;
      await task.run(["a", "b", "c"].map((name) => ({ name, run: async (step) => {
        for (const percent of [25, 50, 75]) await step.progress(percent);
      } })));
    });
    const types: string[] = (await all(client, id)).map(({ type }) => type);
    const step = ["step.started", "step.progress", "step.progress", "step.progress", "step.completed"];
    expect(types).toEqual(["task.created", "task.started", ...step, ...step, ...step, "task.completed"]);
  });

  test.each([...TRANSPORTS])("a finished task is read over %s: whole, compact, from its middle, from its end, without history, with one connection each", async (transport) => {
    const id = await produced();
    const phases: string[] = [];
    const over = createClient({ url: service.url, token, transport });
    const onState = ({ phase }: { phase: string }): void => void phases.push(phase);
    const events = await all(over, id, { onState });
    const last = events.length;
    expect(events.map(({ seq }) => seq)).toEqual(range(1, last));
    expect((await all(over, id, { replay: "compact", onState })).at(-1)).toMatchObject({ seq: last, type: "task.completed" });
    expect((await all(over, id, { after: events[9]?.cursor ?? "", onState })).map(({ seq }) => seq)).toEqual(range(11, last));
    expect(await all(over, id, { after: events.at(-1)?.cursor ?? "", onState })).toEqual([]);
    expect(await all(over, id, { replay: "none", onState })).toEqual([]);
    expect(phases.filter((phase) => phase === "connecting").length).toBe(5);
  });

  test.each([...TRANSPORTS])("what is published while it is followed over %s arrives, and a task's state adds up to the service's own", async (transport) => {
    const over = createClient({ url: service.url, token, transport });
    const { task_id: id } = await client.create({ kind: "chat" });
    const following = all(over, id);
    const model = over.task(id);
    const leave = model.subscribe(() => {});
    const publisher = client.publisher(id, { delayMs: 2 });
    await publisher.push({ type: "message.started", data: { message_id: "m", role: "assistant" } });
    for (let at = 0; at < 300; at++) await publisher.push({ type: "message.delta", data: { message_id: "m", delta: `${at} ` } });
    await publisher.push({ type: "message.completed", data: { message_id: "m", content: range(0, 299).map((at) => `${at} `).join("") } });
    await publisher.push({ type: "task.completed", data: { response: "done" } });
    await publisher.flush();
    expect((await following).map(({ seq }) => seq)).toEqual(range(1, 304));
    await until("the state is complete", 5_000, () => model.now.ended);
    const { snapshot } = await client.get(id);
    const { task_id: _, seq, ...state } = model.now.task;
    expect(seq).toBe(304);
    expect(JSON.parse(JSON.stringify(state))).toEqual(JSON.parse(JSON.stringify(snapshot)));
    leave();
  });

  test("several tasks over one connection, each to its end", async () => {
    const ids = await Promise.all([produced(), produced(), produced()]);
    const found = new Map<string, number[]>(ids.map((id) => [id, []]));
    for await (const { task_id, seq } of client.followMany(ids)) found.get(task_id)?.push(seq);
    for (const seqs of found.values()) expect(seqs).toEqual(range(1, seqs.length));
  });

  test.each([...TRANSPORTS])("an unknown task over %s is one error that says what to do", async (transport) => {
    const error = await all(createClient({ url: service.url, token, transport }), "nowhere").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "task_unknown", retryable: false });
    expect((error as Error & { advice: string }).advice).not.toBe("");
  });

  test.each([...TRANSPORTS])("a forged token over %s is one error", async (transport) => {
    expect(await all(createClient({ url: service.url, token: "forged", transport }), "nowhere").catch((thrown: unknown) => thrown)).toMatchObject({ code: "token_invalid", retryable: false });
  });

  test("a worker that fails leaves a failed task that says why", async () => {
    let id = "";
    const thrown = await client.produce({ kind: "build" }, async (task) => {
      id = task.taskId;
      await task.step("compile", {}, () => {
        throw Object.assign(new Error("No space left."), { code: "disk_full" });
      });
    }).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: "No space left." });
    const { task, snapshot } = await client.get(id);
    expect(task.status).toBe("failed");
    expect(snapshot).toMatchObject({ error: { code: "disk_full", message: "No space left.", retryable: false }, steps: [{ status: "failed" }] });
  });
});
