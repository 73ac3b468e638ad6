/** Commands to a task, the same over HTTP and WebSocket. */
import { z } from "@hono/zod-openapi";
import { commandRequest, commandResponse } from "../../generated/typescript/validators.ts";
import type { CommandAck } from "../delivery/connections.ts";
import type { Identity } from "../domain/access.ts";
import { type CommandName, type Order, type Ruling, rule } from "../domain/command.ts";
import { TaskwireError } from "../domain/error.ts";
import { judged, readJson } from "./body.ts";
import { type AppDeps, type Appended, actorOf } from "./deps.ts";
import { type App, endpoint } from "./endpoint.ts";
import { misfitOf } from "./fitting.ts";
import { commandable } from "./found.ts";
import { TASK_ID } from "./query.ts";

type Deps = Pick<AppDeps, "writer" | "hub" | "metrics" | "rates">;

/** What is ordered, as it came. */
export interface OrderRequest {
  readonly command_id: string;
  readonly command: string;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

export interface Ordered extends Appended {
  /** `accepted`: its worker sees it and says so; `applied`: it was carried out at once. */
  readonly outcome: "accepted" | "applied";
}

const PARAMS = z.object({ task_id: TASK_ID });
const WHY: Readonly<Record<string, string>> = {
  not_running: "nobody is at work on it", already_paused: "it is paused already", not_paused: "it is not paused", input_not_open: "no such question is open",
};

/**
 * Stores a command in its task's log and answers what became of it; the same `command_id` again is answered as it stands. Throws
 * `task_unknown`, `command_forbidden`, `request_invalid`, `response_invalid`, `command_rejected`, `task_ended`, and what an append throws.
 */
export async function orderCommand(deps: Deps, who: Identity, taskId: string, request: unknown): Promise<Ordered> {
  deps.rates.command(who.user);
  const { command_id: commandId, command, data = {} } = judged(commandRequest, request) as OrderRequest;
  await commandable(deps, who, taskId);
  const order: Order = { commandId, command: command as CommandName, data: dataOf(command, data), by: who.user };
  if (command === "respond") await mustFit(deps, taskId, order);
  const rulings: Ruling[] = [];
  const appended = await deps.writer.append(taskId, {
    drafts: (state) => {
      const ruling = rule(state, order);
      rulings.push(ruling);
      return ruling.kind === "repeat" ? [] : ruling.drafts;
    },
    bytes: JSON.stringify(data).length, actor: actorOf(who), service: true, identity: null,
  });
  return answer(deps, order, rulings.at(-1) as Ruling, appended);
}

/** The `command` of a WebSocket connection. */
export function commandFrame(deps: Deps): (who: Identity, taskId: string, order: OrderRequest) => Promise<CommandAck> {
  return async (who, taskId, order) => {
    const { firstSeq, lastSeq, cursor, duplicate, outcome } = await orderCommand(deps, who, taskId, order);
    return { command_id: order.command_id, outcome, first_seq: firstSeq, last_seq: lastSeq, cursor, duplicate };
  };
}

function answer({ metrics }: Deps, { command, commandId }: Order, ruling: Ruling, appended: Appended): Ordered {
  const repeated = ruling.kind === "repeat";
  const outcome = repeated ? ruling.outcome : ruling.kind;
  metrics.add("commands", 1, repeated ? "repeated" : outcome);
  if (outcome !== "rejected") return { ...appended, ...(repeated ? { firstSeq: ruling.seq, lastSeq: Math.max(ruling.seq, appended.lastSeq) } : {}), duplicate: repeated, outcome };
  const reason = ruling.kind === "rejected" ? ruling.reason : "rejected_before";
  throw new TaskwireError("command_rejected", `${command} was not done: ${WHY[reason] ?? "it was rejected before"}.`, { reason, command_id: commandId });
}

/** What belongs to a command, and nothing else, so that the log holds what was meant. */
function dataOf(command: string, { text, message_id, request_id, outcome, response, reason }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = (fields: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  if (command === "message") {
    if (text === undefined) throw new TaskwireError("request_invalid", "A message needs its text; expected data.text.", { path: "data.text" });
    return given({ text, message_id });
  }
  if (command === "respond") {
    if (request_id === undefined) throw new TaskwireError("request_invalid", "A response needs the question that it answers; expected data.request_id.", { path: "data.request_id" });
    return given({ request_id, outcome, response });
  }
  return given({ reason });
}

/** Holds a response to the schema of its question. A question that is not open is for the log to judge. Throws `response_invalid`. */
async function mustFit({ hub }: Deps, taskId: string, { data }: Order): Promise<void> {
  const input = (await hub.view(taskId))?.view.inputs.get(String(data.request_id)) as { schema?: object; status: string } | undefined;
  if (input?.schema === undefined || input.status !== "open" || data.outcome === "denied") return;
  const misfit = misfitOf(input.schema, data.response);
  if (misfit === null) return;
  const path = misfit.path === "" ? "data.response" : `data.response.${misfit.path}`;
  throw new TaskwireError("response_invalid", `${path} does not match what was asked for: ${misfit.error}`, { path });
}

/** Adds `POST /v1/tasks/{task_id}/commands`. */
export function addCommands(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "post",
    path: "/v1/tasks/{task_id}/commands",
    summary: "Order something of a task",
    description: "pause, resume, cancel, message or respond. The same `command_id` again does it once.",
    tags: ["commands"],
    auth: deps.auth,
    params: PARAMS,
    body: { "application/json": commandRequest },
    responses: { 200: { description: "It is in the log", content: { "application/json": { schema: commandResponse } } } },
  }, async (c, { params, who }) => {
    const request = await readJson(c.req.raw, deps.limits.requestBytes);
    const { taskId, firstSeq, lastSeq, cursor, duplicate, outcome } = await orderCommand(deps, who, params.task_id, request);
    const { command_id, command } = request as OrderRequest;
    return c.json({ task_id: taskId, command_id, command, outcome, first_seq: firstSeq, last_seq: lastSeq, cursor, duplicate });
  });
}
