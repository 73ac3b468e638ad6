/**
 * The transport of last resort: page after page, each request waiting for the first event. It passes through whatever lets a
 * plain answer through. A page is handed over as the frames that a stream would have carried.
 */
import { TaskwireError } from "./errors.ts";
import { ask, type FetchLike, jsonOf, transportPerTask } from "./http-wire.ts";
import { backoffMs, type MachineSettings } from "./machine.ts";
import { pause, type Timing } from "./timing.ts";
import { eventsUrl, type Subscription, type Transport, type WireEvents } from "./transport.ts";

/** Events of a page. */
const PAGE = 1_000;

interface Page {
  readonly events: readonly unknown[];
  readonly cursor: string;
  readonly more?: unknown;
  readonly ended?: unknown;
  readonly status?: unknown;
  readonly gap?: object;
}

async function pageOf(response: Response): Promise<Page> {
  const page = jsonOf(await response.text()) as Partial<Page> | null;
  if (Array.isArray(page?.events) && typeof page.cursor === "string") return page as Page;
  throw new TaskwireError("not_taskwire", { detail: "The answer is no page of events." });
}

function handOver({ taskId, replay }: Subscription, { events: found, cursor, more, ended, status, gap }: Page, first: boolean, events: WireEvents): void {
  const about = { task_id: taskId, cursor };
  const tell = (frame: object): void => events.frame(JSON.stringify(frame));
  if (gap) tell({ type: "stream.gap", task_id: taskId, ...gap });
  if (first && replay === "none" && found.length === 0) tell({ type: "stream.subscribed", ...about, replay });
  for (const event of found) tell(event as object);
  if (ended === true) tell({ type: "stream.end", ...about, status });
  else if (first) tell({ type: "stream.caught_up", ...about, more });
}

/** The transport over a `fetch`. Waits one heartbeat of the settings for the first event of a page. */
export function longPollTransport(fetch: FetchLike, timing: Timing, settings: MachineSettings): Transport {
  const waitSeconds = Math.max(1, Math.ceil(settings.heartbeatMs / 1000));
  return transportPerTask(async (request, subscription, signal, events) => {
    let at = subscription;
    for (let first = true, wait = false; !signal.aborted; first = false) {
      const room = events.room();
      if (room) await room;
      const url = eventsUrl(request.baseUrl, at);
      url.searchParams.set("limit", String(PAGE));
      if (wait) url.searchParams.set("wait", String(waitSeconds));
      const askedAt = timing.now();
      const response = await ask(fetch, url, "application/json", request.token, signal);
      const page = await pageOf(response);
      if (signal.aborted) break;
      events.heard();
      handOver(at, page, first, events);
      if (page.ended === true) return null;
      at = { ...at, after: page.cursor, replay: at.replay === "none" ? "full" : at.replay };
      // Something in between that does not wait must not be asked in a circle.
      if (wait && page.events.length === 0 && timing.now() - askedAt < waitSeconds * 500) await pause(timing, backoffMs(1, settings, timing.chance()), signal);
      wait = page.more !== true;
    }
    return null;
  });
}
