/** What a run of chaos tells: in numbers for programs, in a few lines for people. */

export interface Report {
  /** What reproduces it. */
  readonly seed: number;
  readonly command: string;
  /** Events that a service acknowledged. */
  readonly acknowledged: number;
  /** Events that watchers were given. */
  readonly deliveries: number;
  readonly watchers: number;
  readonly reconnects: number;
  /** How often each was done. */
  readonly faults: Readonly<Record<string, number>>;
  /** The services' own counts from `/metrics`, those of ended ones included up to their end where they could still be asked. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The longest time for which a watcher that was reading was given nothing, not even a heartbeat. Milliseconds. */
  readonly longestSilenceMs: number;
  /** What else was measured, by name with its unit in it. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** What must not be, in words; none is what is promised. */
  readonly wrong: readonly string[];
}

/** So many findings are shown. */
const SHOWN = 20;

const listed = (numbers: Readonly<Record<string, number | string>>): string => Object.entries(numbers).map(([name, count]) => `${name} ${count}`).join(", ");

/** The report as text, ending with a line break. */
export function textOf(report: Report): string {
  const { acknowledged, deliveries, watchers, reconnects, faults, metrics, longestSilenceMs, figures, wrong, seed, command } = report;
  const lines = [
    `${acknowledged} events acknowledged, ${deliveries} deliveries to ${watchers} watchers, ${reconnects} reconnects`,
    ...(Object.keys(faults).length > 0 ? [`faults: ${listed(faults)}`] : []),
    `services: ${listed(metrics)}`,
    `longest silence of a watcher: ${longestSilenceMs} ms`,
    ...Object.entries(figures).map(([name, value]) => `${name}: ${value}`),
    wrong.length === 0 ? "nothing missing, repeated or out of order" : `WRONG: ${wrong.length} findings\n${wrong.slice(0, SHOWN).join("\n")}`,
    `seed ${seed}: ${command}`,
  ];
  return `${lines.join("\n")}\n`;
}
