/** Plays one case with one driver: starts its server, gives the commands, waits as told, and judges what came of it. */
import type { Case, ClientStep } from "./cases.ts";
import type { Driver, Output } from "./driver.ts";
import { judge, TOKEN } from "./judge.ts";
import { matches } from "./matches.ts";
import { type ScriptedServer, startScriptedServer } from "./server/server.ts";

export interface Played {
  readonly name: string;
  readonly verdict: "passed" | "failed" | "skipped";
  readonly ms: number;
  /** Why it failed, or is skipped. */
  readonly reasons: readonly string[];
  readonly outputs: readonly Output[];
  readonly stderr: string;
}

/** Short enough that a case takes milliseconds, long enough that a busy machine does not decide it. */
export const SETTINGS: Readonly<Record<string, number>> = { first_frame_ms: 2_000, last_first_frame_ms: 3_000, backoff_min_ms: 5, backoff_max_ms: 40, healthy_ms: 10_000, heartbeat_ms: 15_000, publish_delay_ms: 5 };

/** Longest time of one wait, and of a case's end after its last step. Milliseconds. */
const WAIT_MS = 3_000;
const END_MS = 10_000;
/** Until connections must be gone after the end. Milliseconds. */
const GONE_MS = 1_000;

/** Commands whose outputs carry a follow's name. */
const FOLLOWING = new Set(["follow", "watch", "follow_set", "work", "read", "cancel"]);
/** Those that begin one. */
const BEGINNING = new Set(["follow", "watch", "follow_set", "work"]);
/** Commands that are answered. */
const ANSWERED = new Set(["create", "publish", "get", "list", "command", "push", "produce", "lease", "retry", "remove", "ticket", "conversations", "messages"]);

interface Stage {
  readonly driver: Driver;
  readonly server: ScriptedServer;
  readonly transports: readonly string[];
  readonly wrong: string[];
  readonly follows: Set<string>;
  /** Outputs before this were waited for already. */
  seen: number;
  begunAt: number;
}

async function waitFor(stage: Stage, what: string, limitMs: number, probe: () => boolean): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!probe()) {
    if (stage.server.failures.length > 0) return false;
    if (stage.driver.dead) stage.wrong.push(`the driver ended while waiting for ${what}`);
    else if (performance.now() >= end) stage.wrong.push(`waited ${limitMs} ms in vain for ${what}`);
    else {
      await stage.driver.change(Math.min(end, performance.now() + 5));
      continue;
    }
    return false;
  }
  return true;
}

/** A set's words; a number of tasks stands for so many names. */
function setOf({ task, ...words }: { readonly task?: unknown }): object {
  if (task === undefined) return words;
  return { ...words, task: typeof task === "number" ? Array.from({ length: task }, (_, at) => `t${at + 1}`) : task };
}

/** Gives one command; `expect_error` and `result` in it say how it must be answered. */
async function give(stage: Stage, word: string, given: unknown): Promise<void> {
  const { expect_error: wantedError, result, ...fields } = (typeof given === "object" && given !== null ? given : word === "follow" || word === "watch" ? { task_id: given } : {}) as Record<string, unknown>;
  const command: Record<string, unknown> = { do: word, ...fields };
  if (word === "follow_set") command.set = setOf(fields.set as object);
  if (FOLLOWING.has(word)) {
    command.follow ??= "f";
    if (BEGINNING.has(word)) stage.follows.add(String(command.follow));
    if (stage.begunAt === 0) stage.begunAt = performance.now();
  }
  if (!ANSWERED.has(word)) return void stage.driver.send(command);
  if (stage.begunAt === 0) stage.begunAt = performance.now();
  const answer = await stage.driver.ask(command, END_MS);
  const wanted = wantedError === undefined ? { is: "result", ...(result === undefined ? {} : { value: result }) } : { is: "error", ...(typeof wantedError === "string" ? { code: wantedError } : (wantedError as object)) };
  if (!matches(answer, wanted)) stage.wrong.push(`${word} was answered by ${JSON.stringify(answer)}, ${JSON.stringify(wanted)} was wanted`);
}

async function until(stage: Stage, wanted: unknown): Promise<boolean> {
  const what = `an output like ${JSON.stringify(wanted)}`;
  return waitFor(stage, what, WAIT_MS, () => {
    const { outputs } = stage.driver;
    while (stage.seen < outputs.length) if (matches(outputs[stage.seen++], wanted)) return true;
    return false;
  });
}

async function quiet(stage: Stage, ms: number): Promise<void> {
  const before = stage.driver.outputs.length;
  const connections = stage.server.arrivals.length;
  await new Promise((resolve) => setTimeout(resolve, ms));
  const came = stage.driver.outputs.slice(before).filter(({ is }) => is !== "log" && is !== "state");
  if (came.length > 0) stage.wrong.push(`${ms} ms of quiet were wanted, but there came ${JSON.stringify(came[0])}`);
  if (stage.server.arrivals.length > connections) stage.wrong.push(`${ms} ms of quiet were wanted, but a connection was made`);
}

async function step(stage: Stage, one: ClientStep): Promise<boolean> {
  for (const [word, given] of typeof one === "string" ? [[one, undefined] as const] : Object.entries(one)) {
    if (word === "until") {
      if (!(await until(stage, given))) return false;
    } else if (word === "connections") {
      if (!(await waitFor(stage, `${String(given)} connections`, WAIT_MS, () => stage.server.arrivals.length >= Number(given)))) return false;
    } else if (word === "delay") await new Promise((resolve) => setTimeout(resolve, Number(given)));
    else if (word === "quiet") await quiet(stage, Number(given));
    else if (word === "tell") {
      // An answer shows that the driver has taken all commands before it.
      await stage.driver.ask({ do: "explain", code: "network" }, END_MS);
      stage.server.tell(String(given));
    }
    else await give(stage, word, given);
  }
  return true;
}

const endOf = (outputs: readonly Output[], follow: string): boolean => outputs.some((output) => output.is === "ended" && output.follow === follow);

/** The case's course: configured, played, ended; the driver is left as it was found. */
async function course(one: Case, stage: Stage): Promise<void> {
  const { driver, server } = stage;
  const { token = one.tokens ? undefined : TOKEN, tokens } = one;
  const url = one.url === undefined ? server.url : one.url.replace("SERVER", server.url);
  const configured = await driver.ask({ do: "configure", url, ...(tokens ? { tokens } : { token }), transports: one.transports, settings: { ...SETTINGS, ...one.settings } }, END_MS);
  if (configured.is === "error") {
    if (!one.expect.error) stage.wrong.push(`configure was answered by ${JSON.stringify(configured)}`);
    return;
  }
  for (const each of one.do) if (!(await step(stage, each))) break;
  if (one.expect.open || stage.wrong.length > 0) return;
  for (const follow of stage.follows) await waitFor(stage, `the end of follow "${follow}"`, END_MS, () => endOf(driver.outputs, follow));
}

/** Plays a case. Never throws: what goes wrong is the verdict. */
export async function play(one: Case, driver: Driver): Promise<Played> {
  const began = performance.now();
  driver.forget();
  const server = await startScriptedServer(one.server, (taskId, seq) => driver.outputs.some(({ is, event }) => is === "event" && matches(event, { task_id: taskId, seq })));
  const stage: Stage = { driver, server, transports: one.transports, wrong: [], follows: new Set(), seen: 0, begunAt: 0 };
  try {
    await course(one, stage);
    const outputs = [...driver.outputs];
    const took = stage.begunAt === 0 ? 0 : (outputs.length === 0 ? performance.now() : driver.cameAt(outputs.length - 1)) - stage.begunAt;
    if (stage.wrong.length === 0 && !one.expect.open && stage.follows.size > 0) await waitFor(stage, "the connections to be gone after the end", GONE_MS, () => server.open === 0);
    await driver.ask({ do: "reset" }, END_MS);
    if (one.expect.open && stage.wrong.length === 0) await waitFor(stage, "the connections to be gone after the reset", GONE_MS, () => server.open === 0);
    stage.wrong.push(...server.failures, ...judge(one, driver.outputs.filter(({ is }) => is !== "reset"), { took, arrivals: server.arrivals.length, posted: server.posted }));
  } catch (error) {
    stage.wrong.push((error as Error).message);
  } finally {
    server.stop();
  }
  return { name: one.name, verdict: stage.wrong.length === 0 ? "passed" : "failed", ms: performance.now() - began, reasons: stage.wrong, outputs: [...driver.outputs], stderr: driver.stderr };
}
