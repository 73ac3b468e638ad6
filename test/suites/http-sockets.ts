/** What bad input gets over WebSocket: a frame that says why, then a close code that says whether to come back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { append, createTask, type SocketOptions, type SocketTranscript, talk } from "../support/api.ts";
import { makeToken } from "../support/token.ts";
import type { Started } from "./http.ts";

/** The settings that these tests need: short deadlines, few places. */
export const SOCKET_SETTINGS = { TASKWIRE_AUTH_DEADLINE_MS: "300", TASKWIRE_SUBSCRIPTIONS: "3", TASKWIRE_ORIGINS: "https://app.example" } as const;

/** Holds a service that was started with `SOCKET_SETTINGS` to its WebSocket refusals. */
export function httpSocketSuite(name: string, start: () => Promise<Started>): void {
  describe(`${name}: sockets`, () => {
    let service: Started;
    let ada = "";
    let taskId = "";
    beforeAll(async () => {
      service = await start();
      ada = await makeToken({ subject: "ada" });
      taskId = await createTask(service.url, ada);
      await append(service.url, ada, taskId, { type: "task.completed", data: {} });
    }, 60_000);
    afterAll(() => service?.[Symbol.asyncDispose](), 30_000);

    const as = (token: string): string[] => ["taskwire.v1", `bearer.${token}`];
    const refused = ({ frames, code }: SocketTranscript): [unknown, unknown, number] => [frames.at(-1)?.type, frames.at(-1)?.code, code];
    const many = (options: SocketOptions): Promise<SocketTranscript> => talk(service.url, "/v1/ws", options);
    const one = (options: SocketOptions, query = ""): Promise<SocketTranscript> => talk(service.url, `/v1/tasks/${taskId}/ws${query}`, options);

    test("a task is watched by subprotocol, by header, and by a first frame", async () => {
      const types = ["stream.ready", "stream.subscribed", "task.created", "task.completed", "stream.caught_up", "stream.end"];
      const first = JSON.stringify({ type: "auth", token: ada, request_id: "a" });
      for (const options of [{ protocols: as(ada) }, { headers: { authorization: `Bearer ${ada}` } }]) {
        const { frames, code } = await one(options);
        expect([frames.map(({ type }) => type), code]).toEqual([types, 1000]);
      }
      const { frames, code } = await one({ first: [first] });
      expect(frames.map(({ type }) => type).filter((type) => !["stream.ready", "stream.ack"].includes(String(type)))).toEqual(types.slice(1));
      expect(code).toBe(1000);
    });

    test("tokens that are no good are told apart", async () => {
      const rows: [string, string, number][] = [
        [await makeToken({ lifetime: -600 }), "token_expired", 4401],
        [await makeToken({ secret: "somebody else's secret, just as long" }), "token_invalid", 4502],
        [await makeToken({ audience: "another" }), "token_invalid", 4502],
      ];
      for (const [token, code, close] of rows) expect(refused(await one({ protocols: as(token) }))).toEqual(["stream.error", code, close]);
      expect(refused(await many({ first: [JSON.stringify({ type: "auth", token: "forged" })] }))).toEqual(["stream.error", "token_invalid", 4502]);
      expect(refused(await one({ protocols: as(ada) }, `?access_token=${ada}`))).toEqual(["stream.error", "token_invalid", 4502]);
    });

    test("who only connects is sent away after the deadline", async () => {
      expect(refused(await many({}))).toEqual(["stream.error", "auth_timeout", 4506]);
      expect(refused(await one({}))).toEqual(["stream.error", "auth_timeout", 4506]);
    });

    test("a frame before auth closes", async () => {
      expect(refused(await many({ first: [JSON.stringify({ type: "subscribe", task_id: taskId })] }))).toEqual(["stream.error", "auth_required", 4507]);
    });

    test("pages of foreign origins are refused; the service's own and configured ones are not", async () => {
      expect(refused(await one({ protocols: as(ada), headers: { origin: "https://evil.example" } }))).toEqual(["stream.error", "origin_forbidden", 4503]);
      for (const origin of [service.url, "https://app.example"]) expect((await one({ protocols: as(ada), headers: { origin } })).code).toBe(1000);
    });

    test("tasks and cursors that are not there close for good", async () => {
      expect(refused(await talk(service.url, "/v1/tasks/never-was/ws", { protocols: as(ada) }))).toEqual(["stream.error", "task_unknown", 4504]);
      expect(refused(await one({ protocols: as(await makeToken({ subject: "bob" })) }))).toEqual(["stream.error", "task_unknown", 4504]);
      expect(refused(await one({ protocols: as(ada) }, "?after=garbage"))).toEqual(["stream.error", "cursor_invalid", 4505]);
      expect(refused(await one({ protocols: as(ada) }, "?replay=some")).slice(0, 2)).toEqual(["stream.error", "request_invalid"]);
      expect(refused(await talk(service.url, "/v1/tasks/a.b/ws", { protocols: as(ada) })).slice(0, 2)).toEqual(["stream.error", "id_invalid"]);
    });

    test("frames that are wrong are answered, and the connection goes on", async () => {
      const replies = ["nonsense", JSON.stringify({ type: "dance" }), JSON.stringify({ type: "subscribe" }), JSON.stringify({ type: "subscribe", task_id: "never-was", request_id: "r1" })];
      const { frames, code } = await many({ protocols: as(ada), onFrame: ({ type }) => (type === "stream.ready" || type === "stream.error" ? (replies.shift() ?? new Uint8Array([1])) : null) });
      const told = frames.filter(({ type }) => type === "stream.error");
      expect(told.map(({ code: each }) => each)).toEqual(["frame_invalid", "frame_unknown", "frame_invalid", "task_unknown", "frame_binary"]);
      expect(told[3]).toMatchObject({ task_id: "never-was", request_id: "r1" });
      expect(code).toBe(4508);
    });

    test("a frame over the limit closes", async () => {
      const long = JSON.stringify({ type: "ping", nonce: "x".repeat(310 * 1024) });
      expect(refused(await many({ protocols: as(ada), onFrame: ({ type }) => (type === "stream.ready" ? long : null) }))).toEqual(["stream.error", "frame_too_large", 4509]);
    });

    test("one subscription too many is refused, those before it stay", async () => {
      const tasks = await Promise.all(Array.from({ length: 4 }, () => createTask(service.url, ada)));
      const first = tasks.map((id) => JSON.stringify({ type: "subscribe", task_id: id, request_id: id }));
      const { frames } = await many({
        protocols: as(ada),
        onFrame: ({ type }) => (type === "stream.ready" ? (first.shift() ?? null) : type === "stream.subscribed" ? (first.shift() ?? null) : type === "stream.error" ? new Uint8Array([1]) : null),
      });
      expect(frames.filter(({ type }) => type === "stream.subscribed")).toHaveLength(3);
      expect(frames.filter(({ type }) => type === "stream.error").map(({ code }) => code)).toEqual(["too_many_subscriptions", "frame_binary"]);
    });

    test("events are appended over the same connection, and refused as they are over HTTP", async () => {
      const id = await createTask(service.url, ada);
      const line = { type: "log.line", data: { level: "info", text: "over the wire" } };
      const sends = [
        JSON.stringify({ type: "append", task_id: id, events: [line, line], request_id: "r1" }),
        JSON.stringify({ type: "append", task_id: id, events: [line, { type: "task.exploded", data: {} }], request_id: "r2" }),
      ];
      const { frames } = await many({ protocols: as(ada), onFrame: ({ type }) => (["stream.ready", "stream.ack"].includes(String(type)) ? (sends.shift() ?? null) : type === "stream.error" ? new Uint8Array([1]) : null) });
      expect(frames.find(({ type }) => type === "stream.ack")).toMatchObject({ request_id: "r1", first_seq: 2, last_seq: 3 });
      expect(frames.find(({ code }) => code === "event_type_unknown")).toMatchObject({ request_id: "r2" });
    });
  });
}
