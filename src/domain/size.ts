/** Sizes as they travel: bytes of UTF-8, counted without making them. */

/** UTF-8 bytes of a text (a lone surrogate counts three, as its replacement would). */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(at + 1))) (bytes += 2), at++;
    else bytes += 2;
  }
  return bytes;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** JSON that comes from outside may be nested so deep. What is far deeper takes an engine seconds to write, or cannot be written at all. */
export const JSON_DEPTH = 128;

/** Whether a value of JSON has more than so many lists and objects one within the other. */
export function isDeeper(value: unknown, levels: number = JSON_DEPTH): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  // With every append: no list is made of what is looked at.
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}

/** The first `length` UTF-16 units of a text, one less where that would cut a pair in two. */
export function cutHead(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, length > 0 && isLow(text.charCodeAt(length)) ? length - 1 : length);
}

/** The last `length` UTF-16 units of a text, one less where that would cut a pair in two. */
export function cutTail(text: string, length: number): string {
  if (text.length <= length) return text;
  const start = text.length - length;
  return text.slice(isLow(text.charCodeAt(start)) ? start + 1 : start);
}
