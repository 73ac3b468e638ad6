/** Large answers, compressed for who takes that. */

/** Below this it is not worth the work. UTF-16 units. */
const LEAST = 8 * 1024;

/** Whether a caller takes gzip (RFC 9110, 12.5.3). */
export function takesGzip(accepted: string | null): boolean {
  return (accepted ?? "").split(",").some((each) => /^\s*(x-)?gzip\s*(;\s*q=(1(\.0*)?|0\.\d*[1-9]\d*)\s*)?$/i.test(each));
}

/** JSON as an answer, in gzip where it is large and the caller takes that. */
export function jsonAnswer(headers: Headers, value: object, more: Readonly<Record<string, string>> = {}): Response {
  const text = JSON.stringify(value);
  const out = { "content-type": "application/json", vary: "accept-encoding", ...more };
  if (text.length < LEAST || !takesGzip(headers.get("accept-encoding"))) return new Response(text, { headers: out });
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")), { headers: { ...out, "content-encoding": "gzip" } });
}
