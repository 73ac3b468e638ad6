/** What a request would like to be answered with. Pure. */
import { TaskwireError } from "../domain/error.ts";
import { shown } from "./body.ts";

export type Representation = "json" | "stream";

const MEDIA: Readonly<Record<Representation, string>> = { json: "application/json", stream: "text/event-stream" };
const MOST_RANGES = 32;

/** How much a header wants a media type, 0..1: the most exact range that covers it decides (RFC 9110, 12.5.1). */
function quality(ranges: readonly { readonly range: string; readonly q: number }[], type: string): number {
  const covering = [type, `${type.split("/")[0]}/*`, "*/*"];
  for (const range of covering) {
    const found = ranges.find((each) => each.range === range);
    if (found !== undefined) return found.q;
  }
  return 0;
}

/** JSON or an event stream, by `Accept`; JSON where both are as welcome. Throws `not_acceptable`. */
export function representation(accept: string | null): Representation {
  if (accept === null || accept === "*/*") return "json";
  if (accept === MEDIA.stream) return "stream";
  const ranges = accept.split(",", MOST_RANGES).map((part) => {
    const [range = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
    const q = Number(parameters.find((each) => each.startsWith("q="))?.slice(2) ?? 1);
    return { range, q: Number.isNaN(q) ? 0 : q };
  });
  const json = quality(ranges, MEDIA.json);
  const stream = quality(ranges, MEDIA.stream);
  if (json === 0 && stream === 0) throw new TaskwireError("not_acceptable", `Accept is ${shown(accept)}; this address has ${MEDIA.json} (a page) and ${MEDIA.stream} (live).`);
  return stream > json ? "stream" : "json";
}
