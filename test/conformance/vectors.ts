/** The contract's vectors, told again by a driver: what is decoded must come out as it went in. */
import { EVENT_TYPES, STREAM_FRAME_TYPES } from "../../generated/typescript/catalog.ts";
import { ERRORS } from "../../generated/typescript/errors.ts";
import { readVectors, vectorsIn } from "../support/vectors.ts";
import type { Driver, Output } from "./driver.ts";
import type { Item } from "./kit.ts";
import { matches } from "./matches.ts";
import type { Played } from "./play.ts";

const LIMIT_MS = 5_000;

interface Vector {
  readonly name: string;
  readonly value: unknown;
  readonly unknown_type?: boolean;
}
interface Vectors {
  readonly valid: readonly Vector[];
  readonly invalid: readonly Vector[];
  readonly forward: readonly Vector[];
}
interface History {
  readonly events: readonly unknown[];
  readonly replayed?: readonly unknown[];
  readonly folds_to: Readonly<Record<string, unknown>>;
}
interface Bytes {
  readonly chunks: readonly ({ readonly text: string } | { readonly hex: string })[];
  readonly dispatches: readonly unknown[];
  readonly retry?: number;
}

/** An item that asks once and looks at the answer. */
function asking(name: string, command: Readonly<Record<string, unknown>>, fault: (answer: Output) => string | null, needs: readonly string[] = []): Item {
  return {
    name: `vector: ${name}`,
    needs,
    async play(driver: Driver): Promise<Played> {
      const began = performance.now();
      driver.forget();
      const answer = await driver.ask(command, LIMIT_MS).catch((error: Error): Output => ({ is: "nothing", message: error.message }));
      const found = fault(answer);
      return { name: `vector: ${name}`, verdict: found === null ? "passed" : "failed", ms: performance.now() - began, reasons: found === null ? [] : [found], outputs: [answer], stderr: driver.stderr };
    },
  };
}

/** JSON with its fields in order, so that only what it says is compared. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, part]) => [name, ordered(part)]));
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(ordered(one)) === JSON.stringify(ordered(other));

function decoded(value: unknown, known: readonly string[]): (answer: Output) => string | null {
  const { type } = value as { type: string };
  return (answer) => {
    if (answer.is !== "decoded") return `it was not decoded: ${JSON.stringify(answer)}`;
    if (answer.known !== known.includes(type)) return `known was ${String(answer.known)}`;
    return answer.type === type && same(answer.value, value) ? null : `it came out as ${JSON.stringify(answer.value)}, it went in as ${JSON.stringify(value)}`;
  };
}

function decoding(file: string, what: "event" | "frame", known: readonly string[]): Item[] {
  const { valid, invalid, forward } = readVectors<Vectors>(file);
  const told = (kind: string, { name, value }: Vector, fault: (answer: Output) => string | null): Item => asking(`${file}, ${kind}: ${name}`, { do: "decode", what, text: JSON.stringify(value) }, fault);
  return [
    ...valid.map((vector) => told("valid", vector, decoded(vector.value, known))),
    ...forward.map((vector) => told("forward", vector, decoded(vector.value, known))),
    ...invalid.map((vector) => told("invalid", vector, (answer) => (answer.is === "undecodable" ? null : `it was decoded: ${JSON.stringify(answer)}`))),
  ];
}

function histories(): Item[] {
  return vectorsIn<History>("streams").flatMap(({ file, vector: { events, replayed, folds_to: wanted } }) => {
    const told = (answer: Output): string | null => (answer.is === "folded" && Object.entries(wanted).every(([name, part]) => same((answer.value as Record<string, unknown> | undefined)?.[name] ?? null, part)) ? null : `it folds to ${JSON.stringify(answer)}, ${JSON.stringify(wanted)} was wanted`);
    const whole = asking(`streams/${file}: its events`, { do: "fold", events }, told, ["fold"]);
    if (!replayed) return [whole];
    return [whole, asking(`streams/${file}: its ranges`, { do: "fold", events: replayed }, told, ["fold"])];
  });
}

function bytes(): Item[] {
  return vectorsIn<Bytes>("sse").map(({ file, vector: { chunks, dispatches, retry } }) => {
    const hex = chunks.map((chunk) => ("hex" in chunk ? chunk.hex : Buffer.from(chunk.text, "utf8").toString("hex")));
    return asking(`sse/${file}`, { do: "parse", chunks: hex }, (answer) => {
      const found = Array.isArray(answer.dispatches) ? (answer.dispatches as Record<string, unknown>[]) : [];
      // The last id that was seen need not be kept by a client: its cursor is in the data.
      const plain = found.map(({ event, data }) => ({ event, data }));
      const wanted = dispatches.map((one) => ({ event: (one as Record<string, unknown>).event, data: (one as Record<string, unknown>).data }));
      return same(plain, wanted) && (retry === undefined || answer.retry === retry) ? null : `there came ${JSON.stringify(answer)}, ${JSON.stringify(dispatches)} was wanted`;
    }, ["sse"]);
  });
}

function errors(): Item[] {
  return Object.values(ERRORS).map(({ code, retryable, advice }) => asking(`errors: ${code}`, { do: "explain", code }, (answer) => (matches(answer, { is: "explained", retryable, advice }) ? null : `it was explained as ${JSON.stringify(answer)}`)));
}

/** All vectors as items. */
export function vectorItems(): Item[] {
  return [...decoding("events.json", "event", EVENT_TYPES), ...decoding("stream-frames.json", "frame", STREAM_FRAME_TYPES), ...histories(), ...bytes(), ...errors()];
}
