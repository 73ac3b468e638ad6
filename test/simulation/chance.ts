/** Chance and time of a world, in the words that it uses. */
import type { Environment } from "../../src/domain/environment.ts";

export class Chance {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** A whole number from 0 to `count - 1`. */
  one(count: number): number {
    return Math.floor(this.#environment.random.fraction() * count);
  }

  pick<T>(...values: T[]): T {
    return values[this.one(values.length)] as T;
  }

  /** True in `of` of all cases. */
  happens(of: number): boolean {
    return this.#environment.random.fraction() < of;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#environment.clock.after(ms, resolve));
  }
}
