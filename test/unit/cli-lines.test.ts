import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createLineSplitter, type Line, parts } from "../../src/cli/run-lines.ts";
import { progressOf } from "../../src/cli/run-progress.ts";

function split(chunks: readonly string[]): { lines: Line[]; overwritten: string[] } {
  const lines: Line[] = [];
  const overwritten: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line), (text) => overwritten.push(text));
  for (const chunk of chunks) splitter.feed(chunk);
  splitter.flush(false);
  return { lines, overwritten };
}
const texts = (chunks: readonly string[]): string[] => split(chunks).lines.map(({ text }) => text);

describe("a program's output as lines", () => {
  test("ends lines at LF and CRLF, keeps empty ones, and takes a last one without an end", () => {
    expect(texts(["a\nb\r\n\nc"])).toEqual(["a", "b", "", "c"]);
    expect(texts(["a\n"])).toEqual(["a"]);
    expect(texts([""])).toEqual([]);
  });

  test("takes what a carriage return overwrites for no line, and what stood there last for one", () => {
    const { lines, overwritten } = split(["10%\r20%\r", "30%\ndone\n", "half\r\n"]);
    expect(lines.map(({ text }) => text)).toEqual(["30%", "done", "half"]);
    expect(overwritten).toEqual(["10%", "20%"]);
    expect(texts(["100%\r"])).toEqual(["100%"]);
    expect(texts(["80%\r100%\r\n"])).toEqual(["100%"]);
  });

  test("is the same however the output is cut into chunks", () => {
    const piece = fc.constantFrom("a", "bc", "\n", "\r\n", "\r", "é", "🌱", "  ", "7%");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(8), { maxLength: 40 }), (pieces, cuts) => {
        const whole = pieces.join("");
        const chunks: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(whole.slice(at, at + cut));
          at += cut;
        }
        chunks.push(whole.slice(at));
        expect(split(chunks)).toEqual(split([whole]));
      }),
    );
  });

  test("loses no character of output without carriage returns", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const clean = text.replaceAll("\r", "");
        expect(texts([clean]).join("\n")).toBe(clean.endsWith("\n") ? clean.slice(0, -1) : clean);
      }),
    );
  });

  test("hands a line that is too long over in parts, each small enough for an event and no character cut in two", () => {
    for (const unit of ["x", "é", "🌱", "\u0000", '"', "\u{2028}"]) {
      const long = unit.repeat(100_000);
      const { lines } = split([`${long}\nnext\n`]);
      const whole = lines.slice(0, -1);
      expect(whole.map(({ text }) => text).join("")).toBe(long);
      expect(whole.map(({ partial }) => partial)).toEqual([...whole.slice(1).map(() => true), false]);
      for (const { text } of whole) {
        expect(new TextEncoder().encode(JSON.stringify(text)).byteLength).toBeLessThan(60 * 1024);
        expect(new TextDecoder().decode(new TextEncoder().encode(text))).toBe(text);
      }
      expect(lines.at(-1)).toEqual({ text: "next", partial: false });
    }
    expect(parts("short")).toEqual(["short"]);
  });

  test("a line that stops in the middle can be shown as far as it is", () => {
    const lines: Line[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    splitter.feed("Password: ");
    expect(splitter.begun).toBe(true);
    splitter.flush(true);
    splitter.feed("ok\n");
    expect(lines).toEqual([{ text: "Password: ", partial: true }, { text: "ok", partial: false }]);
  });
});

describe("progress in a line", () => {
  test.each([
    ["Downloading 45%", { percent: 45 }],
    ["\u001b[32m 12.5 %\u001b[0m done", { percent: 12.5 }],
    ["[1/4] Resolving", { current: 1, total: 4 }],
    ["step 3 / 10: build", { current: 3, total: 10 }],
    ["files 7/9, 78% of bytes", { percent: 78 }],
    ["10% of a, 90% of b", { percent: 90 }],
    ["100%|█████| 10/10", { percent: 100 }],
  ])("%s", (line, expected) => {
    expect(progressOf(line)).toEqual(expected);
  });

  test.each(["nothing here", "src/1/2.ts", "12/31/2026", "v1/2", "150%", "5/3", "0/0", "a 1/2b", "http://x/1/2", "ratio -1/2", "1.5/3", "-5%"])("is not seen in %s", (line) => {
    expect(progressOf(line)).toBeNull();
  });
});
