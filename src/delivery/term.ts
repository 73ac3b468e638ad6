/** How long a connection may go on: its token's end, and the warning before it. Pure. */
import type { Identity } from "../domain/access.ts";
import type { LimitSet } from "../limits.ts";

export class Term {
  /** When the token ends, RFC 3339. */
  readonly expiresAt: string;
  readonly #warnAt: number;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  #warned = false;

  private constructor(expiresAt: number, endsAt: number, warnAt: number) {
    this.expiresAt = new Date(expiresAt).toISOString();
    this.endsAt = endsAt;
    this.#warnAt = warnAt;
  }

  /** The term of a token accepted at `now`; null for one without an end. */
  static of({ expiresAt }: Identity, limits: Pick<LimitSet, "tokenLeewayMs" | "tokenWarningMs">, now: number): Term | null {
    if (expiresAt === null) return null;
    // A token that was accepted within the leeway, its end already past, has what is left of the leeway.
    const endsAt = expiresAt > now ? expiresAt : expiresAt + limits.tokenLeewayMs;
    return new Term(expiresAt, endsAt, expiresAt - limits.tokenWarningMs);
  }

  /** When there is something to do next. */
  get dueAt(): number {
    return this.#warned ? this.endsAt : Math.min(this.#warnAt, this.endsAt);
  }

  /** The token's end, once, when it is time to warn of it. */
  warning(now: number): string | null {
    if (this.#warned || now < this.#warnAt) return null;
    this.#warned = true;
    return this.expiresAt;
  }

  /** Whether the token has ended. */
  ended(now: number): boolean {
    return now >= this.endsAt;
  }
}
