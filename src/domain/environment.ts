/**
 * The three things that the rest of the service may not reach for by itself: time, chance and a place to report to.
 * They are passed in as values, so that a simulation can run the whole service from one seed.
 */

/** Ends what was begun; calling it again does nothing. */
export type Cancel = () => void;

/** Time. All durations are milliseconds. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Runs `run` once, `delayMs` from now, unless cancelled. */
  after(delayMs: number, run: () => void): Cancel;
  /** Runs `run` in the next turn of the event loop, after what already waits there (sockets, timers). */
  turn(run: () => void): void;
}

/** Chance. */
export interface Random {
  /** `count` bytes, unguessable outside of a simulation. */
  bytes(count: number): Uint8Array<ArrayBuffer>;
  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number;
}

/** What a journal entry may carry besides its event's name. Tokens and payloads never do. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The journal (logger). `event` is a stable snake_case name, such as `broker_lost`; the sentence for people is `message`. */
export interface Journal {
  debug(event: string, message: string, fields?: Fields): void;
  info(event: string, message: string, fields?: Fields): void;
  warn(event: string, message: string, fields?: Fields): void;
  error(event: string, message: string, fields?: Fields): void;
}

export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
}
