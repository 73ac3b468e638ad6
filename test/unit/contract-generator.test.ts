/** The generator's pure parts: bundling, the model, the printers, the comparison and the rules. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const part = <T>(path: string): Promise<T> => import(join(ROOT, "contract/generator", path)) as Promise<T>;

type Json = Record<string, unknown>;
interface Model {
  readonly types: readonly { name: string }[];
  readonly events: readonly { type: string | null; service: boolean }[];
  readonly errors: readonly unknown[];
}
const { bundle } = await part<{ bundle(entry: string, load: (path: string) => unknown): Json }>("model/bundle.mjs");
const { modelOf } = await part<{ modelOf(document: Json): Model }>("model/model.mjs");
const { differences } = await part<{ differences(committed: ReadonlyMap<string, string>, made: ReadonlyMap<string, string>): string[] }>("model/compare.mjs");
const { breaches } = await part<{ breaches(document: Json, validate: (pointer: string, value: unknown) => string | null): string[] }>("model/rules.mjs");
const { printDocument } = await part<{ printDocument(document: Json): string }>("model/document.mjs");
const { typescriptFiles } = await part<{ typescriptFiles(model: Model): { name: string; text: string }[] }>("typescript/files.mjs");
const { zodText } = await part<{ zodText(shape: Json): string }>("typescript/validators.mjs");
const { typeText } = await part<{ typeText(shape: Json): string }>("typescript/types.mjs");
const { comment } = await part<{ comment(doc: string, indent?: string): string }>("typescript/text.mjs");

const committed = readFileSync(join(ROOT, "generated/asyncapi.json"), "utf8");
/** A fresh copy of the contract, to be broken. */
function contract(): Json {
  const { "x-generated": _, ...document } = JSON.parse(committed) as Json;
  return document;
}
/** Digs into a document: `at(document, "components", "messages", "TaskCreated")`. */
const at = (value: unknown, ...path: readonly string[]): Json => path.reduce((inner, key) => (inner as Json)[key], value) as Json;

describe("bundling", () => {
  const files: Record<string, unknown> = {
    "entry.yaml": { info: {}, "x-table": { $ref: "./table.yaml" }, components: { messages: { A: { $ref: "./events/a.yaml#/messages/A" } } } },
    "events/a.yaml": { messages: { A: { payload: { $ref: "#/schemas/A" } } }, schemas: { A: { properties: { b: { $ref: "../b.yaml#/schemas/B" } } } } },
    "b.yaml": { schemas: { B: { type: "object" } } },
    "table.yaml": { rows: [1] },
  };
  const load = (changed: Json = {}) => (path: string): unknown => ({ ...files, ...changed })[path] ?? expect.unreachable(path);

  test("moves what other files define into the document, under its own name", () => {
    expect(bundle("entry.yaml", load())).toEqual({
      info: {},
      "x-table": { rows: [1] },
      components: {
        messages: { A: { payload: { $ref: "#/components/schemas/A" } } },
        schemas: { A: { properties: { b: { $ref: "#/components/schemas/B" } } }, B: { type: "object" } },
      },
    });
  });

  test("refuses a reference that leads nowhere, naming it", () => {
    expect(() => bundle("entry.yaml", load({ "b.yaml": { schemas: {} } }))).toThrow("b.yaml#/schemas/B does not exist");
  });

  test("refuses two definitions of one name, naming both", () => {
    const twice = { "events/a.yaml": { messages: { A: { payload: [{ $ref: "#/schemas/B" }, { $ref: "../b.yaml#/schemas/B" }] } }, schemas: { B: {} } } };
    expect(() => bundle("entry.yaml", load(twice))).toThrow("B is defined twice: in events/a.yaml#/schemas/B and in b.yaml#/schemas/B");
  });
});

describe("the model", () => {
  test("holds every event, frame and error of the contract", () => {
    const model = modelOf(contract());
    const messages = at(contract(), "components", "messages");
    expect(model.events.length).toBe(Object.values(messages).filter((message) => "x-event" in (message as Json)).length);
    expect(model.errors.length).toBe(Object.keys(at(contract(), "x-errors", "codes")).length);
  });

  test("refuses a keyword that no printer would honour", () => {
    const document = contract();
    at(document, "components", "schemas", "Actor", "properties", "name").multipleOf = 2;
    expect(() => modelOf(document)).toThrow("Actor.name: the generator does not know the keyword multipleOf");
  });

  test("refuses a named schema that is neither an object nor an enum", () => {
    const document = contract();
    at(document, "components", "schemas").Nonsense = { type: "string" };
    expect(() => modelOf(document)).toThrow("Nonsense");
  });
});

describe("printing TypeScript", () => {
  test("makes what is committed, to the byte", () => {
    for (const { name, text } of typescriptFiles(modelOf(contract()))) expect(text).toBe(readFileSync(join(ROOT, "generated/typescript", name), "utf8"));
  });

  test("makes the document that is committed, to the byte", () => {
    expect(printDocument(contract())).toBe(committed);
  });

  test.each<[Json, string, string]>([
    [{ kind: "string", minLength: 1, maxLength: 64 }, "string", "z.string().min(1).max(64)"],
    [{ kind: "string", pattern: "^a$" }, "string", "z.string().regex(/^a$/)"],
    [{ kind: "string", format: "date-time" }, "string", "time"],
    [{ kind: "string", nullable: true }, "string | null", "z.string().nullable()"],
    [{ kind: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, "number", "z.int().min(1)"],
    [{ kind: "number", minimum: 0, maximum: 100 }, "number", "z.number().min(0).max(100)"],
    [{ kind: "openEnum", values: ["a", "b"] }, '"a" | "b" | (string & {})', "z.string()"],
    [{ kind: "closedEnum", values: ["a", "b"] }, '"a" | "b"', 'z.enum(["a","b"])'],
    [{ kind: "array", minItems: 1, items: { kind: "closedEnum", values: ["a", "b"] } }, 'readonly ("a" | "b")[]', 'z.array(z.enum(["a","b"])).min(1)'],
    [{ kind: "map", values: { kind: "number" } }, "Readonly<Record<string, number>>", "z.record(z.string(), z.number())"],
    [{ kind: "ref", name: "Failure" }, "Failure", "failure"],
    [{ kind: "any" }, "unknown", "z.unknown()"],
  ])("prints the shape %j", (shape, type, zod) => {
    expect(typeText(shape)).toBe(type);
    expect(zodText(shape)).toBe(zod);
  });

  test("refuses a shape that it has no words for", () => {
    expect(() => typeText({ kind: "tuple" })).toThrow("No TypeScript for the shape tuple");
    expect(() => zodText({ kind: "tuple" })).toThrow("No zod for the shape tuple");
  });

  test("a comment cannot end early", () => {
    expect(comment("See x.*/y")).toBe("/** See x.*\\/y */\n");
  });
});

describe("comparing", () => {
  const made = new Map([["a.ts", "1\n2\n"], ["b.ts", "1\n"]]);

  test("finds nothing where nothing differs", () => {
    expect(differences(made, made)).toEqual([]);
  });

  test("finds what was edited, what is missing and what is stale", () => {
    expect(differences(new Map([["a.ts", "1\n3\n"], ["old.ts", ""]]), made)).toEqual(["a.ts differs from line 2 on", "b.ts is missing", "old.ts is not made from the contract"]);
  });
});

describe("the rules", () => {
  const content = (): null => null;
  const broken = (edit: (document: Json) => void): string[] => {
    const document = contract();
    edit(document);
    return breaches(document, content);
  };

  test("hold for the contract as it is", () => {
    expect(breaches(contract(), content)).toEqual([]);
  });

  test("want an example and a summary of every message", () => {
    expect(broken((document) => Object.assign(at(document, "components", "messages", "LogLine"), { examples: [], summary: "" }))).toEqual([
      "components.messages.LogLine: has no summary",
      "components.messages.LogLine: has no example",
    ]);
  });

  test("hold every example to its schema", () => {
    const faults = breaches(contract(), (pointer) => (pointer === "/components/messages/Ping/payload" ? "data must be an object" : null));
    expect(faults).toEqual(["components.messages.Ping.examples.0.payload: data must be an object", "components.messages.Ping.examples.1.payload: data must be an object"]);
  });

  test("want every event in the unions that it belongs to", () => {
    const wrong = broken((document) => {
      const { StoredEvent, EventDraft } = at(document, "components", "schemas") as Record<string, Json>;
      (StoredEvent?.oneOf as unknown[]).shift();
      ((EventDraft?.allOf as Json[])[1]?.oneOf as unknown[]).shift();
    });
    expect(wrong).toEqual(["TaskCreatedEvent is missing in StoredEvent", "TaskStarted is missing in EventDraft"]);
  });

  test("want close codes to say what retryable says, each once", () => {
    const wrong = broken((document) => {
      at(document, "x-errors", "codes", "token_invalid").close = 4402;
    });
    expect(wrong).toEqual(["x-errors: token_invalid closes with 4402, which says the opposite of retryable: false", "x-errors: silent and token_invalid close with the same 4402"]);
  });

  test("want every message in some channel", () => {
    expect(broken((document) => Object.assign(at(document, "components", "messages"), { Lost: { name: "lost", summary: "Lost", examples: [{}] } }))).toEqual(["components.messages.Lost is in no channel"]);
  });
});

test("the generator refuses a flag that it does not know, and says which it knows", () => {
  const { exitCode, stderr } = Bun.spawnSync(["node", join(ROOT, "contract/generator/generate.mjs"), "--force"], { stderr: "pipe" });
  expect(stderr.toString()).toBe("--force is not known. Use --check, --lint, --install, or nothing.\n");
  expect(exitCode).toBe(1);
});
