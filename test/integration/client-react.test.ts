/** The hooks with the real React: in a document, in strict mode, and on a server. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Window } from "happy-dom";
import { createElement as h, StrictMode, useState } from "react";
import type { Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { useTask, useTasks } from "../../clients/typescript/react/use-task.ts";
import { type Client, createClient } from "../../clients/typescript/src/client.ts";
import { completed, event, ready, type Script, scriptedServer, seqAfter, type Visit } from "../support/scripted-server.ts";
import { until } from "../support/until.ts";

const window = new Window();
const borrowed = { window, document: window.document, HTMLElement: window.HTMLElement, IS_REACT_ACT_ENVIRONMENT: false };
const roots: Root[] = [];

beforeAll(() => Object.assign(globalThis, borrowed));
afterEach(() => {
  for (const root of roots.splice(0)) root.unmount();
});
afterAll(() => window.happyDOM.close());

const clientOf = (url: string): Client => createClient({ url, token: "good", settings: { backoffMinMs: 2, backoffMaxMs: 20 } });

async function show(element: Parameters<Root["render"]>[0]): Promise<{ readonly text: () => string; readonly root: Root; click(): void }> {
  const { createRoot } = await import("react-dom/client");
  const place = window.document.createElement("div");
  const root = createRoot(place as unknown as Element);
  roots.push(root);
  root.render(element);
  return { text: () => place.textContent, root, click: () => (place.querySelector("button") as unknown as { click(): void }).click() };
}

function Task({ client, id }: { readonly client: Client; readonly id: string }) {
  const { task, connection, error, ended } = useTask(client, id);
  return h("p", null, [id, task.status, task.seq, task.progress.percent ?? "-", connection?.phase ?? "off", error?.code ?? "fine", ended ? "over" : "on"].join(" "));
}

function Tasks({ client, ids }: { readonly client: Client; readonly ids: readonly string[] }) {
  const { tasks, connection } = useTasks(client, ids);
  return h("p", null, `${[...tasks].map(([id, { seq }]) => `${id}:${seq}`).join(" ")} ${connection?.phase ?? "off"}`);
}

const progress = (visit: Visit, from: number, to: number): void => {
  for (let seq = from; seq <= to; seq++) visit.send(event(seq, { type: "task.progress", data: { percent: seq * 10 } }));
};
const running: Script = {
  visit(visit) {
    visit.send(ready());
    progress(visit, seqAfter(visit) + 1, 3);
  },
};

describe("useTask", () => {
  test("shows a task as its events arrive, with the state of the connection, to its end", async () => {
    await using server = scriptedServer(running);
    const { text } = await show(h(Task, { client: clientOf(server.url), id: "t1" }));
    await until("progress is shown", 3_000, () => text() === "t1 running 3 30 live fine on");
    server.visits[0]?.send(completed(4));
    await until("the end is shown", 3_000, () => text() === "t1 completed 4 100 ended fine over");
    expect(server.visits.length).toBe(1);
  });

  test("makes one connection in strict mode, and leaves none behind", async () => {
    await using server = scriptedServer(running);
    const { text, root } = await show(h(StrictMode, null, h(Task, { client: clientOf(server.url), id: "t1" })));
    await until("progress is shown", 3_000, () => text().startsWith("t1 running 3"));
    expect(server.visits.length).toBe(1);
    root.unmount();
    await until("the connection is gone", 3_000, () => server.visits[0]?.gone);
  });

  test("shares one connection between components that show the same task", async () => {
    await using server = scriptedServer(running);
    const client = clientOf(server.url);
    const { text } = await show(h("div", null, h(Task, { client, id: "t1" }), h(Task, { client, id: "t1" })));
    await until("both show it", 3_000, () => text().split("t1 running 3 30 live").length === 3);
    expect(server.visits.length).toBe(1);
  });

  test("goes over to another task when it is given another id", async () => {
    await using server = scriptedServer({ visit: (visit) => (visit.send(ready()), visit.send(event(1, { task_id: visit.path.split("/")[3] }))) });
    const client = clientOf(server.url);
    function Page() {
      const [id, setId] = useState("a");
      return h("div", null, h(Task, { client, id }), h("button", { onClick: () => setId("b") }, ""));
    }
    const { text, click } = await show(h(Page));
    await until("the first is shown", 3_000, () => text().startsWith("a queued 1"));
    click();
    await until("the second is shown", 3_000, () => text().startsWith("b queued 1 - live"));
    await until("the first's connection is gone", 3_000, () => server.visits[0]?.gone);
  });

  test("finds a task as it was left, and goes on from there", async () => {
    await using server = scriptedServer(running);
    const client = clientOf(server.url);
    const first = await show(h(Task, { client, id: "t1" }));
    await until("progress is shown", 3_000, () => first.text().startsWith("t1 running 3"));
    first.root.unmount();
    await until("the connection is gone", 3_000, () => server.visits[0]?.gone);
    const second = await show(h(Task, { client, id: "t1" }));
    await until("it is shown again", 3_000, () => second.text() === "t1 running 3 30 live fine on");
    expect(server.visits.map(({ after }) => after)).toEqual([null, "c3"]);
  });

  test("shows why nothing more will come", async () => {
    await using server = scriptedServer({
      visit(visit) {
        visit.send({ type: "stream.error", code: "task_unknown", message: "No.", retryable: false });
        visit.close(4504, "task_unknown");
      },
    });
    const { text } = await show(h(Task, { client: clientOf(server.url), id: "t1" }));
    await until("the error is shown", 3_000, () => text().endsWith("task_unknown over"));
  });

  test("shows the state before the first event on a server, and opens nothing there", async () => {
    await using server = scriptedServer(running);
    const client = clientOf(server.url);
    expect(renderToString(h(Task, { client, id: "t1" }))).toBe("<p>t1 queued 0 - off fine on</p>");
    expect(renderToString(h(Tasks, { client, ids: ["a", "b"] }))).toBe("<p>a:0 b:0 off</p>");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.visits).toEqual([]);
  });

  test("comes alive on what a server has rendered, without a difference", async () => {
    await using server = scriptedServer(running);
    const client = clientOf(server.url);
    const element = h(Task, { client, id: "t1" });
    const place = window.document.createElement("div");
    place.innerHTML = renderToString(element);
    const { hydrateRoot } = await import("react-dom/client");
    const faults: unknown[] = [];
    // Somebody else on the page shows it already.
    const leave = client.task("t1").subscribe(() => {});
    await until("it is there already", 3_000, () => client.task("t1").now.task.seq === 3);
    roots.push(hydrateRoot(place as unknown as Element, element, { onRecoverableError: (error) => faults.push(error) }));
    await until("progress is shown", 3_000, () => place.textContent.startsWith("t1 running 3"));
    expect(faults).toEqual([]);
    leave();
  });
});

describe("useTasks", () => {
  test("shows several tasks over one connection", async () => {
    await using server = scriptedServer({
      visit: (visit) => visit.send(ready()),
      message(visit, text) {
        const { type, task_id } = JSON.parse(text) as { type: string; task_id: string };
        if (type === "subscribe") for (const seq of [1, 2]) visit.send(event(seq, { task_id }));
      },
    });
    const { text } = await show(h(StrictMode, null, h(Tasks, { client: clientOf(server.url), ids: ["a", "b"] })));
    await until("both are shown", 3_000, () => text() === "a:2 b:2 live");
    expect(server.visits.length).toBe(1);
  });

  test("opens nothing for no tasks", async () => {
    await using server = scriptedServer({});
    const { text } = await show(h(Tasks, { client: clientOf(server.url), ids: [] }));
    await until("it is shown", 3_000, () => text() === " off");
    expect(server.visits).toEqual([]);
  });
});
