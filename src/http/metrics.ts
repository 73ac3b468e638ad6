/** The meter on `prom-client`: what `/metrics` tells. */
import { collectDefaultMetrics, Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from "prom-client";
import type { Counter, Gauge, Histogram, Meter } from "../domain/meter.ts";

const COUNTERS: Readonly<Record<Counter, readonly [help: string, label?: string]>> = {
  events_in: ["Events appended and acknowledged"],
  events_out: ["Events handed to wires"],
  bytes_out: ["Bytes handed to wires"],
  writes_out: ["Writes that handed events to a wire"],
  appends: ["Append requests by outcome", "outcome"],
  append_conflicts: ["Appends that met a competing one and were judged anew"],
  repairs: ["Holes in the live tail that were read from the log"],
  resets: ["Rolled-back stores found"],
  replays: ["Replays of history by kind", "kind"],
  segment_reads: ["Reads of history from the store"],
  segment_hits: ["Reads of history answered from memory"],
  slow_wires: ["Times a wire was full"],
  broker_losses: ["Times the broker was lost"],
  closes: ["Connections closed by transport", "transport"],
  requests: ["HTTP requests by class of status", "status"],
};

const GAUGES: Readonly<Record<Gauge, readonly [help: string, label?: string]>> = {
  connections: ["Open connections by transport", "transport"],
  watched_tasks: ["Tasks watched by this process"],
  watchers: ["Watchers of this process"],
  ring_bytes: ["Bytes of live tails in memory"],
  segment_bytes: ["Bytes of history in memory"],
  appenders: ["Tasks that this process is writing"],
};

const HISTOGRAMS: Readonly<Record<Histogram, string>> = {
  append_seconds: "From an append's arrival to the log's acknowledgement",
  delivery_seconds: "From an event's time to the wire, live only",
  flush_seconds: "One flush of a task's watchers",
  request_seconds: "One HTTP request, streams excluded",
};

/** From a tenth of a millisecond to ten seconds. Seconds. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Metrics extends Meter {
  /** The text of `/metrics` in Prometheus' format. */
  text(): Promise<string>;
  readonly contentType: string;
}

type Labels = Record<string, string>;

/** Makes the meter. `process` adds the process' own numbers (memory, CPU, event loop) as far as the runtime has them. */
export function createMetrics({ process }: { readonly process: boolean }): Metrics {
  const registry = new Registry();
  if (process) collectProcess(registry);
  const counters = new Map(Object.entries(COUNTERS).map(([name, [help, label]]) => [name, { label, metric: new PromCounter({ name: `taskwire_${name}_total`, help, labelNames: label ? [label] : [], registers: [registry] }) }]));
  const gauges = new Map(Object.entries(GAUGES).map(([name, [help, label]]) => [name, { label, metric: new PromGauge({ name: `taskwire_${name}`, help, labelNames: label ? [label] : [], registers: [registry] }) }]));
  const histograms = new Map(Object.entries(HISTOGRAMS).map(([name, help]) => [name, new PromHistogram({ name: `taskwire_${name}`, help, buckets: BUCKETS, registers: [registry] })]));
  // One object per label and value, so that counting makes none.
  const known = new Map<string, Labels>();
  const labels = (label: string | undefined, value: string | undefined): Labels => {
    if (label === undefined || value === undefined) return NONE;
    const key = `${label}=${value}`;
    const found = known.get(key) ?? { [label]: value };
    known.set(key, found);
    return found;
  };
  return {
    add(counter, amount = 1, value) {
      const found = counters.get(counter);
      found?.metric.inc(labels(found.label, value), amount);
    },
    set(gauge, value, of) {
      const found = gauges.get(gauge);
      found?.metric.set(labels(found.label, of), value);
    },
    observe(histogram, seconds) {
      histograms.get(histogram)?.observe(seconds);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

const NONE: Labels = {};

/** Not every runtime has every number; one that cannot be had is left out, never an error. */
function collectProcess(registry: Registry): void {
  try {
    collectDefaultMetrics({ register: registry });
  } catch {
    registry.clear();
  }
}
