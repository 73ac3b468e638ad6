/** What is read of a task for its conversation. */
import { expect, test } from "bun:test";
import { type SaidMessage, messagesOf } from "../../src/domain/conversation.ts";
import type { Page } from "../../src/feed/port.ts";
import { eventsIn, newest, placeOf, placeText } from "../../src/http/conversations.ts";
import type { AppDeps } from "../../src/http/deps.ts";
import { LIMITS } from "../../src/limits.ts";

const KIB = 1024;
const event = (type: string, data: object): object => ({ type, task_id: "t", seq: 1, time: "2026-11-21T08:00:00Z", data });
const delta = (text: string): object => ({ type: "message.delta", task_id: "t", seq: 1, data: { message_id: "m", delta: text } });

/** A task's log in pages of these frames. */
function reading(pages: readonly (readonly object[])[]): Parameters<typeof eventsIn>[0] {
  const page = async ({ after }: { readonly after: string | null }): Promise<Page> => {
    const at = Number(after ?? 0);
    return { events: (pages[at] ?? []).map((frame) => JSON.stringify(frame)), next: String(at + 1), tail_seq: 1, more: at + 1 < pages.length, ended: false, status: "running", gap: null };
  };
  return { hub: { page } as unknown as Parameters<typeof eventsIn>[0]["hub"] };
}

test("is what was said, and of a large task nothing else", async () => {
  const noise = [event("log.line", { level: "info", text: 'says "type":"message.started"' }), event("task.progress", { percent: 1 }), event("x.message.started", {})];
  const events = await eventsIn(reading([
    [event("task.created", { kind: "k" }), ...noise, event("message.started", { message_id: "m", role: "assistant" })],
    [...noise, { type: "stream.replayed", task_id: "t", first_seq: 5, seq: 9, events: [...noise, delta("Good"), delta(" day")] }],
    [event("message.completed", { message_id: "m" }), event("task.completed", {})],
  ]), "t");
  expect(events.map(({ type }) => type)).toEqual(["message.started", "message.delta", "message.delta", "message.completed", "task.completed"]);
  expect(messagesOf(events)).toMatchObject([{ id: "m", role: "assistant", content: "Good day", open: false }]);
});

test("is not more of one message than anybody is told", async () => {
  const long = Array.from({ length: 50 }, () => delta("x".repeat(60 * KIB)));
  const [again, last] = [event("message.started", { message_id: "m" }), delta("Anew")];
  const events = await eventsIn(reading([[event("message.started", { message_id: "m" }), ...long], [again, last]]), "t");
  expect(events.length).toBeLessThan(10);
  expect(events.slice(-2)).toMatchObject([again, last]);
});

test("is told in pages of a bounded size, none twice and none left out", async () => {
  const said = (task: number): readonly SaidMessage[] => Array.from({ length: 30 }, (_, at) => ({ id: `${task}-${at}`, role: "user", content: "x".repeat(256 * KIB), time: "", open: false }));
  const tasks = Array.from({ length: 3 }, (_, at) => ({ taskId: `t${at}` })) as never;
  const ids: string[] = [];
  for (let place: ReturnType<typeof placeOf> | null = null, pages = 0; ; pages += 1) {
    const page = await newest({ limits: LIMITS } as AppDeps, tasks, 1_000, place, async (_, taskId) => said(Number(taskId.slice(1))));
    expect([page.messages.length > 0, page.messages.length <= 17]).toEqual([true, true]);
    ids.unshift(...page.messages.map(({ id }) => id));
    if (page.next === null) break;
    place = placeOf(placeText(page.next));
    expect(pages).toBeLessThan(10);
  }
  expect(ids).toEqual([0, 1, 2].flatMap((task) => said(task).map(({ id }) => id)));
});
