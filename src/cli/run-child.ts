/** Runs the command itself: its output passes through unchanged and is listened to on the way. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import type { Readable } from "node:stream";
import { createLineSplitter, type Line } from "./run-lines.ts";
import type { Output } from "./terminal.ts";

export type StreamName = "stdout" | "stderr";

export interface ChildEvents {
  line(stream: StreamName, line: Line): void;
  /** What a carriage return has overwritten: a progress bar's earlier states. */
  overwritten(text: string): void;
}

export interface Ended {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started; null where it was. */
  readonly startError: string | null;
}

export interface Child {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Writes to its stdin, where that is ours to write to. Answers whether it was. */
  write(text: string): boolean;
  /** Nobody reads our output any more: let the command notice, as it would without us. */
  stopReading(): void;
}

/** What becomes of the command's stdin, and of what it starts. */
export interface ChildOptions {
  /** Written to its stdin first, which then ends, unless it `listens`. Without it its stdin is ours, passed on. */
  readonly input?: string;
  readonly listens?: boolean;
  /** Signals go to all that it has started, too. */
  readonly group?: boolean;
}

/** A line that has begun and does not go on for so long is shown as far as it is. Milliseconds. */
const QUIET_MS = 1_000;
/** After the command's end, others that hold its output (a daemon that it started) are listened to as long as they go on speaking. Milliseconds. */
const AFTERWARDS_MS = 300;

interface StreamTarget extends Output {
  once(event: "drain", listener: () => void): unknown;
}

/** Reads one stream: passes its bytes on, at the reader's pace, and splits its text. */
function listen(source: Readable, target: StreamTarget, name: StreamName, events: ChildEvents, heard: () => void): () => void {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const splitter = createLineSplitter((line) => events.line(name, line), events.overwritten);
  let quiet: ReturnType<typeof setTimeout> | undefined;
  source.on("data", (chunk: Uint8Array) => {
    heard();
    if (!target.write(chunk)) {
      source.pause();
      target.once("drain", () => source.resume());
    }
    clearTimeout(quiet);
    splitter.feed(decoder.decode(chunk, { stream: true }));
    if (splitter.begun) quiet = setTimeout(() => splitter.flush(true), QUIET_MS);
  });
  source.on("error", () => {});
  return () => {
    clearTimeout(quiet);
    splitter.feed(decoder.decode());
    splitter.flush(false);
  };
}

function startFailure(error: NodeJS.ErrnoException, command: string): Ended {
  if (error.code === "ENOENT") return { exitCode: 127, signal: null, startError: `${command}: there is no such command` };
  if (error.code === "EACCES") return { exitCode: 126, signal: null, startError: `${command}: it may not be executed` };
  return { exitCode: 126, signal: null, startError: `${command}: ${error.message}` };
}

/**
 * Starts a command. Its stdin is ours: a terminal as it is, anything else passed on, so that something can be said in between.
 * `ended` never rejects, and comes after the last line.
 */
export function startChild(command: readonly string[], env: NodeJS.ProcessEnv, out: StreamTarget, err: StreamTarget, events: ChildEvents, { input, listens = false, group = false }: ChildOptions = {}): Child {
  const [program = "", ...args] = command;
  let lastHeard = Date.now();
  const heard = (): void => void (lastHeard = Date.now());
  let child: ReturnType<typeof spawn>;
  try {
    child = spawn(program, args, { stdio: [input === undefined && process.stdin.isTTY ? "inherit" : "pipe", "pipe", "pipe"], env, detached: group });
  } catch (error) {
    return { ended: Promise.resolve(startFailure(error as NodeJS.ErrnoException, program)), kill() {}, write: () => false, stopReading() {} };
  }
  const { stdin } = child;
  stdin?.on("error", () => {});
  if (input === undefined) {
    if (stdin) process.stdin.pipe(stdin);
  } else if (listens) stdin?.write(input);
  else stdin?.end(input);
  const finish = [
    ...(child.stdout ? [listen(child.stdout, out, "stdout", events, heard)] : []),
    ...(child.stderr ? [listen(child.stderr, err, "stderr", events, heard)] : []),
  ];
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ended = new Promise<Ended>((resolve) => {
    child.once("error", (error) => resolve(startFailure(error, program)));
    child.once("exit", async (code, signal) => {
      await Promise.race([closed, silence(() => lastHeard)]);
      for (const end of finish) end();
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (stdin && input === undefined) {
        process.stdin.unpipe(stdin);
        process.stdin.pause();
      }
      resolve({ exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0), signal, startError: null });
    });
  });
  return {
    ended,
    kill(signal) {
      if (!group || child.pid === undefined) return void child.kill(signal);
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended.
      }
    },
    write: (text) => stdin?.writable === true && (stdin.write(text), true),
    stopReading() {
      child.stdout?.destroy();
    },
  };
}

/** Resolves when nothing has been heard for a while. */
async function silence(lastHeard: () => number): Promise<void> {
  const began = Date.now();
  for (let left = AFTERWARDS_MS; left > 0; left = Math.max(lastHeard(), began) + AFTERWARDS_MS - Date.now()) {
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}
