/** The chat over HTTP: a message and the whole answer to it; the page to try it; is it well. And the address that it shares with orchestration. */
import { z } from "@hono/zod-openapi";
import { PROCESSING_ERROR, chatStart, freshSession } from "../dialects/chat.ts";
import { chatProjection, type ChatState } from "../dialects/chat-projection.ts";
import type { Fields, Frame, Told } from "../dialects/port.ts";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { viewOf } from "../domain/view.ts";
import { linesOfSlice } from "../feed/lines.ts";
import type { Notice, Run, Sink, Taking } from "../feed/port.ts";
import { readJson } from "./body.ts";
import type { AppDeps } from "./deps.ts";
import { startOrchestration } from "./dialect-orchestration.ts";
import { noToken, signedIn } from "./dialect-callers.ts";
import { startTask } from "./dialect-tasks.ts";
import { type App, endpoint, NO_STORE, type RouteContext } from "./endpoint.ts";
import { serveAsset } from "./operations.ts";


const REQUEST = z.looseObject({
  message: z.string().optional().openapi({ description: "Answered with the whole response" }),
  session_id: z.union([z.string(), z.number(), z.null()]).optional(),
  customer_id: z.unknown().optional(),
  query: z.string().optional().openapi({ description: "In place of a message: starts an orchestrated task" }),
});
const RESPONSE = z.union([
  z.looseObject({ response: z.string(), session_id: z.union([z.string(), z.number()]), metadata: z.looseObject({}) }),
  z.looseObject({ task_id: z.string() }),
]);
const REFUSAL = z.looseObject({ error: z.string(), code: z.string(), detail: z.string() });
const refusal = (description: string) => ({ description, content: { "application/json": { schema: REFUSAL } } });

/** Adds what the chat has beside its socket: `GET /ws/test` and `GET /health`. */
export function addChat(app: App, deps: AppDeps): void {
  app.get("/ws/test", () => serveAsset(deps, "chat/index.html"));
  endpoint(app, {
    method: "get",
    path: "/health",
    summary: "Is it well? For clients of the chat",
    tags: ["chat"],
    auth: null,
    responses: {
      200: { description: "It is", content: { "application/json": { schema: z.looseObject({ status: z.string() }) } } },
      503: { description: "Something is missing", content: { "application/json": { schema: z.looseObject({ status: z.string() }) } } },
    },
  }, async (c) => {
    const missing = (await deps.readiness()).filter(({ ok }) => !ok).map(({ name }) => name);
    const well = missing.length === 0;
    return c.json({ status: well ? "healthy" : "unhealthy", service: "taskwire", version: deps.version, ...(well ? {} : { missing }) }, well ? 200 : 503, NO_STORE);
  });
}

/** Adds `POST /api/v1/chat`: `{message}` is answered with the whole response, `{query}` with the task that it starts. */
export function addChatRequests(app: App, deps: AppDeps): void {
  const { dialects, limits } = deps;
  endpoint(app, {
    method: "post",
    path: "/api/v1/chat",
    summary: "Say something, and hear the whole answer; or start an orchestrated task",
    description: "For clients of the chat (`message`) and of orchestration (`query`).",
    tags: ["chat", "orchestration"],
    auth: null,
    body: { "application/json": REQUEST },
    responses: {
      200: { description: "The answer, or the task", content: { "application/json": { schema: RESPONSE } } },
      400: refusal("The message is empty, or its session is none"),
      502: refusal("There is no answer: whoever worked on it has failed"), 504: refusal("The answer takes too long; the task `task_id` goes on"),
    },
  }, async (c) => {
    const who = await signedIn(deps, c.req.raw);
    if (who === null) throw noToken();
    const body = await readJson(c.req.raw, limits.requestBytes);
    const fields = (typeof body === "object" && body !== null ? body : {}) as Fields;
    const asks = fields.message === undefined && fields.query !== undefined;
    if (dialects.on.has("orchestration") && (asks || !dialects.on.has("chat"))) return c.json(await startOrchestration(deps, who, body), 200, NO_STORE);
    if (!dialects.on.has("chat")) throw new TaskwireError("request_invalid", "message is not as expected: only a query is taken here.", { path: "message" });
    return answer(deps, c, who, fields);
  });
}

/** A refusal in the chat's own shape. */
function refused(c: RouteContext, status: 400 | 502 | 504, code: string, error: string, more: Fields = {}): Response {
  return c.json({ error, code, detail: error, ...more }, status, NO_STORE);
}

async function answer(deps: AppDeps, c: RouteContext, who: Identity, fields: Fields): Promise<Response> {
  const { clock, random } = deps.environment;
  const task = chatStart(fields, freshSession(who.user, clock.now(), random.bytes(12).join()));
  if ("error" in task) return refused(c, 400, task.code, task.error);
  const taskId = await startTask(deps, who, task);
  const end = await endOf(deps, taskId, c.req.raw.signal);
  const about = { session_id: task.input.session_id, task_id: taskId };
  if (end === null) return refused(c, 504, PROCESSING_ERROR, "The answer takes too long; it goes on without you.", about);
  if (end.type === "error") return refused(c, 502, PROCESSING_ERROR, String(end.error), about);
  const { response, session_id: session, metadata } = end;
  return c.json({ response, session_id: session, metadata, task_id: taskId }, 200, NO_STORE);
}

/** The last frame of a task; null where that does not come in time, or nobody waits any more. Throws what watching ends with. */
function endOf({ hub, limits, environment: { clock } }: AppDeps, taskId: string, signal: AbortSignal): Promise<Fields | null> {
  return new Promise((resolve, reject) => {
    const done = (outcome: Fields | TaskwireError | null): void => {
      watch.stop();
      cancel();
      signal.removeEventListener("abort", leave);
      if (outcome instanceof TaskwireError) reject(outcome);
      else resolve(outcome);
    };
    const leave = (): void => done(null);
    const watch = hub.watch({ taskId, after: null, replay: "full" }, new Ear(taskId, done));
    const cancel = clock.after(limits.chatResponseMs, leave);
    signal.addEventListener("abort", leave, { once: true });
  });
}

/** Hears a task to its end. */
class Ear implements Sink {
  readonly #taskId: string;
  readonly #done: (outcome: Fields | TaskwireError | null) => void;
  #state: ChatState;
  #over = false;

  constructor(taskId: string, done: (outcome: Fields | TaskwireError | null) => void) {
    this.#taskId = taskId;
    this.#done = done;
    this.#state = chatProjection.start(taskId);
  }

  events({ slices }: Run): Taking {
    for (const slice of slices) for (const line of linesOfSlice(slice)) this.#hear(chatProjection.step(this.#state, JSON.parse(line)));
    return "ready";
  }

  notice(notice: Notice): Taking {
    if (notice.type === "gap" && notice.snapshot !== null) this.#hear(chatProjection.leap(this.#taskId, viewOf(this.#taskId, (JSON.parse(notice.snapshot) as { readonly data: Fields }).data)));
    else if (notice.type === "failed") this.#end(new TaskwireError(notice.code, notice.detail));
    else if (notice.type === "end") this.#end(null);
    return "ready";
  }

  together(work: () => void): void {
    work();
  }

  #hear({ state, frames }: Told<ChatState>): void {
    this.#state = state;
    const last = frames.at(-1);
    if (isEnd(last)) this.#end(last);
  }

  #end(outcome: Fields | TaskwireError | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#done(outcome);
  }
}

function isEnd(frame: Frame | undefined): frame is Fields {
  return typeof frame === "object" && (frame.type === "complete" || frame.type === "error");
}
