#!/usr/bin/env node
/**
 * `npm start`: installs what is missing, runs `taskwire serve` in the foreground and starts it again should it be killed, and runs
 * beside it the worker of the console's first task. What follows `npm start --` goes to `serve`.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, findBun, ROOT } from "./install.mjs";

const MAIN = join(ROOT, "src", "cli", "main.ts");
/** Between an end that nobody asked for and the next start: long enough to be seen. Milliseconds. */
const PAUSE_MS = 1_000;
/** A service that ends sooner after its start than this would do so again. Milliseconds. */
const SOON_MS = 5_000;
/** The worker may give its task back for so long; without a service it would go on trying. Milliseconds. */
const LEAVE_MS = 1_000;

/** Starts the service, and the worker when it is ready. Answers the exit code that remains. */
function supervise(bun, args) {
  return new Promise((resolve) => {
    let service = null;
    let worker = null;
    let url = null;
    let asked = null;
    const work = () => {
      if (worker !== null || args.includes("--help")) return;
      worker = spawn(bun, [MAIN, "demo", "--first", "--url", url], { stdio: ["ignore", "ignore", process.stderr.isTTY ? "inherit" : "ignore"] });
      worker.once("exit", () => void (worker = null));
    };
    const serve = () => {
      const began = Date.now();
      // A service that is started again listens where the page looks for it.
      const env = url === null ? process.env : { ...process.env, PORT: new URL(url).port };
      service = spawn(bun, [MAIN, "serve", ...args], { stdio: ["inherit", "inherit", "inherit", "ipc"], env });
      service.on("message", (said) => {
        if (typeof said?.ready !== "string") return;
        url = said.ready;
        work();
      });
      service.once("error", (error) => (process.stderr.write(`taskwire: ${error.message}\n`), end(1)));
      service.once("exit", (code, signal) => {
        const killed = signal === "SIGKILL" || (signal === null && code === 137);
        if (asked === null && killed && url !== null && Date.now() - began > SOON_MS) {
          process.stderr.write("taskwire: the service was killed; it is started again\n");
          setTimeout(() => (asked === null ? serve() : end(0)), PAUSE_MS);
        } else end(code ?? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
      });
    };
    const end = (code) => {
      if (worker === null) return resolve(code);
      const left = worker;
      const late = setTimeout(() => left.kill("SIGKILL"), LEAVE_MS);
      left.once("exit", () => (clearTimeout(late), resolve(code)));
      left.kill("SIGTERM");
    };
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.on(signal, () => {
        asked = signal;
        worker?.kill("SIGTERM");
        service?.kill(signal);
      });
    }
    serve();
  });
}

try {
  await ensureInstalled({ development: false });
  process.exitCode = await supervise(findBun(), process.argv.slice(2));
} catch (error) {
  process.stderr.write(`taskwire: ${error.message}\n`);
  process.exitCode = 1;
}
