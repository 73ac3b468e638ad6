/** As much of HTTP/1.1 as a server needs that answers one request a connection, byte by byte under its own control. */

export interface Head {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

const REASONS: Readonly<Record<number, string>> = { 101: "Switching Protocols", 200: "OK", 201: "Created", 204: "No Content", 302: "Found", 307: "Temporary Redirect", 502: "Bad Gateway" };

/** A request's head, and where its body begins; null while it is incomplete. */
export function readHead(bytes: Buffer): { readonly head: Head; readonly bodyAt: number } | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const [method = "", target = "/"] = first.split(" ");
  const url = new URL(target, "http://scripted");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(":");
    headers.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return { head: { method, path: url.pathname, query: url.searchParams, headers }, bodyAt: end + 4 };
}

/** A request's body as text; null while it is incomplete. */
export function readBody({ headers }: Head, bytes: Buffer): string | null {
  if (headers.get("transfer-encoding")?.toLowerCase() === "chunked") return readChunks(bytes);
  const length = Number(headers.get("content-length") ?? 0);
  return bytes.length >= length ? bytes.subarray(0, length).toString("utf8") : null;
}

function readChunks(bytes: Buffer): string | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf("\r\n", at);
    if (line === -1) return null;
    const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (size === 0) return Buffer.concat(parts).toString("utf8");
    if (bytes.length < line + 2 + size + 2) return null;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** An answer's head. */
export function headOf(status: number, headers: Readonly<Record<string, string | number>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`HTTP/1.1 ${status} ${REASONS[status] ?? "Answer"}\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

/** A whole answer, after which the connection is closed. */
export function answerOf(status: number, headers: Readonly<Record<string, string | number>>, body: string): Buffer {
  const bytes = Buffer.from(body, "utf8");
  const length: Record<string, number> = status === 204 || status === 304 ? {} : { "content-length": bytes.length };
  return Buffer.concat([headOf(status, { ...headers, ...length, connection: "close" }), bytes]);
}

/** A piece of a body that is sent as it comes; the last one is empty. */
export function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}
