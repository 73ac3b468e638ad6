/** A watched set as a screen shows it, on the real service: all of mine, those to come too, through a cut; and as a hook of React. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Window } from "happy-dom";
import { createElement as h } from "react";
import { useTaskSet } from "../../clients/typescript/react/use-task.ts";
import { type Client, createClient, type SetModel } from "../../clients/typescript/src/client.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 20_000;
const MINE = { scope: "mine" } as const;
const DONE = { type: "task.completed", data: { result: 42 } } as const;

let service: Service;
let proxy: Proxy;

beforeAll(async () => {
  service = await startService();
  proxy = await startProxy(service.port);
}, 60_000);
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

async function clientOf(): Promise<Client> {
  return createClient({ url: `http://127.0.0.1:${proxy.port}`, token: await signUp(service.url), settings: { backoffMinMs: 5, backoffMaxMs: 50 } });
}
const create = async (client: Client, title: string): Promise<string> => (await client.create({ kind: "demo", title })).task_id;
const shown = (model: SetModel): string[] => [...model.now.members.values()].map(({ summary, task, left }) => `${summary.title} ${task.status} ${task.seq}${left === null ? "" : ` ${left}`}`);

test("a set shows what is there, what joins and what ends, with everything that its tasks have said, also after a cut", async () => {
  const client = await clientOf();
  const first = await create(client, "first");
  await client.publish(first, [{ type: "message.started", data: { message_id: "m", role: "assistant" } }, { type: "message.delta", data: { message_id: "m", delta: "Hello" } }]);
  const model = client.set(MINE);
  const leave = model.subscribe(() => {});
  await until("the first is shown with its text", LIMIT_MS, () => model.now.members.get(first)?.task.messages?.[0]?.content === "Hello");
  expect(model.now.caughtUp || (await until("it has caught up", LIMIT_MS, () => model.now.caughtUp))).toBe(true);
  const second = await create(client, "second");
  await until("the second joins", LIMIT_MS, () => model.now.members.has(second));
  proxy.reset();
  await client.publish(first, [{ type: "message.delta", data: { message_id: "m", delta: ", world" } }]);
  await client.publish(second, DONE);
  const third = await create(client, "third");
  await until("all is shown", LIMIT_MS, () => model.now.members.get(third)?.task.seq === 1 && model.now.members.get(second)?.left === "ended" && model.now.members.get(first)?.task.seq === 4);
  expect(shown(model)).toEqual(["first running 4", "second completed 2 ended", "third queued 1"]);
  expect(model.now.members.get(first)?.task.messages?.[0]?.content).toBe("Hello, world");
  expect(client.set(MINE)).toBe(model);
  leave();
  await until("nothing is connected any more", LIMIT_MS, () => model.now.connection === null);
}, 60_000);

test("a component shows all of mine by one hook", async () => {
  const window = new Window();
  Object.assign(globalThis, { window, document: window.document, HTMLElement: window.HTMLElement, IS_REACT_ACT_ENVIRONMENT: false });
  const client = await clientOf();
  const { createRoot } = await import("react-dom/client");
  const place = window.document.createElement("div");
  const root = createRoot(place as unknown as Element);
  const List = () => h("p", null, [...useTaskSet(client, MINE).members.values()].map(({ summary, task }) => `${summary.title}:${task.status}`).join(" "));
  root.render(h(List));
  const id = await create(client, "one");
  await until("the task is shown", LIMIT_MS, () => place.textContent === "one:queued");
  await client.publish(id, DONE);
  await until("its end is shown", LIMIT_MS, () => place.textContent === "one:completed");
  root.unmount();
  await window.happyDOM.close();
}, 60_000);
