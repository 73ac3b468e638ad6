/** The journal: two forms, and never a token. */
import { describe, expect, test } from "bun:test";
import { createJournal, redact } from "../../src/journal.ts";

const JWT = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJhZGEifQ", "c2lnbmF0dXJl"].join(".");
const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) };

function lines(format: "json" | "pretty", level: "debug" | "info" | "warn" | "error" = "info"): { written: string[]; journal: ReturnType<typeof createJournal> } {
  const written: string[] = [];
  return { written, journal: createJournal({ format, level, clock, write: (line) => void written.push(line) }) };
}

describe("the journal", () => {
  test("writes one JSON object a line", () => {
    const { written, journal } = lines("json");
    journal.info("request", "GET / 200", { path: "/", status: 200, nothing: undefined });
    expect(written).toEqual([`{"time":"2026-01-02T03:04:05.678Z","level":"info","event":"request","message":"GET / 200","path":"/","status":200}\n`]);
  });

  test("writes words for people, one line whatever is in them", () => {
    const { written, journal } = lines("pretty");
    journal.warn("broker_lost", "the broker\nis away", { url: "nats://b", words: 'two "words"\n' });
    expect(written).toEqual([`03:04:05.678 warn  the broker is away url=nats://b words="two \\"words\\"\\n"\n`]);
  });

  test("leaves out what is below its level", () => {
    const { written, journal } = lines("json", "warn");
    journal.debug("a", "a");
    journal.info("b", "b");
    journal.error("c", "c");
    expect(written).toHaveLength(1);
  });

  test("strikes tokens out, wherever they stand", () => {
    const { written, journal } = lines("json");
    journal.error("x", `refused ${JWT}`, { header: `Bearer ${JWT}`, protocol: `taskwire.v1, bearer.abcdefgh12345678`, url: "nats://user:word@host:4222" });
    const all = written.join("");
    for (const secret of [JWT, "abcdefgh12345678", "word@"]) expect(all).not.toContain(secret);
    expect(redact(`nats://user:word@host`)).toBe("nats://[credentials]@host");
  });
});
