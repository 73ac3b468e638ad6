/** The meter on `prom-client`: what `/metrics` tells. */
import { collectDefaultMetrics, Counter as PromCounter, Gauge as PromGauge, Registry } from "prom-client";
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
  leases: ["Leases of work by what became of them", "outcome"],
  commands: ["Commands by what became of them", "outcome"],
  sweeps: ["What the sweeper did", "what"],
  inbox: ["Messages of producers that write straight to the broker, by what became of them", "outcome"],
  refused: ["What was refused because a limit was reached", "limit"],
  requests: ["HTTP requests by class of status", "status"],
};

const GAUGES: Readonly<Record<Gauge, readonly [help: string, label?: string]>> = {
  connections: ["Open connections by transport", "transport"],
  watched_tasks: ["Tasks watched by this process"],
  watchers: ["Watchers of this process"],
  ring_bytes: ["Bytes of live tails in memory"],
  segment_bytes: ["Bytes of history in memory"],
  appenders: ["Tasks that this process is writing"],
  leader: ["1 on the instance that sweeps"],
  queued: ["Tasks that wait for a worker by kind; told by the instance that sweeps", "kind"],
  leased: ["Tasks in the hands of workers; told by the instance that sweeps"],
  broker_connected: ["1 while there is a connection to the broker"],
};

const HISTOGRAMS: Readonly<Record<Histogram, string>> = {
  append_seconds: "From an append's arrival to the log's acknowledgement",
  delivery_seconds: "From an event's time to the wire, live only; of one event in 100 ms at most",
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

/** Makes the meter. `process` adds the process' own numbers (memory, CPU, event loop) as far as the runtime has them. */
export function createMetrics({ process }: { readonly process: boolean }): Metrics {
  const registry = new Registry();
  if (process) collectProcess(registry);
  const counters = tallies(COUNTERS);
  const gauges = tallies(GAUGES);
  const samples = new Map<string, Samples>(Object.keys(HISTOGRAMS).map((name) => [name, { buckets: new Array<number>(BUCKETS.length + 1).fill(0), sum: 0 }]));
  // Counting happens with every event and asking every few seconds: the registry is told when it is asked.
  for (const [name, [help, label]] of Object.entries(COUNTERS)) {
    new PromCounter({ name: `taskwire_${name}_total`, help, labelNames: label ? [label] : [], registers: [registry], collect() {
      this.reset();
      for (const [value, count] of counters.get(name) ?? []) this.inc(labelled(label, value), count);
    } });
  }
  for (const [name, [help, label]] of Object.entries(GAUGES)) {
    new PromGauge({ name: `taskwire_${name}`, help, labelNames: label ? [label] : [], registers: [registry], collect() {
      for (const [value, count] of gauges.get(name) ?? []) this.set(labelled(label, value), count);
    } });
  }
  return {
    add(counter, amount = 1, value = "") {
      const tally = counters.get(counter);
      tally?.set(value, (tally.get(value) ?? 0) + amount);
    },
    set(gauge, value, of = "") {
      gauges.get(gauge)?.set(of, value);
    },
    observe(histogram, seconds) {
      const found = samples.get(histogram);
      if (found === undefined) return;
      let at = 0;
      while (at < BUCKETS.length && seconds > (BUCKETS[at] as number)) at += 1;
      found.buckets[at] = (found.buckets[at] as number) + 1;
      found.sum += seconds;
    },
    async text() {
      return (await registry.metrics()) + [...samples].map(([name, found]) => histogramText(`taskwire_${name}`, HISTOGRAMS[name as Histogram], found)).join("");
    },
    contentType: registry.contentType,
  };
}

/** By name, and by label's value ("" where there is none): those without a label are told from the beginning on. */
function tallies(table: Readonly<Record<string, readonly [help: string, label?: string]>>): ReadonlyMap<string, Map<string, number>> {
  return new Map(Object.entries(table).map(([name, [, label]]) => [name, new Map(label === undefined ? [["", 0]] : [])]));
}

const labelled = (label: string | undefined, value: string): Record<string, string> => (label === undefined || value === "" ? {} : { [label]: value });

/** How many were at most as long as each bucket's bound but longer than the one before, and behind the last bound; and the sum of all. */
interface Samples {
  readonly buckets: number[];
  sum: number;
}

/** A histogram in Prometheus' text format: the registry's own is too dear to be fed with every request. */
function histogramText(name: string, help: string, { buckets, sum }: Samples): string {
  let count = 0;
  const lines = buckets.map((own, at) => `${name}_bucket{le="${BUCKETS[at] ?? "+Inf"}"} ${(count += own)}`);
  return `\n# HELP ${name} ${help}\n# TYPE ${name} histogram\n${lines.join("\n")}\n${name}_sum ${sum}\n${name}_count ${count}\n`;
}

/** Not every runtime has every number; one that cannot be had is left out, never an error. */
function collectProcess(registry: Registry): void {
  try {
    collectDefaultMetrics({ register: registry });
  } catch {
    registry.clear();
  }
}
