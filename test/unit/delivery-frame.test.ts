import { describe, expect, test } from "bun:test";
import { createParser } from "eventsource-parser";
import { chunkOf, chunkOfFrames, bytesOf, eventFrame, messagesOf, openingChunk, streamFrame } from "../../src/delivery/frame.ts";
import type { Run } from "../../src/feed/port.ts";
import { SharedRun } from "../../src/feed/run.ts";
import { readFrame } from "../../src/delivery/request.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A run of batches with these events, read from `fromSeq` on. */
function runOf(batches: readonly (readonly object[])[], fromSeq = 1): Run {
  let seq = 1;
  const slices = batches.map((events, at) => {
    const [firstSeq, lastSeq] = [seq, seq + events.length - 1];
    const body = events.map((event) => `${JSON.stringify({ ...event, seq: seq++ })}\n`).join("");
    const header = { firstSeq, lastSeq, nonce: `n${at}`, owner: "me", creator: null, conversation: null, kind: "k", access: "owner", status: "running", attempt: 1, state: null, stateAt: 0, delta: null };
    return { batch: { taskId: "t", position: at + 1, header, body: new TextEncoder().encode(body) }, fromSeq: Math.max(firstSeq, fromSeq) };
  });
  return new SharedRun("epoch", slices);
}

const events = [[{ type: "a", data: { text: "zwei\nZeilen, \u2028 und ünïcode 🎈" } }, { type: "b", data: {} }], [{ type: "c", data: {} }]];

describe("frames", () => {
  test("a run is a message an event, its cursor spliced in, on both transports the same JSON", () => {
    const run = runOf(events);
    const { texts } = messagesOf(run);
    const got: { id: string | undefined; event: string | undefined; data: string }[] = [];
    const parser = createParser({ onEvent: ({ id, event, data }) => got.push({ id, event, data }) });
    const chunk = chunkOf(run);
    parser.feed(text(chunk.data));
    expect(chunk.events).toBe(3);
    expect(got.map(({ data }) => data)).toEqual([...texts]);
    expect(got.map(({ event }) => event)).toEqual([undefined, undefined, undefined]);
    const frames = texts.map((frame) => JSON.parse(frame) as { seq: number; cursor: string });
    expect(frames.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(got.map(({ id }) => id)).toEqual(frames.map(({ cursor }) => cursor));
    expect(new Set(frames.map(({ cursor }) => cursor)).size).toBe(3);
  });

  test("a run that begins inside a batch leaves out what was delivered", () => {
    expect(messagesOf(runOf(events, 2)).texts.map((frame) => (JSON.parse(frame) as { seq: number }).seq)).toEqual([2, 3]);
    expect(text(chunkOf(runOf(events, 2)).data).match(/"seq":\d/g)).toEqual(['"seq":2', '"seq":3']);
  });

  test("an event stream has LF only, stream frames under their own event, and an id wherever a position is known", () => {
    const frames = [streamFrame({ type: "stream.pong" }), streamFrame({ type: "stream.caught_up", task_id: "t", cursor: "c.1" }), eventFrame(`{"type":"task.snapshot","data":{"text":"\\"cursor\\":\\"x\\"}"},"cursor":"c.2"}`)];
    const all = text(chunkOfFrames(frames));
    expect(all).toBe(`event: stream\ndata: {"type":"stream.pong"}\n\nid: c.1\nevent: stream\ndata: {"type":"stream.caught_up","task_id":"t","cursor":"c.1"}\n\nid: c.2\ndata: ${frames[2]?.text}\n\n`);
    expect(text(openingChunk(500))).toMatch(/^: {2048}\nretry: 500\n\n$/);
    expect(all).not.toContain("\r");
  });

  test("the length of a frame is counted in bytes where it matters", () => {
    expect(bytesOf("ü".repeat(10), 15)).toBe(20);
    expect(bytesOf("x".repeat(10), 15)).toBe(10);
  });
});

describe("frames of a client", () => {
  test.each([
    ["{", "frame_invalid", null],
    ["null", "frame_invalid", null],
    ["[1]", "frame_invalid", null],
    [`{"type":"append","task_id":"t","events":[{"type":"x.a.b","data":{"v":${"[".repeat(100_000)}${"]".repeat(100_000)}}}]}`, "frame_invalid", null],
    ["{}", "frame_invalid", null],
    [`{"type":"dance","request_id":"r"}`, "frame_unknown", "r"],
    [`{"type":"ping","nonce":7,"request_id":"r"}`, "frame_invalid", "r"],
    [`{"type":"subscribe","request_id":"r"}`, "frame_invalid", "r"],
    [`{"type":"subscribe","task_id":"t","replay":"fast","request_id":"r"}`, "frame_invalid", "r"],
    [`{"type":"subscribe","task_id":"a b","request_id":"r"}`, "id_invalid", "r"],
    [`{"type":"append","task_id":"t","events":[],"request_id":"r"}`, "frame_invalid", "r"],
    [`{"type":"auth","request_id":""}`, "frame_invalid", null],
  ])("%s is refused as %s", (frame, code, requestId) => {
    const reading = readFrame(frame);
    if (reading.kind !== "wrong") throw new Error("it was taken");
    expect(reading.error.code).toBe(code as typeof reading.error.code);
    expect(reading.requestId).toBe(requestId);
    expect(reading.error.detail).not.toContain("undefined");
  });

  test("fields that a later contract adds do not disturb", () => {
    expect(readFrame(`{"type":"ping","nonce":"1","later":true}`).kind).toBe("frame");
  });
});
