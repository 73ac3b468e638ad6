/** Plays many cases with several processes of one driver, side by side. */
import type { Case } from "./cases.ts";
import { type Driver, type DriverCommand, type Output, startDriver } from "./driver.ts";
import { play, type Played } from "./play.ts";

/** What can be played: a case, or a vector. */
export interface Item {
  readonly name: string;
  readonly needs: readonly string[];
  play(driver: Driver): Promise<Played>;
}

export interface Result {
  readonly client: string;
  readonly runtime: string;
  /** Why nothing was played. */
  readonly skip?: string;
  readonly played: readonly Played[];
  readonly ms: number;
}

/** Processes of one driver that run side by side. */
const LANES = 4;
/** A driver's first answer may need a slow start: some toolchains wait for one another. Milliseconds. */
const HELLO_MS = 120_000;

/** A case as an item. */
export function itemOf(one: Case): Item {
  return { name: one.name, needs: one.needs, play: (driver) => play(one, driver) };
}

/** Starts a driver and waits for its first word. Throws what it said instead. */
async function started(command: DriverCommand): Promise<{ readonly driver: Driver; readonly hello: Output }> {
  const driver = startDriver(command);
  try {
    return { driver, hello: await driver.ask({ do: "hello" }, HELLO_MS) };
  } catch (error) {
    await driver.stop();
    throw error;
  }
}

const left = (name: string, reason: string): Played => ({ name, verdict: "skipped", ms: 0, reasons: [reason], outputs: [], stderr: "" });

/** Plays all items; a driver that ended is started anew for the next. */
export async function playAll(command: DriverCommand, items: readonly Item[]): Promise<Result> {
  const began = performance.now();
  if (command.skip !== undefined) return { client: command.name, runtime: "", skip: command.skip, played: [], ms: 0 };
  let first: Driver;
  let hello: Output;
  try {
    ({ driver: first, hello } = await started(command));
  } catch (error) {
    const reason = (error as Error).message;
    return { client: command.name, runtime: "", played: items.map(({ name }) => ({ ...left(name, reason), verdict: "failed" as const })), ms: performance.now() - began };
  }
  const abilities = new Set(hello.abilities as string[]);
  const found: Played[] = new Array(items.length);
  let next = 0;
  const lane = async (given: Driver | null): Promise<void> => {
    let driver = given ?? (await started(command)).driver;
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at] as Item;
      const missing = item.needs.find((need) => !abilities.has(need));
      if (missing !== undefined) {
        found[at] = left(item.name, `the client has no ${missing}`);
        continue;
      }
      if (driver.dead) ({ driver } = await started(command));
      const played = await item.play(driver);
      found[at] = played;
      // What a failed case left behind must not decide the next.
      if (played.verdict === "failed") {
        await driver.stop();
        ({ driver } = await started(command));
      }
    }
    await driver.stop();
  };
  await Promise.all(Array.from({ length: Math.min(command.lanes ?? LANES, Math.max(1, items.length)) }, (_, at) => lane(at === 0 ? first : null)));
  return { client: command.name, runtime: String(hello.runtime ?? ""), played: found, ms: performance.now() - began };
}
