/** The whole table of access: who may watch, append, command, delete and list a task, each answer with its code. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Answer, ask, createTask } from "../support/api.ts";
import { type Service, startService } from "../support/service.ts";
import { openStream } from "../support/sse.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { leaseOne, queueTask } from "../support/worker.ts";

let service: Service;
let tokens: Record<"owner" | "creator" | "worker" | "admin" | "stranger", string>;
let ownerKey: string;
const url = (): string => service.url;

beforeAll(async () => {
  service = await startService({ env: ISSUER_SETTINGS });
  const [owner, creator, worker, admin, stranger] = await Promise.all([
    makeToken({ subject: "owner", scope: "" }), makeToken({ subject: "creator" }), makeToken({ subject: "worker", scope: "work" }), makeToken({ subject: "root", scope: "admin" }), makeToken({ subject: "stranger" }),
  ]);
  tokens = { owner, creator, worker, admin, stranger };
  ownerKey = String((await ask(url(), "/v1/me", { token: owner })).json.user);
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

interface Caller {
  readonly token?: string;
  /** Added to every address. */
  readonly query?: string;
  readonly headers?: Record<string, string>;
}

/** Status, or status and code of a refusal. */
const told = ({ status, json }: Answer): string => (status < 400 ? String(status) : `${status} ${String(json.code)}`);

async function row(taskId: string, { token, query = "", headers = {} }: Caller): Promise<readonly string[]> {
  const at = (path: string, more: Parameters<typeof ask>[2] = {}): Promise<Answer> => ask(url(), `${path}${query}`, { token: token ?? null, headers, ...more });
  using stream = await openStream(url(), `/v1/tasks/${taskId}/events${query}`, token === undefined ? {} : { authorization: `Bearer ${token}` });
  const listed = await at("/v1/tasks");
  return [
    stream.status === 200 ? "200" : `${stream.status} ${String(stream.refusal.code)}`,
    told(await at(`/v1/tasks/${taskId}/events`, { body: { type: "log.line", data: { level: "info", text: "x" } } })),
    told(await at(`/v1/tasks/${taskId}/commands`, { body: { command_id: crypto.randomUUID(), command: "message", data: { text: "hello" } } })),
    listed.status === 200 ? String(listed.text.includes(taskId)) : told(listed),
    told(await at(`/v1/tasks/${taskId}`, { method: "DELETE" })),
  ];
}

const made = (more: Record<string, unknown> = {}): Promise<string> => createTask(url(), tokens.creator, { kind: "test", owner: ownerKey, ...more });
const ALL = ["200", "200", "200"];
const HIDDEN = ["404 task_unknown", "404 task_unknown", "404 task_unknown", "false", "404 task_unknown"];

test("the owner may do everything", async () => expect(await row(await made(), { token: tokens.owner })).toEqual([...ALL, "true", "204"]));

test("the creator may do everything, but it is not in their list", async () => expect(await row(await made(), { token: tokens.creator })).toEqual([...ALL, "false", "204"]));

test("an administrator may do everything, but it is not in their list", async () => expect(await row(await made(), { token: tokens.admin })).toEqual([...ALL, "false", "204"]));

test("who holds its lease watches and appends, and orders nothing", async () => {
  const taskId = await queueTask(url(), tokens.creator, { owner: ownerKey, kind: "held" });
  const { lease } = await leaseOne(url(), tokens.worker, "held");
  expect(await row(taskId, { token: tokens.worker, headers: { "taskwire-lease": lease } })).toEqual(["200", "200", "403 command_forbidden", "false", "403 command_forbidden"]);
});

test("who knows a linked task watches it, and does nothing else", async () => {
  expect(await row(await made({ access: "link" }), { token: tokens.stranger })).toEqual(["200", "404 task_unknown", "403 command_forbidden", "false", "403 command_forbidden"]);
});

test("a stranger does not learn that it exists, linked tasks of others or not", async () => expect(await row(await made(), { token: tokens.stranger })).toEqual(HIDDEN));

test("nobody may do nothing, not even with a link", async () => {
  expect(await row(await made({ access: "link" }), {})).toEqual(Array.from({ length: 5 }, () => "401 token_missing"));
});

test("a grant watches and lists what it names; of anything else it sees nothing", async () => {
  const [taskId, another] = [await made(), await made()];
  const grant = await ask(url(), "/v1/grants", { token: tokens.owner, body: { task_ids: [taskId] } });
  const token = String(grant.json.token);
  const REFUSED = "403 watch_only";
  expect(await row(taskId, { token })).toEqual(["200", REFUSED, REFUSED, "true", REFUSED]);
  expect(await row(another, { token })).toEqual(["404 task_unknown", REFUSED, REFUSED, "false", REFUSED]);
  for (const [path, body] of [["/v1/tasks", { kind: "k" }], ["/v1/tickets", { scope: "mine" }], ["/v1/grants", { scope: "mine" }], ["/v1/work/k/lease", {}], [`/v1/tasks/${taskId}/retry`, {}]] as const) {
    expect([path, told(await ask(url(), path, { token, body }))]).toEqual([path, REFUSED]);
  }
  for (const path of ["/v1/grants", "/v1/me"]) expect([path, told(await ask(url(), path, { token }))]).toEqual([path, REFUSED]);
});

test("a ticket opens its stream, and is no token for anything", async () => {
  const taskId = await made();
  const { ticket } = (await ask(url(), "/v1/tickets", { token: tokens.owner, body: { task_ids: [taskId] } })).json;
  const MISSING = "401 token_missing";
  expect(await row(taskId, { query: `?ticket=${String(ticket)}` })).toEqual(["200", MISSING, MISSING, MISSING, MISSING]);
  expect(told(await ask(url(), `/v1/tasks/${taskId}`, { token: String(ticket) }))).toBe("401 token_invalid");
});
