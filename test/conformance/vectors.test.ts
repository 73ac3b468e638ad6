/** Every vector of the contract through the validators that are generated from it, and every history through the fold. */
import { describe, expect, test } from "bun:test";
import { createParser } from "eventsource-parser";
import { CLIENT_FRAME_TYPES, EVENT_TYPES, PRODUCER_TYPES, SERVICE_ONLY_TYPES, STREAM_FRAME_TYPES } from "../../generated/typescript/catalog.ts";
import { ERRORS } from "../../generated/typescript/errors.ts";
import type { AnyEvent, StreamReplayedFrame } from "../../generated/typescript/types.ts";
import { anyEvent, clientFrame, createTaskRequest, streamFrame } from "../../generated/typescript/validators.ts";
import { parseDraft } from "../../src/domain/draft.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import { judge } from "../../src/domain/laws.ts";
import type { DraftEvent, Verdict } from "../../src/domain/laws.ts";
import { LIMITS } from "../../src/limits.ts";
import { readVectors, vectorsIn, foldedTo } from "../support/vectors.ts";

interface Case {
  readonly name: string;
  readonly value: unknown;
  readonly code?: string;
  readonly path?: string;
  readonly before?: readonly unknown[];
  readonly unknown_type?: boolean;
}
interface Cases {
  readonly valid: readonly Case[];
  readonly invalid: readonly Case[];
  readonly forward: readonly Case[];
}
interface Schema {
  safeParse(value: unknown): { success: boolean; data?: unknown; error?: { issues: readonly { path: readonly PropertyKey[] }[] } };
}

/** What a schema says of a case: nothing, or where it is wrong. */
function fault(schema: Schema, value: unknown): string | null {
  const parsed = schema.safeParse(value);
  return parsed.success ? null : (parsed.error?.issues[0]?.path ?? []).map(String).join(".");
}

const typesIn = (cases: readonly Case[]): Set<unknown> => new Set(cases.map(({ value }) => (value as { type?: unknown } | null)?.type));

describe("drafts", () => {
  const { valid, invalid, forward } = readVectors<Cases>("drafts.json");

  test("what is valid, and what only a later version knows, is taken whole", () => {
    const wrong = [...valid, ...forward].flatMap(({ name, value, before = [] }) =>
      [...before, value].flatMap((each) => {
        const parsed = parseDraft(each);
        return parsed.ok && Bun.deepEquals(parsed.draft, each) ? [] : [{ name, parsed }];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("what is not valid is refused with its code and the path of the fault", () => {
    const wrong = invalid.flatMap(({ name, value, code, path }) => {
      const parsed = parseDraft(value);
      return !parsed.ok && parsed.code === code && parsed.path === path ? [] : [{ name, expected: { code, path }, parsed }];
    });
    expect(wrong).toEqual([]);
  });

  test("every type of the catalogue has its cases", () => {
    const producer = PRODUCER_TYPES.filter((type) => !(typesIn(valid).has(type) && typesIn(invalid).has(type) && typesIn(forward).has(type)));
    expect(producer).toEqual([]);
    expect([...SERVICE_ONLY_TYPES].filter((type) => !typesIn(invalid).has(type))).toEqual([]);
  });
});

describe("delivered events", () => {
  const { valid, invalid, forward } = readVectors<Cases>("events.json");

  test("what is valid, and what only a later version knows, is taken whole", () => {
    const wrong = [...valid, ...forward].filter(({ value }) => !Bun.deepEquals(anyEvent.safeParse(value).data, value));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("what is no event is found, with the path of the fault", () => {
    const wrong = invalid.flatMap(({ name, value, path }) => (fault(anyEvent, value) === path ? [] : [{ name, expected: path, found: fault(anyEvent, value) }]));
    expect(wrong).toEqual([]);
  });

  test("every type of the catalogue has its case", () => {
    expect(EVENT_TYPES.filter((type) => !typesIn(valid).has(type))).toEqual([]);
  });
});

describe("frames of the service", () => {
  const { valid, invalid, forward } = readVectors<Cases>("stream-frames.json");

  test("what is valid, and what only a later version knows, is taken whole", () => {
    const wrong = [...valid, ...forward].filter(({ value, unknown_type }) => Bun.deepEquals(streamFrame.safeParse(value).data, value) === (unknown_type === true));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("what is not valid is found, with the path of the fault", () => {
    const wrong = invalid.flatMap(({ name, value, path }) => (fault(streamFrame, value) === path ? [] : [{ name, expected: path, found: fault(streamFrame, value) }]));
    expect(wrong).toEqual([]);
  });

  test("every frame has its cases", () => {
    expect(STREAM_FRAME_TYPES.filter((type) => !(typesIn(valid).has(type) && typesIn(forward).has(type)))).toEqual([]);
  });
});

describe("frames of a client", () => {
  const { valid, invalid, forward } = readVectors<Cases>("client-frames.json");
  /** The service judges the events of an `append` one by one, by the door of drafts. */
  const events = (value: unknown): readonly unknown[] => (value as { events?: readonly unknown[] } | null)?.events ?? [];

  test("what is valid, and what only a later version knows, is taken whole", () => {
    const wrong = [...valid, ...forward].filter(({ value }) => !Bun.deepEquals(clientFrame.safeParse(value).data, value) || events(value).some((event) => !parseDraft(event).ok));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("what is not valid is found, with the path of the fault", () => {
    const judged = (value: unknown): string | null => {
      const at = fault(clientFrame, value);
      if (at !== null) return at;
      for (const [index, event] of events(value).entries()) {
        const parsed = parseDraft(event);
        if (!parsed.ok) return `events.${index}.${parsed.path}`;
      }
      return null;
    };
    const wrong = invalid.flatMap(({ name, value, path }) => {
      const found = judged(value);
      return found === null || (path !== undefined && found !== path) ? [{ name, expected: path, found }] : [];
    });
    expect(wrong).toEqual([]);
  });

  test("every frame has its cases", () => {
    expect(CLIENT_FRAME_TYPES.filter((type) => !(typesIn(valid).has(type) && typesIn(invalid).has(type) && typesIn(forward).has(type)))).toEqual([]);
  });
});

test("bodies that create a task are taken or refused with the path of the fault", () => {
  const { valid, invalid, forward } = readVectors<Cases>("create-task.json");
  expect([...valid, ...forward].filter(({ value }) => !Bun.deepEquals(createTaskRequest.safeParse(value).data, value)).map(({ name }) => name)).toEqual([]);
  expect(invalid.map(({ name, value }) => ({ name, path: fault(createTaskRequest, value) }))).toEqual(invalid.map(({ name, path = "" }) => ({ name, path })));
});

test("every code that a vector expects is in the error table", () => {
  const files = ["drafts.json", "client-frames.json", "create-task.json", "bodies.json", "laws.json"];
  const codes = files.flatMap((file) => readVectors<Cases>(file).invalid.map(({ code }) => code ?? "none"));
  expect(codes.filter((code) => !(code in ERRORS))).toEqual([]);
});

interface Request {
  readonly name: string;
  readonly before?: readonly DraftEvent[];
  readonly drafts: readonly DraftEvent[];
  readonly code?: string;
  readonly law?: number;
}

/** The verdict on a task's last request, after its first was `task.created` and all before it were accepted. */
function judged(requests: readonly (readonly DraftEvent[])[]): Verdict {
  const founding = { owner: "u", conversation: null, access: "owner" };
  const about = { taskId: "t", actor: null, attempt: null, identity: null, now: 0, limits: LIMITS };
  let verdict = judge(null, { ...about, drafts: [{ type: "task.created", data: { kind: "test" } }], service: true, founding });
  for (const drafts of requests) {
    if (verdict.kind !== "accepted") throw new Error(`What came before was not accepted: ${JSON.stringify(verdict)}`);
    verdict = judge(verdict.state, { ...about, drafts, service: false, founding: null });
  }
  return verdict;
}

describe("laws", () => {
  const { valid, invalid } = readVectors<{ valid: readonly Request[]; invalid: readonly Request[] }>("laws.json");

  test("what they allow is accepted", () => {
    const wrong = valid.map(({ name, before, drafts }) => ({ name, verdict: judged(before ? [before, drafts] : [drafts]) })).filter(({ verdict }) => verdict.kind !== "accepted");
    expect(wrong).toEqual([]);
  });

  test("a breach is refused with its code and the law's number", () => {
    const wrong = invalid.flatMap(({ name, before = [], drafts, code, law }) => {
      const verdict = judged(before.length > 0 ? [before, drafts] : [drafts]);
      return verdict.kind === "refused" && verdict.error.code === code && verdict.error.extra?.law === law ? [] : [{ name, expected: { code, law }, verdict }];
    });
    expect(wrong).toEqual([]);
  });

  test("allow every draft that is valid, after what its case says must come before", () => {
    const { valid: drafts, forward } = readVectors<{ valid: readonly (Case & { value: DraftEvent })[]; forward: readonly (Case & { value: DraftEvent })[] }>("drafts.json");
    const wrong = [...drafts, ...forward].map(({ name, value, before = [] }) => ({ name, verdict: judged([...(before.length > 0 ? [before as DraftEvent[]] : []), [value]]) })).filter(({ verdict }) => verdict.kind !== "accepted");
    expect(wrong).toEqual([]);
  });
});

interface History {
  readonly events: readonly AnyEvent[];
  readonly replayed?: readonly StreamReplayedFrame[];
  readonly folds_to: Readonly<Record<string, unknown>>;
}

describe("histories", () => {
  for (const { file, vector: { events, replayed = [], folds_to } } of vectorsIn<History>("streams")) {
    test(`${file}: its events are dense, and fold to what it says`, () => {
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.map((event) => fault(anyEvent, event))).toEqual(events.map(() => null));
      expect(foldedTo(events.reduce(fold, emptyView()), folds_to)).toEqual(folds_to);
    });

    if (replayed.length === 0) continue;
    test(`${file}: its ranges tile the log, and fold to the same`, () => {
      expect(replayed.map((frame) => fault(streamFrame, frame))).toEqual(replayed.map(() => null));
      expect(replayed.map(({ first_seq }) => first_seq)).toEqual([1, ...replayed.slice(0, -1).map(({ seq }) => seq + 1)]);
      expect(replayed.at(-1)?.seq).toBe(events.length);
      expect(foldedTo(replayed.flatMap((frame) => frame.events).reduce(fold, emptyView()), folds_to)).toEqual(folds_to);
    });
  }
});

interface Bytes {
  readonly chunks: readonly ({ readonly text: string } | { readonly hex: string })[];
  readonly dispatches: readonly { readonly event: string; readonly id: string; readonly data: string }[];
  readonly retry?: number;
}

/** A stranger's parser, fed with the bytes as they arrive. It tells an event's id only where the event itself has one. */
function parse(chunks: Bytes["chunks"]): { events: { event: string; id: string | undefined; data: string }[]; retry: number | undefined } {
  const events: { event: string; id: string | undefined; data: string }[] = [];
  let retry: number | undefined;
  const parser = createParser({ onEvent: ({ event = "message", id, data }) => void events.push({ event, id, data }), onRetry: (milliseconds) => void (retry = milliseconds) });
  const decoder = new TextDecoder();
  for (const chunk of chunks) parser.feed(decoder.decode("text" in chunk ? new TextEncoder().encode(chunk.text) : Buffer.from(chunk.hex, "hex"), { stream: true }));
  return { events, retry };
}

describe("bytes of Server-Sent Events", () => {
  for (const { file, vector: { chunks, dispatches, retry } } of vectorsIn<Bytes>("sse")) {
    test(`${file}: a parser that knows nothing of us hands out the same`, () => {
      const found = parse(chunks);
      expect(found.events.map(({ event, data }) => ({ event, data }))).toEqual(dispatches.map(({ event, data }) => ({ event, data })));
      expect(found.events.filter(({ id }, index) => id !== undefined && id !== dispatches[index]?.id)).toEqual([]);
      expect(found.retry).toBe(retry);
    });
  }
});
