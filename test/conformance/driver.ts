/** A client's driver as a process: commands in, outputs out, one JSON object a line. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

export type Output = Readonly<Record<string, unknown>> & { readonly is: string };

/** How a driver is started; `skip`: why it cannot be. */
export interface DriverCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Processes side by side; 4 where it says nothing. */
  readonly lanes?: number;
  readonly skip?: string;
}

export interface Driver {
  /** Sends a command, and says under which id. */
  send(command: Readonly<Record<string, unknown>>): number;
  /** Sends a command and waits for the answer with its id. */
  ask(command: Readonly<Record<string, unknown>>, limitMs: number): Promise<Output>;
  /** All that came since the last `forget`, oldest first. */
  readonly outputs: readonly Output[];
  /** When the output at an index came. Milliseconds of the process's clock. */
  cameAt(index: number): number;
  /** Resolves when anything more comes, or at `at` (milliseconds of the process's clock). */
  change(at: number): Promise<void>;
  forget(): void;
  /** What it wrote on stderr since the last `forget`. */
  readonly stderr: string;
  readonly dead: boolean;
  stop(): Promise<void>;
}

/** Starts a driver. */
export function startDriver({ command, args, cwd }: DriverCommand): Driver {
  const child: ChildProcessWithoutNullStreams = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...(cwd === undefined ? {} : { cwd }) });
  let outputs: Output[] = [];
  let times: number[] = [];
  let stderr = "";
  let dead = false;
  let lastId = 0;
  let rest = "";
  let waiters: (() => void)[] = [];
  const told = (): void => {
    const before = waiters;
    waiters = [];
    for (const waiter of before) waiter();
  };
  const take = (line: string): void => {
    if (line.trim() === "") return;
    try {
      outputs.push(JSON.parse(line) as Output);
    } catch {
      outputs.push({ is: "garbage", line });
    }
    times.push(performance.now());
  };
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
    told();
  });
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => (stderr += text));
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      dead = true;
      told();
      resolve();
    };
    child.once("error", (error) => ((stderr += String(error)), end()));
    child.once("close", end);
  });
  child.stdin.on("error", () => {});

  const driver: Driver = {
    send(given) {
      const id = ++lastId;
      child.stdin.write(`${JSON.stringify({ id, ...given })}\n`);
      return id;
    },
    async ask(given, limitMs) {
      const id = driver.send(given);
      const end = performance.now() + limitMs;
      for (;;) {
        const found = outputs.find((output) => output.id === id);
        if (found) return found;
        if (dead) throw new Error(`the driver ended before it answered "${String(given.do)}"${stderr === "" ? "" : `:\n${stderr}`}`);
        if (performance.now() >= end) throw new Error(`the driver did not answer "${String(given.do)}" within ${limitMs} ms`);
        await driver.change(end);
      }
    },
    get outputs() {
      return outputs;
    },
    cameAt: (index) => times[index] ?? 0,
    change(at) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, at - performance.now()) + 1);
        waiters.push(() => (clearTimeout(timer), resolve()));
      });
    },
    forget() {
      outputs = [];
      times = [];
      stderr = "";
    },
    get stderr() {
      return stderr;
    },
    get dead() {
      return dead;
    },
    async stop() {
      child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(late);
    },
  };
  return driver;
}
