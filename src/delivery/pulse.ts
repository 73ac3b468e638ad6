/** What all connections share: the heartbeat's bytes, made once a turn of the wheel, and the count of what went out. */
import type { StreamHeartbeatFrame } from "../../generated/typescript/types.ts";
import type { Clock } from "../domain/environment.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import { type Frame, chunkOfFrames, streamFrame } from "./frame.ts";

/** Where a watched set stands. */
export interface Place {
  readonly selector: WatchWords;
  readonly cursor: string;
}

/** What was handed to wires since it was last reported. */
export interface Tally {
  events: number;
  writes: number;
  bytes: number;
}

export class Pulse {
  readonly #clock: Pick<Clock, "now">;
  readonly #logConnected: () => boolean;
  #frame: Frame | null = null;
  #messages: readonly string[] | null = null;
  #chunk: Uint8Array | null = null;

  constructor(clock: Pick<Clock, "now">, logConnected: () => boolean) {
    this.#clock = clock;
    this.#logConnected = logConnected;
  }

  /** Time has moved on: the next heartbeat is made anew. */
  renew(): void {
    this.#frame = this.#messages = this.#chunk = null;
  }

  /** The heartbeat as WebSocket messages. */
  messages(): readonly string[] {
    return (this.#messages ??= [this.#heartbeat().text]);
  }

  /** The heartbeat as a stretch of an event stream. */
  chunk(): Uint8Array {
    return (this.#chunk ??= chunkOfFrames([this.#heartbeat()]));
  }

  /** A heartbeat for each set that is watched on a connection, with its position. */
  placed(places: readonly Place[]): readonly Frame[] {
    return places.map((place) => streamFrame({ ...this.#told(), ...place }));
  }

  #heartbeat(): Frame {
    return (this.#frame ??= streamFrame(this.#told()));
  }

  #told(): StreamHeartbeatFrame {
    return { type: "stream.heartbeat", time: new Date(this.#clock.now()).toISOString(), log: this.#logConnected() ? "ok" : "away" };
  }
}
