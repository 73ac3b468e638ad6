import { describe, expect, test } from "bun:test";
import { readArguments } from "../../src/cli/args.ts";
import { createView } from "../../src/cli/tail-view.ts";
import { bar, createStatusLine, createTerminal, harmless } from "../../src/cli/terminal.ts";
import { endEvent } from "../../src/cli/run-record.ts";
import { readEvent } from "../../src/cli/publish.ts";
import type { DeliveredEvent } from "../../clients/typescript/src/client.ts";

const OPTIONS = { title: { type: "string" }, loud: { type: "boolean" }, limit: { type: "string" } } as const;

describe("a command's arguments", () => {
  test("options end at -- or, where asked for, at the first word, and the rest stays as it is", () => {
    expect(readArguments(["--title", "a b", "--", "npm", "test", "--json"], OPTIONS, true).rest).toEqual(["npm", "test", "--json"]);
    const direct = readArguments(["--loud", "--title", "x", "make", "--title", "y"], OPTIONS, true);
    expect([direct.text("title"), direct.flag("loud"), direct.flag("json"), direct.rest]).toEqual(["x", true, false, ["make", "--title", "y"]]);
    expect(readArguments(["--title=x", "make"], OPTIONS, true).rest).toEqual(["make"]);
    expect(readArguments([], OPTIONS, true).rest).toEqual([]);
  });

  test("what is unknown or out of bounds is named, with the exit code for wrong usage", () => {
    const codeOf = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return [(error as { exitCode?: number }).exitCode, (error as Error).message];
      }
    };
    expect(codeOf(() => readArguments(["--frob"], OPTIONS))).toEqual([64, "Unknown option '--frob'."]);
    expect(codeOf(() => readArguments(["--limit", "x"], OPTIONS).whole("limit", 5, 1, 9))).toEqual([64, '--limit is "x"; a whole number from 1 to 9 was expected.']);
    expect(readArguments([], OPTIONS).whole("limit", 5, 1, 9)).toBe(5);
    expect(codeOf(() => readEvent("{oops", 3))).toEqual([65, expect.stringContaining("line 3 is not JSON")]);
    expect(codeOf(() => readEvent('{"type":"log.line"}', 4))).toEqual([65, expect.stringContaining("line 4 is no event")]);
  });
});

describe("a terminal", () => {
  const recorded = (isTTY: boolean) => {
    let text = "";
    return { isTTY, columns: 40, write: (piece: string | Uint8Array) => ((text += piece), true), read: () => text };
  };

  test("has colours and a moving line, and a pipe has neither", () => {
    const tty = recorded(true);
    const pipe = recorded(false);
    const [live, plain] = [createTerminal(tty, tty, {}), createTerminal(pipe, pipe, {})];
    expect([live.colour("red", "x"), plain.colour("red", "x"), createTerminal(tty, tty, { NO_COLOR: "1" }).colour("red", "x")]).toEqual(["\u001b[31mx\u001b[0m", "x", "x"]);
    for (const [terminal, output] of [[live, tty], [plain, pipe]] as const) {
      const status = createStatusLine(terminal);
      status.set("50%");
      status.print("line\n");
      status.clear();
      expect(output.read()).toBe(terminal === live ? "50%\r\u001b[2Kline\n50%\r\u001b[2K" : "line\n");
    }
    expect(bar(50, 4)).toBe("██░░");
  });

  test("is never driven by what a task says: cursor moves, titles and hidden text are taken out, colours kept where wanted", () => {
    const evil = "a\u001b[2Jb\u001b]0;title\u0007c\u001b[31mred\u001b[0m\u0007\u202e!\u001b";
    expect(harmless(evil, false)).toBe("abcred!");
    expect(harmless(evil, true)).toBe("abc\u001b[31mred\u001b[0m!");
  });
});

describe("a task for a reader", () => {
  const event = (type: string, data: object, extra: object = {}): DeliveredEvent => ({ type, task_id: "t", seq: 1, cursor: "c", data, ...extra }) as unknown as DeliveredEvent;
  const plain = { live: false, colour: (_: string, text: string) => text };

  test("shows output as it was, joins the parts of a line, and keeps other lines apart", () => {
    const view = createView(plain);
    const printed = [
      event("log.line", { level: "info", text: "one", fields: { partial: true } }),
      event("log.line", { level: "info", text: "two" }),
      event("message.delta", { message_id: "m", delta: "Hel" }),
      event("message.delta", { message_id: "m", delta: "lo" }),
      event("message.completed", { message_id: "m", content: "Hello" }),
      event("step.started", { step_id: "s", name: "fetch", title: "Fetch" }),
    ].map((one) => view.print(one)).join("");
    expect(printed).toBe("onetwo\nHello\n         → step.started Fetch\n");
  });

  test("says how far it is in one line that fits", () => {
    const view = createView(plain);
    view.print(event("task.created", { kind: "build", title: "A build with a very long title indeed, longer than the line" }));
    expect(view.status(30).length).toBeLessThan(30);
    view.print(event("task.progress", { current: 3, total: 4 }));
    expect(view.status(80)).toContain("75%  3/4");
    view.print(event("task.completed", {}));
    expect(view.outcome).toBe("completed");
  });

  test("ends as its command did: completed, failed with the last lines, killed, not started or canceled", () => {
    const ok = { exitCode: 0, signal: null, startError: null };
    expect(endEvent(ok, null, "make", 5, [])).toMatchObject({ type: "task.completed", data: { result: { exit_code: 0 }, duration_ms: 5 } });
    expect(endEvent({ ...ok, exitCode: 2 }, null, "make", 5, ["boom"])).toMatchObject({ type: "task.failed", data: { error: { code: "exit_code", message: "make ended with exit code 2\nboom", details: { exit_code: 2, last_lines: ["boom"] } } } });
    expect(endEvent({ ...ok, exitCode: 137, signal: "SIGKILL" }, null, "make", 5, [])).toMatchObject({ data: { error: { code: "killed" } } });
    expect(endEvent({ ...ok, exitCode: 127, startError: "make: there is no such command" }, null, "make", 5, [])).toMatchObject({ data: { error: { code: "not_started" } } });
    expect(endEvent(ok, "SIGINT", "make", 5, [])).toMatchObject({ type: "task.canceled", data: { by: "user" } });
  });
});
