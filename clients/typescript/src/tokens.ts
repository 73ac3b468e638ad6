/** Where tokens come from: a fixed one, or a callback whose answer is kept until the service wants another. */
import { TaskwireError } from "./errors.ts";

export type TokenSource = string | (() => string | Promise<string>);

export interface Tokens {
  /** Whether another token can be had. */
  readonly renewable: boolean;
  /** The token; `fresh` asks the callback anew. Throws `token_callback`. */
  get(fresh: boolean): Promise<string>;
}

/** Keeps a token. Who asks for a fresh one while another does shares the answer. */
export function createTokens(source: TokenSource): Tokens {
  if (typeof source === "string") return { renewable: false, get: () => Promise.resolve(source) };
  let kept: Promise<string> | null = null;
  let asking = false;
  const ask = (): Promise<string> => {
    asking = true;
    const asked = Promise.resolve()
      .then(source)
      .then(
        (token) => {
          if (typeof token !== "string") throw new TaskwireError("token_callback", { detail: "The token callback answered no text." });
          return token;
        },
      )
      .catch((cause) => {
        kept = null;
        throw cause instanceof TaskwireError ? cause : new TaskwireError("token_callback", { cause });
      })
      .finally(() => (asking = false));
    kept = asked;
    return asked;
  };
  return { renewable: true, get: (fresh) => (kept && (asking || !fresh) ? kept : ask()) };
}
