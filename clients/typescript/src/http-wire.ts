/** What the transports over plain HTTP share: one reader a task, and a wire that lives and dies as a whole. */
import { errorOfResponse, TaskwireError } from "./errors.ts";
import type { Loss } from "./machine.ts";
import type { Subscription, Transport, Wire, WireEvents, WireRequest } from "./transport.ts";

/** The part of `fetch` that is used. */
export type FetchLike = (input: URL, init: RequestInit) => Promise<Response>;

/** Reads one task until it is over (null) or lost. Stops when the signal is aborted. */
export type ReadTask = (request: WireRequest, subscription: Subscription, signal: AbortSignal, events: WireEvents) => Promise<Loss | null>;

/** A transport of which every task has a request of its own. */
export function transportPerTask(read: ReadTask): Transport {
  return (request: WireRequest, events: WireEvents): Wire => {
    const controller = new AbortController();
    const { signal } = controller;
    const close = (): void => controller.abort();
    const quiet: WireEvents = {
      frame: (text) => void (signal.aborted || events.frame(text)),
      heard: () => void (signal.aborted || events.heard()),
      lost: (loss) => {
        if (signal.aborted) return;
        close();
        events.lost(loss);
      },
      room: () => events.room(),
      wanted: (taskId) => events.wanted(taskId),
    };
    for (const subscription of request.subscriptions) {
      read(request, subscription, signal, quiet).then(
        (loss) => loss && events.wanted(subscription.taskId) && quiet.lost(loss),
        (cause) => events.wanted(subscription.taskId) && quiet.lost({ error: cause instanceof TaskwireError ? cause : new TaskwireError("network", { cause }) }),
      );
    }
    return { close };
  };
}

/** Whether an answer sends the client elsewhere. It is not followed: a token goes nowhere else. */
export function isRedirect({ type, status }: Response): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400);
}

/** The error of an answer that sends the client elsewhere. */
export function redirected(response: Response): TaskwireError {
  const to = response.headers.get("location");
  return new TaskwireError("not_taskwire", { detail: `The address redirects${to === null ? "" : ` to ${to}`}; redirects are not followed.`, status: response.status || null });
}

/** The JSON in a text, or null. A text that did not arrive whole is no matter of JSON: reading it throws. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Asks for an answer of a type. Throws `TaskwireError` for anything else; 204 passes. */
export async function ask(fetch: FetchLike, url: URL, accept: string, token: string, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept };
  if (token !== "") headers.authorization = `Bearer ${token}`;
  const response = await fetch(url, { headers, signal, cache: "no-store", redirect: "manual" });
  if (isRedirect(response)) throw redirected(response);
  if (response.status === 204) return response;
  if (!response.ok) throw await errorOfResponse(response);
  const type = response.headers.get("content-type") ?? "";
  if (type.split(";")[0]?.trim().toLowerCase() === accept && response.body) return response;
  await response.body?.cancel();
  throw new TaskwireError("not_taskwire", { detail: `The answer was ${type || "without a type"}, ${accept} was expected.` });
}
