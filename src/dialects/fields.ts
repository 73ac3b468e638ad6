/** Reading what events and frames carry: nothing is certain of it but that it is JSON. Never throws. */
import { isDeeper } from "../domain/size.ts";
import type { Fields } from "./port.ts";

/** Is it an object, and no list? */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object; an empty one where it is none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The object that a client has sent as JSON; null where it is none, or nested deeper than is read anywhere. */
export function fieldsIn(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) && !isDeeper(value) ? value : null;
  } catch {
    return null;
  }
}

/** The text; null where it is none, or empty. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** The text; null where it is none, or nothing but blanks. */
export function wordsOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** A name for programs as people read it: `fetch_data` is `Fetch data`. */
export function spoken(name: string): string {
  const plain = name.replace(/[_-]+/g, " ").trim();
  return plain === "" ? name : plain.charAt(0).toUpperCase() + plain.slice(1);
}
