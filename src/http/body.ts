/** Reads a request's body: bounded while it arrives, UTF-8, one JSON value or a line each, with the place where it was wrong. */
import type { z } from "@hono/zod-openapi";
import { TaskwireError } from "../domain/error.ts";
import { isDeeper, JSON_DEPTH } from "../domain/size.ts";

/** The body's bytes, never more than `limit`. Throws `request_too_large` as soon as that is known. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const announced = request.headers.get("content-length");
  if (announced !== null) {
    if (Number(announced) > limit) throw tooLarge(limit, Number(announced));
    return new Uint8Array(await request.arrayBuffer());
  }
  if (request.body === null) return new Uint8Array(0);
  return readChunks(request.body, limit);
}

async function readChunks(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limit) {
      void reader.cancel().catch(() => {});
      throw tooLarge(limit, null);
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

function tooLarge(limit: number, bytes: number | null): TaskwireError {
  return new TaskwireError("request_too_large", `The body has ${bytes === null ? "more" : `${bytes} bytes, more`} than the ${limit} bytes that a request may have.`, { limit_bytes: limit });
}

/** What a body says it is: JSON or NDJSON. Throws `media_type_unsupported`. */
export function bodyKind(request: Request, allowed: readonly ("json" | "ndjson")[]): "json" | "ndjson" {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") throw new TaskwireError("media_type_unsupported", `The body is encoded as ${shown(encoding)}; send it as it is, without Content-Encoding.`);
  const header = request.headers.get("content-type");
  const type = (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const kind = type === "application/json" || /^application\/[a-z.-]+\+json$/.test(type) ? "json" : type === "application/x-ndjson" || type === "application/jsonl" ? "ndjson" : null;
  if (kind !== null && allowed.includes(kind)) return kind;
  const expected = allowed.map((each) => (each === "json" ? "application/json" : "application/x-ndjson")).join(" or ");
  throw new TaskwireError("media_type_unsupported", header === null ? `The request has no Content-Type; expected ${expected}.` : `The body is ${shown(type)}; expected ${expected}.`);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new TaskwireError("malformed_json", "The body is not UTF-8; send JSON as UTF-8.");
  }
}

/** One JSON value. Throws `malformed_json`, which says where (line and column) as far as can be told. */
export function parseJson(bytes: Uint8Array<ArrayBuffer>): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text.trim() === "") throw new TaskwireError("malformed_json", "The body is empty; expected one JSON value.");
    throw new TaskwireError("malformed_json", `The body is not JSON: ${reason(error)}.`, place(error, text));
  }
  if (isDeeper(value)) throw new TaskwireError("malformed_json", `The body is nested more than ${JSON_DEPTH} levels deep.`);
  return value;
}

/** A body that is one JSON value, of at most `limit` bytes. Throws `media_type_unsupported`, `request_too_large`, `malformed_json`. */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  bodyKind(request, ["json"]);
  return parseJson(await readBody(request, limit));
}

/** A value as its schema reads it. Throws `request_invalid` with the path of the first breach; `id_invalid` where that is an id, by the names of those, which is no legal one. */
export function judged<T>(schema: z.ZodType<T>, value: unknown, ids?: ReadonlySet<string>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map(String).join(".");
  const code = ids?.has(path) && issue?.code === "invalid_format" ? "id_invalid" : "request_invalid";
  throw new TaskwireError(code, `${path === "" ? "The body" : path} is not as expected: ${issue?.message ?? "unreadable"}.`, { path });
}

/** One JSON value a line; empty lines are skipped. Throws `malformed_ndjson` with the line's number, from 1. */
export function parseNdjson(bytes: Uint8Array<ArrayBuffer>): { readonly value: unknown; readonly line: number }[] {
  const values: { value: unknown; line: number }[] = [];
  for (const [at, text] of decode(bytes).split("\n").entries()) {
    if (text.trim() === "") continue;
    try {
      const value: unknown = JSON.parse(text);
      if (isDeeper(value)) throw new SyntaxError(`it is nested more than ${JSON_DEPTH} levels deep`);
      values.push({ value, line: at + 1 });
    } catch (error) {
      throw new TaskwireError("malformed_ndjson", `Line ${at + 1} is not JSON: ${reason(error)}.`, { line: at + 1 });
    }
  }
  return values;
}

/** The engine's words without the excerpt of the body that some add. */
function reason(error: unknown): string {
  const words = error instanceof Error ? error.message : "unreadable";
  return (words.replace(/^JSON Parse error: /, "").split(/, "|\.\.\. "| in JSON at | \(line /)[0] ?? words).replace(/\.$/, "").slice(0, 120);
}

function place(error: unknown, text: string): Record<string, number> | undefined {
  const position = Number((error instanceof Error ? error.message : "").match(/position (\d+)/)?.[1] ?? Number.NaN);
  const at = Number.isNaN(position) ? firstFault(text) : position;
  if (at === null) return undefined;
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** Where a text stops being JSON, for engines that do not say: the shortest beginning that no ending can save, by trying the tokens. */
function firstFault(text: string): number | null {
  const token = /\s+|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;
  const open: string[] = [];
  let expect: "value" | "key" | "colon" | "comma" | "valueOrEnd" | "keyOrEnd" | "nothing" = "value";
  const closed = (): typeof expect => (open.length === 0 ? "nothing" : "comma");
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) return at;
    if (found.trim() === "") continue;
    const within = open.at(-1);
    if (found === "{" || found === "[") {
      if (expect !== "value" && expect !== "valueOrEnd") return at;
      open.push(found);
      expect = found === "{" ? "keyOrEnd" : "valueOrEnd";
    } else if (found === "}" || found === "]") {
      const matches = within === (found === "}" ? "{" : "[");
      if (!matches || !(expect === "comma" || expect === (found === "}" ? "keyOrEnd" : "valueOrEnd"))) return at;
      open.pop();
      expect = closed();
    } else if (found === ",") {
      if (expect !== "comma") return at;
      expect = within === "{" ? "key" : "value";
    } else if (found === ":") {
      if (expect !== "colon") return at;
      expect = "value";
    } else if (expect === "key" || expect === "keyOrEnd") {
      if (!found.startsWith('"')) return at;
      expect = "colon";
    } else {
      if (expect !== "value" && expect !== "valueOrEnd") return at;
      expect = closed();
    }
  }
  return text.length;
}

/** Something the caller sent, safe to repeat in an answer: short, printable. */
export function shown(text: string): string {
  const clean = text.replace(/[^\x20-\x7e]/g, "?");
  return clean === "" ? "empty" : clean.length > 64 ? `${clean.slice(0, 64)}…` : clean;
}
