/**
 * Faults such as people write, planted into the service for the time of one run, to show that the simulation would find
 * them. What has no seam is changed at its class; nothing in the service knows of it.
 */
import { Connection } from "../../src/delivery/connection.ts";
import { Feed } from "../../src/feed/feed.ts";
import { LiveSet } from "../../src/feed/live.ts";
import { merge } from "../../src/feed/merge.ts";
import { Ring } from "../../src/feed/ring.ts";
import type { Log } from "../../src/log/port.ts";
import type { Planted } from "./world.ts";

/** Puts another method in an object's place, made of the old one; answers what undoes it. */
function replace<T extends object, Name extends keyof T>(target: T, name: Name, make: (old: T[Name]) => T[Name]): () => void {
  const old = target[name];
  target[name] = make(old);
  return () => {
    target[name] = old;
  };
}

/** An append whose outcome is unknown is answered as if it were stored. */
const believing = (log: Log): Log => ({
  ...log,
  get epoch() {
    return log.epoch;
  },
  get connected() {
    return log.connected;
  },
  async append(request) {
    const outcome = await log.append(request);
    return outcome.kind === "unknown" ? { kind: "stored", position: request.expected + 1 } : outcome;
  },
});

/** Each by what is wrong. */
export const PLANTED: Readonly<Record<string, Planted>> = {
  "a hole in the live tail is taken for the next batch": { judge: (mark, batch) => (merge(mark, batch) === "gap" ? "next" : merge(mark, batch)) },

  "an append whose outcome is unknown is taken for stored": { log: believing },

  "a wire loses what it said it took": { lost: 0.02 },

  "something is awaited between giving a watcher the ring and adding it to the live ones": {
    install: ({ clock, random }) =>
      replace(LiveSet.prototype, "add", (add) => function (this: LiveSet, watcher) {
        // As long as a page of history takes where the store is far away.
        clock.after(random.fraction() * 40, () => {
          if (!watcher.stopped) add.call(this, watcher);
        });
      }),
  },

  "a slow watcher's position moves on though its wire refused": {
    install() {
      // What was refused is offered again first of all, when the wire has drained: this forgets it.
      const draining = new Set<Connection>();
      const undo = replace(Connection.prototype, "drained", (drained) => function (this: Connection) {
        draining.add(this);
        drained.call(this);
        draining.delete(this);
      });
      const undoToo = replace(Connection.prototype, "deliver", (deliver) => function (this: Connection, lane, run) {
        return draining.has(this) ? "ready" : deliver.call(this, lane, run);
      });
      return () => (undo(), undoToo());
    },
  },

  "a feed forgets now and then that a watcher has left": {
    install: ({ random }) =>
      replace(Feed.prototype, "left", (left) => function (this: Feed, watcher) {
        if (random.fraction() > 0.1) left.call(this, watcher);
      }),
  },

  "every turn of the clock counts as a sign of life": {
    install: () =>
      replace(Connection.prototype, "tick", (tick) => function (this: Connection) {
        this.alive();
        tick.call(this);
      }),
  },

  "rings are not cut when their budget is used up": { install: () => replace(Ring.prototype, "trim", () => () => 0) },
};
