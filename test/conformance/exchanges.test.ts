/** The contract's exchanges, on the real service: what is asked, and what it answers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask } from "../support/api.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { readVectors } from "../support/vectors.ts";

interface Step {
  readonly ask: string;
  readonly body?: unknown;
  readonly lease?: string;
  readonly accept?: string;
  /** Null: no token is shown. */
  readonly token?: null;
  /** `status` is HTTP's; `status_of` the field of that name; the rest is part of the body. */
  readonly answer: Readonly<Record<string, unknown>> & { readonly status: number; readonly status_of?: string };
  readonly keep?: Readonly<Record<string, string>>;
}

interface Exchange {
  readonly name: string;
  readonly steps: readonly Step[];
}

const { exchanges } = readVectors<{ readonly exchanges: readonly Exchange[] }>("exchanges.json");
const TOO_MANY = Array.from({ length: 257 }, (_, at) => `task=t${at}`).join("&");

let service: Service;
beforeAll(async () => {
  service = await startService({ env: { TASKWIRE_KINDS: "build" } });
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

/** The text with what earlier answers said in place of $name. */
function filled<T>(value: T, known: ReadonlyMap<string, string>): T {
  const text = JSON.stringify(value).replace(/\$([a-z0-9]+)/g, (_, name: string) => {
    const found = known.get(name);
    if (found === undefined) throw new Error(`no earlier answer has said what $${name} is`);
    return found;
  });
  return JSON.parse(text) as T;
}

const at = (value: unknown, path: string): string => String(path.split(".").reduce<unknown>((within, name) => (within as Record<string, unknown> | undefined)?.[name], value));

async function play({ steps }: Exchange): Promise<void> {
  const token = await signUp(service.url);
  const known = new Map([["257tasks", TOO_MANY]]);
  for (const step of steps) {
    const { ask: line, body, lease, accept, answer: { status, status_of: statusOf, ...fields } } = filled(step, known);
    const [method = "", path = ""] = line.split(" ");
    const headers = { ...(lease === undefined ? {} : { "taskwire-lease": lease }), ...(accept === undefined ? {} : { accept }) };
    const answer = await ask(service.url, path, { method, token: step.token === null ? null : token, headers, ...(body === undefined ? {} : { body }) });
    expect([line, answer.status, answer.text]).toEqual([line, status, expect.any(String)]);
    // A problem's `status` is HTTP's again.
    expect(answer.json).toMatchObject({ ...fields, ...(statusOf === undefined ? {} : { status: statusOf }) });
    for (const [name, field] of Object.entries(step.keep ?? {})) known.set(name, at(answer.json, field));
  }
}

describe("an exchange", () => {
  for (const exchange of exchanges) test(exchange.name, () => play(exchange), 30_000);
});
