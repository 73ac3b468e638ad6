/** Steps of a server whose client works: leases, what becomes of them, and commands in a task's log. */
import { eventOf, type Json } from "./made-up.ts";
import { answer, asJson, type Visit, type Word } from "./steps.ts";

/** The key of the user who orders things in cases. */
const BY = "u1";

function leaseOf(given: unknown, kind: string): Json {
  const { task_id: taskId = given, attempt = 1, ...rest } = asJson(given);
  return { task_id: taskId, kind, attempt, max_attempts: 3, lease: `lease-${String(taskId)}-${String(attempt)}`, lease_ms: 30_000, owner: BY, cursor: "c3", last_seq: 3, ...rest };
}

const withTask = ({ taskId }: Visit, given: unknown, extra: Json): Json => ({ task_id: taskId, attempt: 1, ...extra, ...asJson(given) });

async function command(visit: Visit, given: unknown): Promise<void> {
  const { seq, command_id: id = `k${String(seq)}`, command: name, data } = asJson(given);
  const send = (at: number, type: string, fields: Json): Promise<void> => visit.channel.frame(eventOf(visit.taskId, at, { type, data: fields }));
  await send(Number(seq), "command.accepted", { command_id: id, command: name, by: BY, ...(data === undefined ? {} : { data }) });
  if (name === "message") await send(Number(seq) + 1, "message.completed", { message_id: id, role: "user", content: asJson(data).text });
}

/** Words about work. */
export const WORK_WORDS: Readonly<Record<string, Word>> = {
  leased(visit, given) {
    const kind = visit.head.path.split("/").at(-2) ?? "";
    const list = Array.isArray(given) ? given : [given];
    return answer(visit, { json: { leases: list.map((one) => leaseOf(one, kind)) } });
  },
  kept: (visit, given) => answer(visit, { json: withTask(visit, given, { lease_ms: 30_000 }) }),
  given_back: (visit, given) => answer(visit, { json: withTask(visit, typeof given === "string" ? { status: given } : given, { status: "recovering" }) }),
  ordered(visit, given) {
    const { command_id, command: name } = asJson(JSON.parse(visit.body));
    return answer(visit, { json: { task_id: visit.taskId, command_id, command: name, outcome: "accepted", first_seq: 4, last_seq: 4, cursor: "c4", duplicate: false, ...asJson(given) } });
  },
  async begun({ channel, taskId }) {
    await channel.frame(eventOf(taskId, 1, { type: "task.created", data: { kind: "build", owner: BY } }));
    await channel.frame(eventOf(taskId, 2, { type: "task.queued", data: {} }));
    await channel.frame(eventOf(taskId, 3, { type: "task.started", data: { attempt: 1 } }));
  },
  command,
};
