/** What the process gives to the service: time that goes on. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Wheel } from "../../src/delivery/wheel.ts";
import { steady } from "../../src/runtime/host.ts";

const HOUR = 3_600_000;

test("time never goes back, is the machine's where that does not, and catches up with it where that does", () => {
  fc.assert(fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 5_000 }) }, fc.integer({ min: -HOUR, max: HOUR }))), (steps) => {
    let machine = 1_700_000_000_000;
    const now = steady(() => machine);
    let last = now();
    expect(last).toBe(machine);
    for (const step of steps) {
      machine += step;
      const time = now();
      expect(time).toBeGreaterThanOrEqual(last);
      expect(time).toBeGreaterThanOrEqual(machine);
      if (steps.every((each) => each >= 0)) expect(time).toBe(machine);
      last = time;
    }
    for (let at = 0; at < 100; at += 1) {
      machine += HOUR * steps.length;
      now();
    }
    expect(now()).toBe(machine);
  }));
});

test("what waits for its turn has it, though the machine's clock is set back by an hour", () => {
  let machine = 1_700_000_000_000;
  const timers: { readonly at: number; readonly run: () => void }[] = [];
  let elapsed = 0;
  const turns: string[] = [];
  const wheel = new Wheel<string>({ now: steady(() => machine), after: (ms, run) => (timers.push({ at: elapsed + ms, run }), () => {}) }, 50, (due) => void turns.push(...due));
  wheel.add("next", machine + 60);
  machine -= HOUR;
  for (let at = 0; at < 40; at += 1) {
    elapsed += 10;
    machine += 10;
    for (const timer of timers.splice(0)) timer.at <= elapsed ? timer.run() : timers.push(timer);
  }
  expect(turns).toEqual(["next"]);
});
