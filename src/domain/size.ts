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
