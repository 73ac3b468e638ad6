/** Steps of a server that watches a set of tasks for its client. */
import { matches } from "../matches.ts";
import type { Json } from "./made-up.ts";
import { asJson, type Visit, type Word } from "./steps.ts";

const TIME = "2026-01-01T00:00:00Z";

/** What was asked for, over whichever transport, in the words of the WebSocket. */
async function asked({ kind, head, channel, wire, received }: Visit): Promise<Json> {
  if (kind === "websocket") {
    await channel.open();
    await wire.flush();
    return (await received({ type: "subscribe" })) ?? {};
  }
  const { query } = head;
  return { path: head.path, scope: query.get("scope"), conversation_id: query.get("conversation"), task_ids: query.has("task") ? query.getAll("task") : null, after: query.get("after"), replay: query.get("replay") };
}

function member(status: string) {
  return async ({ channel, style }: Visit, given: unknown, type: string): Promise<void> => {
    const { task_id: taskId = given, reason, ...rest } = asJson(given);
    await channel.frame({ type, task_id: taskId, selector: style.selector, reason, summary: { task_id: taskId, kind: "build", status, created_at: TIME, updated_at: TIME, last_seq: 1, ...rest } });
  };
}

const there = member("running");
const over = member("completed");

/** Words about sets. */
export const SET_WORDS: Readonly<Record<string, Word>> = {
  async asked(visit, given) {
    const found = await asked(visit);
    const { after = null, replay = null, ...words } = asJson(given);
    visit.style.selector = words;
    const wanted: Record<string, unknown> = { after, scope: null, conversation_id: null, task_ids: null, ...words };
    if (typeof wanted.task_ids === "number" && Array.isArray(found.task_ids)) wanted.task_ids = found.task_ids.length === wanted.task_ids ? found.task_ids : wanted.task_ids;
    if (!matches(found, wanted)) throw new Error(`asked for ${JSON.stringify(found)}, ${JSON.stringify(wanted)} was wanted`);
    // Nothing is the default, and may be said or not.
    if ((found.replay ?? "none") !== (replay ?? "none")) throw new Error(`asked for the replay ${String(found.replay)}, ${String(replay ?? "none")} was wanted`);
  },
  subscribed: ({ channel, style }, given) => channel.frame({ type: "stream.subscribed", selector: style.selector, replay: "none", tail_seq: 0, cursor: given }),
  joined: (visit, given) => there(visit, typeof given === "string" ? { task_id: given, reason: "present" } : { reason: "present", ...asJson(given) }, "stream.joined"),
  left: (visit, given) => over(visit, typeof given === "string" ? { task_id: given, reason: "ended" } : { reason: "ended", ...asJson(given) }, "stream.left"),
  caught_up: ({ channel, style }, given) => channel.frame({ type: "stream.caught_up", selector: style.selector, cursor: given }),
  refused: ({ channel }, given) => channel.frame({ type: "stream.error", code: "task_unknown", message: "It was refused.", retryable: false, ...(typeof given === "string" ? { task_id: given } : asJson(given)) }),
};
