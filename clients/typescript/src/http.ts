/** Requests that are answered once: with the token, repeated while repeating can help, refused with a `TaskwireError`. */
import { errorOfResponse, isTokenError, TaskwireError } from "./errors.ts";
import { backoffMs, type MachineSettings } from "./machine.ts";
import { type FetchLike, isRedirect, jsonOf, redirected } from "./http-wire.ts";
import { pause, type Timing } from "./timing.ts";
import type { Tokens } from "./tokens.ts";

export interface CallContext {
  readonly baseUrl: URL;
  readonly fetch: FetchLike;
  readonly tokens: Tokens;
  readonly timing: Timing;
  readonly settings: MachineSettings;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Stop repeating after this. Milliseconds; Infinity: never. */
  readonly giveUpMs?: number;
  /** Told before every wait for another try. */
  readonly onRetry?: (error: TaskwireError, inMs: number) => void;
}

export interface CallRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the service's address, beginning with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Call = <Answer>(request: CallRequest, options?: CallOptions) => Promise<Answer>;

/** A function that makes calls. Only give it requests that may be repeated: reads, and writes with a retry identity. */
export function createCall({ baseUrl, fetch, tokens, timing, settings }: CallContext): Call {
  const address = ({ path, query = {} }: CallRequest): URL => {
    const url = new URL(`${baseUrl.pathname.replace(/\/+$/, "")}${path}`, baseUrl);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  };

  const once = async (request: CallRequest, fresh: boolean, signal: AbortSignal | undefined): Promise<unknown> => {
    const token = await tokens.get(fresh);
    const limit = new AbortController();
    const stop = (): void => limit.abort();
    if (signal?.aborted) stop();
    const cancel = timing.after(settings.tryMs, stop);
    signal?.addEventListener("abort", stop);
    try {
      return await answered(request, token, limit.signal);
    } catch (cause) {
      throw cause instanceof TaskwireError ? cause : new TaskwireError("network", { cause });
    } finally {
      cancel();
      signal?.removeEventListener("abort", stop);
    }
  };

  const answered = async (request: CallRequest, token: string, signal: AbortSignal): Promise<unknown> => {
    const response = await fetch(address(request), {
      method: request.method,
      headers: { accept: "application/json", ...(token === "" ? {} : { authorization: `Bearer ${token}` }), ...request.headers },
      redirect: "manual",
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    if (isRedirect(response)) throw redirected(response);
    if (!response.ok) throw await errorOfResponse(response);
    if (response.status === 204) return null;
    const answer = jsonOf(await response.text());
    if (answer === null) throw new TaskwireError("not_taskwire", { detail: "The answer is not JSON.", status: response.status });
    return answer;
  };

  return async <Answer>(request: CallRequest, { signal, giveUpMs = settings.giveUpMs, onRetry }: CallOptions = {}): Promise<Answer> => {
    const began = timing.now();
    let fresh = false;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return (await once(request, fresh, signal)) as Answer;
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = thrown instanceof TaskwireError ? thrown : new TaskwireError("network", { cause: thrown });
        const renew: boolean = isTokenError(error) && tokens.renewable && !fresh;
        if (!renew && (!error.retryable || isTokenError(error))) throw error;
        const ms = renew ? 0 : Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, settings, timing.chance()));
        if (timing.now() - began + ms > giveUpMs) throw error;
        fresh = renew;
        if (renew) continue;
        onRetry?.(error, ms);
        await pause(timing, ms, signal);
      }
    }
  };
}
