/** Answers held to schemas that anybody may have written. */
import { describe, expect, test } from "bun:test";
import { misfitOf } from "../../src/http/fitting.ts";

/** What no judgement may take. Milliseconds; a pattern that runs away takes years. */
const LIMIT_MS = 1_000;

function quickly(schema: object, answer: unknown): ReturnType<typeof misfitOf> {
  const began = performance.now();
  const found = misfitOf(schema, answer);
  expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  return found;
}

describe("an answer", () => {
  test("is held to its schema, patterns and references too", () => {
    const schema = {
      type: "object", required: ["email"],
      properties: { email: { type: "string", pattern: "^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$" }, tree: { $ref: "#/$defs/tree" }, when: { type: "string", format: "date" } },
      patternProperties: { "^x_": { type: "number" } },
      $defs: { tree: { type: "object", properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#/$defs/tree" }, uniqueItems: true } } } },
    };
    const tree = { value: 1, children: [{ value: 2 }, { value: 3, children: [{ value: 4 }] }] };
    expect(quickly(schema, { email: "ada@example.org", tree, when: "2026-11-21", x_1: 1 })).toBeNull();
    expect(quickly(schema, { email: "ada" })).toMatchObject({ path: "email" });
    expect(quickly(schema, { email: "ada@example.org", tree: { value: 1, children: [{ value: "2" }] } })).toMatchObject({ path: "tree.children.0.value" });
    expect(quickly(schema, { email: "ada@example.org", when: "soon" })).toMatchObject({ path: "when" });
    expect(quickly(schema, { email: "ada@example.org", x_1: "one" })).not.toBeNull();
    expect(quickly({ type: "string", pattern: "^(?:yes|no)$" }, "perhaps")).toMatchObject({ path: "" });
    expect(quickly({ type: "array", items: { type: "object", required: ["n"], properties: { n: { type: "integer", minimum: 0 } } } }, Array.from({ length: 500 }, (_, n) => ({ n })))).toBeNull();
    expect(schema.properties).not.toHaveProperty("__absolute_uri__");
  });

  test("is judged in bounded time, whatever its schema", () => {
    const text = `${"a".repeat(2_000)}!`;
    for (const pattern of ["^(a+)+$", "(a|a)*$", "^(a|aa)+$", "a*a*a*a*b", ".*.*.*=.*", "^(?:a?){40}a{40}$", `${"a?".repeat(40)}${"a".repeat(40)}$`, `^${"(a|a)".repeat(40)}b`, "(a*)*\\1b", "^(?=(a+)+$)", "^([a-z]+[0-9]?)+$", "((a+)?)+$", "^(a+){2,}$"]) {
      expect(quickly({ type: "string", pattern }, text)).toBeNull();
      quickly({ patternProperties: { [pattern]: false } }, { [text]: 1 });
    }
    for (const format of ["url", "uri", "uri-template", "email", "hostname", "uri-reference", "ipv6", "json-pointer", "regex", "iri"]) for (const answer of [text, `http://${text}`, `{${text}`, "a.".repeat(2_000), `http://${"a".repeat(40_000)}!`]) quickly({ type: "string", format }, answer);
    const defs: Record<string, object> = { d0: { type: "string" } };
    for (let at = 1; at < 60; at += 1) defs[`d${at}`] = { allOf: [{ $ref: `#/$defs/d${at - 1}` }, { $ref: `#/$defs/d${at - 1}` }] };
    expect(quickly({ $defs: defs, $ref: "#/$defs/d59" }, "x")).toBeNull();
    let nested: unknown = 1;
    for (let at = 0; at < 1_000; at += 1) nested = [nested];
    expect(quickly({ allOf: [{ items: { $ref: "#" } }, { items: { $ref: "#" } }] }, nested)).toBeNull();
    expect(quickly({ $ref: "#" }, 1)).toBeNull();
    expect(quickly({ type: "array", uniqueItems: true }, Array.from({ length: 30_000 }, (_, at) => at))).toBeNull();
    let deep: object = {};
    for (let at = 0; at < 9_000; at += 1) deep = { not: deep };
    expect(quickly(deep, 1)).toBeNull();
  });
});
