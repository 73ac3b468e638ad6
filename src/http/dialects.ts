/** The dialects' addresses, made from their data. Who may come in is judged here; what is said then, each dialect says. */
import { dialectsWith } from "../dialects/dialects.ts";
import type { Dialect, Opening, Socket } from "../dialects/port.ts";
import { type Identity, mayWatch, unknownTask } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import type { AppDeps } from "./deps.ts";
import { anybody, noToken, ownUser, signedIn } from "./dialect-callers.ts";
import { addChat, addChatRequests } from "./dialect-chat.ts";
import { addDataQuestions } from "./dialect-data-questions.ts";
import { addOrchestration } from "./dialect-orchestration.ts";
import { addResearchPlans } from "./dialect-research-plans.ts";
import { clearedUpTo, startTask } from "./dialect-tasks.ts";
import type { App, RouteContext } from "./endpoint.ts";
import { checkOrigin } from "./origin.ts";

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
  const came = { params: c.req.param() as Record<string, string>, query: Object.fromEntries(new URL(url).searchParams) };
  const opening: Opening = { ...came, identity: await callerOf(deps, dialect, socket, c.req.raw, came), now: deps.environment.clock.now() };
  const refused = socket.refuses?.(opening, deps.connections.open(dialect.name), deps.limits) ?? null;
  if (refused !== null) throw refused;
  await mustBeThere(deps, socket, opening);
  const { name, projection, clearable = false } = dialect;
  const response = deps.connections.dialect(c.env.acceptor, {
    dialect: name, projection, socket, opening,
    start: (who, task) => startTask(deps, who, task),
    ...(clearable ? { behind: (taskId) => clearedUpTo(deps, name, taskId) } : {}),
  });
  c.env.handedOver = true;
  return response;
}

async function mustBeThere({ writer }: AppDeps, { mustBe }: Socket, opening: Opening): Promise<void> {
  if (mustBe === undefined) return;
  const taskId = mustBe(opening);
  const facts = await writer.facts(taskId);
  if (facts === null || facts.status === "deleted" || opening.identity === null || !mayWatch(opening.identity, facts)) throw unknownTask(taskId);
}

/** Who comes: by a token; else by what the address leaves open. Throws `token_missing`, and what a bad token throws. */
async function callerOf(deps: AppDeps, { name }: Dialect, { entrance, userOf }: Socket, request: Request, came: Pick<Opening, "params" | "query">): Promise<Identity | null> {
  const who = await signedIn(deps, request);
  if (who !== null || entrance === "frame") return who;
  if (entrance === "token" || !deps.dialects.open.has(name)) throw noToken();
  return entrance === "own_users" ? ownUser(name, userOf?.(came) ?? "") : anybody(name);
}
