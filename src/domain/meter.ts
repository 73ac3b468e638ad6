/** Numbers for operators. `http/metrics.ts` gives them to Prometheus; everything else only knows these names. */

export type Counter =
  | "events_in" // events appended and acknowledged
  | "events_out" // events handed to wires
  | "bytes_out" // bytes handed to wires
  | "writes_out" // how often events were handed to a wire: under load one write has many
  | "appends" // label: stored, duplicate, refused, unavailable, unknown, full
  | "append_conflicts"
  | "repairs" // holes in the live tail that were read from the log
  | "resets" // rolled-back stores found
  | "replays" // label: full, compact
  | "segment_reads" // reads of history from the store
  | "segment_hits"
  | "slow_wires" // times a wire was full
  | "broker_losses"
  | "closes" // connections closed, label: transport
  | "leases" // label: leased, kept, released, failed, lapsed, fenced
  | "commands" // label: accepted, applied, rejected, repeated
  | "sweeps" // label: what the sweeper did: expired, requeued, dequeued, mended, withdrawn, purged, removed, lapsed
  | "inbox" // messages of trusted producers, label: stored, repeated, late, nothing, aside
  | "refused" // label: the limit that was reached
  | "requests"; // HTTP requests, label: status class

export type Gauge =
  | "connections" // label: websocket, sse
  | "watched_tasks"
  | "watchers"
  | "ring_bytes"
  | "segment_bytes"
  | "appenders"
  | "leader" // 1 on the instance that sweeps
  | "queued" // label: kind
  | "leased"
  | "broker_connected"; // 1 or 0

export type Histogram =
  | "append_seconds"
  | "delivery_seconds" // an event's time to the wire, where known
  | "flush_seconds"
  | "request_seconds";

export interface Meter {
  add(counter: Counter, amount?: number, label?: string): void;
  set(gauge: Gauge, value: number, label?: string): void;
  observe(histogram: Histogram, seconds: number): void;
}

/** A meter that nobody reads. */
export const silentMeter: Meter = { add() {}, set() {}, observe() {} };
