/**
 * Orchestrated tasks: a request is understood, agents are found, a plan is made, its steps are executed. One socket for one task,
 * one for all tasks of a user; `orchestration-projection.ts` tells a task in these words.
 */
import { ERRORS } from "../../generated/typescript/errors.ts";
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import { cutHead, utf8Length } from "../domain/size.ts";
import { orchestrationProjection } from "./orchestration-projection.ts";
import type { Dialect, Fields, Frame, Opening, Projection, Start, Talk, TalkAction, TalkInput } from "./port.ts";

const TITLE = 100;
/** What a person said, as their message. A longer one is cut there, never in the task's input. */
const SAID = { bytes: 32 * 1024, units: 10_000 } as const;
/** "Unsupported data": the standard's own code, where ours has none. */
const UNREAD = 1003;
const BUSY = 4429;
const POLICY = 1008;

/** So many tasks that are over are shown to a user's dashboard when it begins: the newest. */
const FINISHED = 50;

/** The task that a query starts. Throws `request_invalid`. */
export function orchestrationStart(body: unknown): Start {
  const query = typeof body === "object" && body !== null ? (body as Fields).query : undefined;
  if (typeof query !== "string" || query.trim() === "") throw new TaskwireError("request_invalid", "query is not as expected: a text that is not empty.", { path: "query" });
  return { kind: "orchestration", title: cutHead(query.trim(), TITLE), input: { query }, says: utf8Length(query) <= SAID.bytes ? query : cutHead(query, SAID.units) };
}

function connected(taskId: string, message: string, now: number): TalkAction {
  const frame: Frame = { type: "connected", task_id: taskId, message, data: {}, timestamp: new Date(now).toISOString() };
  return { do: "send", frame };
}

function closing({ code }: TaskwireError): TalkAction {
  return { do: "close", code: code === "rate_limited" || code === "too_many_subscriptions" ? BUSY : (ERRORS[code].close ?? POLICY), reason: code };
}

/** All that these clients ever say is `ping`. */
function heard(text: string): readonly TalkAction[] {
  if (text.trim() === "ping" || /^\s*\{\s*"type"\s*:\s*"ping"\s*\}\s*$/.test(text)) return [{ do: "send", frame: "pong" }];
  return [{ do: "close", code: UNREAD, reason: "frame_unknown: this address reads nothing but the text ping" }];
}

/** What both addresses have in common; `begin` is what is done when frames can be written. */
function talk(begin: (now: number) => readonly TalkAction[], about: Fields): Talk {
  return {
    take(input: TalkInput, now: number) {
      switch (input.kind) {
        case "opened":
          return begin(now);
        case "text":
          return heard(input.text);
        case "unread":
        case "unwatched":
          return [closing(input.error)];
        default:
          // When its task is over the client closes.
          return [];
      }
    },
    about: () => about,
  };
}

const taskOf = ({ params: { task_id: taskId = "" } }: Opening): string => taskId;

function oneTask(opening: Opening): Talk {
  const taskId = taskOf(opening);
  return talk((now) => [connected(taskId, `Connected to task ${taskId}`, now), { do: "watch", taskId }], { task_id: taskId });
}

function allMine(): Talk {
  return talk((now) => [connected("", "Connected to all your tasks", now), { do: "watch_mine", finished: FINISHED }], { task_id: null });
}

/** Tasks in steps by agents, for who has a token. */
export const orchestration: Dialect = {
  name: "orchestration",
  projection: orchestrationProjection as Projection,
  sockets: [
    {
      path: "/api/v1/ws/tasks/:task_id",
      entrance: "token",
      refuses: (opening) => (isLegalId(taskOf(opening)) ? null : new TaskwireError("task_unknown", "There is no such task: its id is not one.")),
      mustBe: taskOf,
      open: oneTask,
    },
    { path: "/api/v1/ws/user", entrance: "token", open: allMine },
  ],
};
