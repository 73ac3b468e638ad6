/** The dialects' addresses, made from their data. Who may come in is judged here; what is said then, each dialect says. */
import { dialectsWith } from "../dialects/dialects.ts";
import type { Dialect, Opening, Socket, Start } from "../dialects/port.ts";
import { type Identity, mayWatch, watchOnly } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import type { WorkTerms } from "../domain/state.ts";
import { type AppDeps, actorOf } from "./deps.ts";
import { addChat, addChatRequests } from "./dialect-chat.ts";
import { addDataQuestions } from "./dialect-data-questions.ts";
import { addOrchestration } from "./dialect-orchestration.ts";
import { addResearchPlans } from "./dialect-research-plans.ts";
import { sha256Text } from "./digest.ts";
import { type App, bearer, type RouteContext } from "./endpoint.ts";
import { checkOrigin } from "./origin.ts";
import { mustHaveRoom, unknownTask } from "./tasks.ts";

/** A person's words, when a task is started by them. */
const SAID = "question";

/** Adds the routes and the sockets of the dialects that are on. */
export function addDialects(app: App, deps: AppDeps): void {
  if (deps.dialects.on.has("research-plans")) addResearchPlans(app, deps);
  if (deps.dialects.on.has("orchestration")) addOrchestration(app, deps);
  if (deps.dialects.on.has("data-questions")) addDataQuestions(app, deps);
  if (deps.dialects.on.has("chat")) addChat(app, deps);
  if (deps.dialects.on.has("chat") || deps.dialects.on.has("orchestration")) addChatRequests(app, deps);
  const on = dialectsWith(deps.dialects).filter(({ name }) => deps.dialects.on.has(name));
  const sockets = on.flatMap((dialect) => dialect.sockets.map((socket) => ({ dialect, socket })));
  // Paths that meet: the one that leaves less open comes first.
  sockets.sort((a, b) => openParts(a.socket.path) - openParts(b.socket.path));
  for (const { dialect, socket } of sockets) app.on("GET", [socket.path], (c) => connect(deps, dialect, socket, c));
}

const openParts = (path: string): number => path.split("/").filter((part) => part.startsWith(":")).length;

async function connect(deps: AppDeps, dialect: Dialect, socket: Socket, c: RouteContext): Promise<Response> {
  const { headers, url } = c.req.raw;
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") throw new TaskwireError("request_invalid", "This address speaks WebSocket; expected a request with Upgrade: websocket.", { path: "Upgrade" });
  checkOrigin(headers, deps.origins);
  const query = Object.fromEntries(new URL(url).searchParams);
  const { acceptor } = c.env;
  const opening: Opening = { params: c.req.param() as Record<string, string>, query, identity: await callerOf(deps, dialect, socket, { params: c.req.param() as Record<string, string>, query, headers }), now: deps.environment.clock.now() };
  const refused = socket.refuses?.(opening, deps.connections.open(dialect.name), deps.limits) ?? null;
  if (refused !== null) throw refused;
  await mustBeThere(deps, socket, opening);
  const response = deps.connections.dialect(acceptor, { dialect: dialect.name, projection: dialect.projection, socket, opening, start: (who, task) => startTask(deps, who, task), ...(dialect.clearable === true ? { behind: (taskId) => clearedUpTo(deps, dialect.name, taskId) } : {}) });
  c.env.handedOver = true;
  return response;
}

async function mustBeThere({ writer }: AppDeps, { mustBe }: Socket, opening: Opening): Promise<void> {
  if (mustBe === undefined) return;
  const taskId = mustBe(opening);
  const facts = await writer.facts(taskId);
  if (facts === null || facts.status === "deleted" || opening.identity === null || !mayWatch(opening.identity, facts)) throw unknownTask(taskId);
}

interface Caller {
  readonly params: Opening["params"];
  readonly query: Opening["query"];
  readonly headers: Headers;
}

/** Who comes: by a token; else by what the address leaves open. Throws `token_missing`, and what a bad token throws. */
async function callerOf({ auth, dialects }: AppDeps, { name }: Dialect, { entrance, userOf }: Socket, { params, query, headers }: Caller): Promise<Identity | null> {
  // An empty one is none: clients put it there before anybody has signed in.
  const token = query.token || bearer(headers);
  if (token) return auth.verify(token);
  if (entrance === "frame") return null;
  if (entrance !== "token" && dialects.open.has(name)) return strangerOf(entrance === "own_users" ? await ownUser(name, userOf?.({ params, query }) ?? "") : `anybody-${name}`);
  throw new TaskwireError("token_missing", "The address has no token; expected ?token=, or the header Authorization.");
}

/** The key of a user of a dialect's own. No token's user has it: those are made of an issuer's name, and this is none. */
export function ownUser(dialect: string, user: string): Promise<string> {
  return sha256Text(JSON.stringify(["dialect", dialect, user]));
}

/** Somebody without a token: sees what is theirs, and tasks with access `link`. */
export function strangerOf(user: string): Identity {
  return { user, name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };
}

/** Starts a task that waits in the queue of its kind; answers its id. Throws what creating a task throws. */
export async function startTask(deps: AppDeps, who: Identity, { kind, title, input, conversation, says }: Start): Promise<string> {
  const { writer, admission, limits, rates } = deps;
  if (who.watch) throw watchOnly(who.watch);
  rates.append(who.user);
  mustHaveRoom(deps, who.user);
  const work: WorkTerms = { maxAttempts: limits.workAttempts, leaseMs: limits.leaseMs, priority: "normal", notBefore: 0, deadline: null };
  const actor = { ...actorOf(who), kind: "user" as const };
  const { taskId } = await writer.create({
    taskId: null, owner: who.user, kind, input, conversation: conversation ?? null, access: "owner", actor, identity: null, work, position: await admission.admit(kind),
    ...(title === undefined ? {} : { title }),
  });
  if (says !== undefined && says !== "") {
    const drafts = [{ type: "message.completed", data: { message_id: SAID, role: "user", content: says } }];
    await writer.append(taskId, { drafts, bytes: says.length, actor, service: true, identity: null });
  }
  return taskId;
}

const CLEARED = "dialect-cleared";

/** Up to which event a task's history was cleared for those who join through a dialect; 0: not at all. */
export async function clearedUpTo({ keys }: Pick<AppDeps, "keys">, dialect: string, taskId: string): Promise<number> {
  return Number((await keys.get(CLEARED, `${dialect}-${taskId}`))?.value ?? 0);
}

/** Clears a task's history for those who join through a dialect: events up to `seq` are told to them no more. The log keeps them. */
export async function clearHistory({ keys }: Pick<AppDeps, "keys">, dialect: string, taskId: string, seq: number): Promise<void> {
  await keys.set(CLEARED, `${dialect}-${taskId}`, String(seq));
}
