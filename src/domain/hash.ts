/** Small, fast, well-spread numbers made from text (FNV-1a). They are checks and short names, never secrets. */

const PRIME = 0x01000193;
const OFFSET = 0x811c9dc5;
const SECOND_OFFSET = 0x9747b28c;

function fnv1aFrom(offset: number, text: string): number {
  let hash = offset;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), PRIME);
    if (unit > 0xff) hash = Math.imul(hash ^ (unit >>> 8), PRIME);
  }
  return hash >>> 0;
}

/** FNV-1a, 32 bits, of the text's UTF-16 units (for ASCII the same as of its bytes). */
export function fnv1a(text: string): number {
  return fnv1aFrom(OFFSET, text);
}

/** 24 bits of the text's hash, all 32 mixed in. */
export function hash24(text: string): number {
  const hash = fnv1a(text);
  return (hash ^ (hash >>> 24)) & 0xffffff;
}

/** A short name for a text of any length: at most 14 characters of 0-9a-z, from 64 bits and the text's length. */
export function fingerprint(text: string): string {
  const spread = Math.imul(fnv1aFrom(SECOND_OFFSET ^ text.length, text) ^ 0x85ebca6b, 0xc2b2ae35) >>> 0;
  return fnv1a(text).toString(36).padStart(7, "0") + spread.toString(36);
}
