/** Answers that are made in memory hold so much and no more, however large the task is that they tell of. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { append, ask, createTask } from "../support/api.ts";
import { type Service, signUp, startService } from "../support/service.ts";

const MIB = 1024 * 1024;
const STEPS = 240;
let service: Service;
let token: string;
let taskId: string;

beforeAll(async () => {
  service = await startService();
  token = await signUp(service.url);
  taskId = await createTask(service.url, token, { kind: "research", conversation_id: "large" });
  await append(service.url, token, taskId, [{ type: "task.started", data: { attempt: 1 } }, { type: "step.started", data: { step_id: "s1", name: "read" } }]);
  for (let at = 0; at < STEPS; at += 4) {
    await append(service.url, token, taskId, Array.from({ length: 4 }, (_, part) => ({ type: "step.progress", data: { step_id: "s1", percent: 1, message: `${at + part}`, note: "x".repeat(50_000) } })));
  }
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

test("a page of events", async () => {
  const seqs: number[] = [];
  for (let [after, more] = ["0", true]; more; ) {
    const { text, json } = await ask(service.url, `/v1/tasks/${taskId}/events?limit=1000&after=${after}`, { token });
    const page = json as { events: { seq: number }[]; cursor: string; more: boolean };
    expect(text.length).toBeLessThan(5 * MIB);
    seqs.push(...page.events.map(({ seq }) => seq));
    [after, more] = [page.cursor, page.more];
  }
  expect(seqs).toEqual(Array.from({ length: STEPS + 3 }, (_, at) => at + 1));
}, 30_000);

test("the history of a research plan: its newest", async () => {
  const { text, json } = await ask(service.url, `/api/v1/streaming/plans/${taskId}/history`, { token });
  const { events, count } = json as { events: { data: { message: string } }[]; count: number };
  expect([text.length < 9 * MIB, text.length > 7 * MIB, count]).toEqual([true, true, events.length]);
  expect(events.map(({ data }) => Number(data.message))).toEqual(Array.from({ length: STEPS }, (_, at) => at).slice(-count));
}, 30_000);
