/**
 * Whether an answer fits the schema that it was asked for with, in bounded time: anybody may write such a schema, and a pattern or a web
 * of references could else keep the whole process busy for years.
 */
import { Validator } from "@cfworker/json-schema";
import { isDeeper } from "../domain/size.ts";

/** Properties of the schema and the answer that are looked at: some thousand values. Beyond, the schema cannot be used. */
const LOOKS = 200_000;
/** Patterns and formats are looked at in answers of up to so many characters as JSON; and a pattern if it takes about so many steps at most. */
const TEXT = 4_096;
const STEPS = 20_000_000;
/** Deeper schemas cannot be used. */
const DEPTH = 64;

export interface Misfit {
  /** Where in the answer, such as `field.0`; empty for all of it. */
  readonly path: string;
  readonly error: string;
}

/** What is wrong with an answer; null where nothing is. A schema that cannot be used says nothing against an answer. */
export function misfitOf(schema: object, answer: unknown): Misfit | null {
  if (isDeeper(schema, DEPTH)) return null;
  const looked = new Looks((JSON.stringify(answer) ?? "").length);
  try {
    const { valid, errors } = new Validator(looked.through(structuredClone(schema)), "2020-12", false).validate(looked.through(answer));
    if (valid) return null;
    const first = errors.findLast(({ keyword }) => keyword !== "properties" && keyword !== "items") ?? errors[0];
    return { path: (first?.instanceLocation ?? "#").split("/").slice(1).join("."), error: first?.error ?? "see its schema" };
  } catch {
    return null;
  }
}

/** Counts what is looked at, and shows no pattern and no format that could take long. */
class Looks {
  readonly #length: number;
  readonly #views = new WeakMap<object, object>();
  #count = 0;

  /** `length`: of the answer as JSON. */
  constructor(length: number) {
    this.#length = length;
  }

  through<T>(value: T): T {
    if (typeof value !== "object" || value === null) return value;
    const known = this.#views.get(value) ?? new Proxy(value, { get: (target, key) => this.#look(target, key) });
    this.#views.set(value, known);
    return known as T;
  }

  #look(target: object, key: string | symbol): unknown {
    this.#count += 1;
    if (this.#count > LOOKS) throw new Error("too much to look at");
    const value: unknown = Reflect.get(target, key);
    if (key === "pattern" && typeof value === "string" && !this.#isQuick(value)) return undefined;
    if (key === "format" && (this.#length > TEXT || value === "url")) return undefined;
    if (key === "patternProperties" && typeof value === "object" && value !== null) return this.through(Object.fromEntries(Object.entries(value).filter(([pattern]) => this.#isQuick(pattern))));
    return this.through(value);
  }

  /** Whether a pattern surely takes no long time: what may be repeated is counted, and what repeats a group is never quick. */
  #isQuick(pattern: string): boolean {
    const plain = pattern.replace(/\\[^1-9k]/g, "x").replace(/\[[^\]]*\]/g, "x");
    if (this.#length > TEXT || /\\|\(\?[^:]|\)[*+{]/.test(plain)) return false;
    const times = (found: RegExp): number => plain.match(found)?.length ?? 0;
    const repeats = times(/[*+]|\{\d+,\d*\}/g) + (plain.startsWith("^") ? 0 : 1);
    return this.#length ** repeats * 2 ** times(/[?|]/g) <= STEPS;
  }
}
