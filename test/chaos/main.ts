/** The chaos command: breaks a real Taskwire for a while and says whether anything was lost, doubled or out of order. */
import { parseArgs } from "node:util";
import { runChaos } from "./chaos.ts";
import { FAULTS } from "./faults.ts";

const HELP = `npm run chaos -- [--minutes N] [--seed S] [--fault NAME …] [--cluster] [--deno] [--json] [--list]

Two instances, a real nats-server, producers and watchers; faults until the time is over. Then: was every acknowledged event
delivered to every watcher exactly once and in order?

  --minutes N    how long (2)
  --seed S       the same faults in the same order; a failure prints its seed
  --fault NAME   only this one; may be repeated. --list names them
  --cluster      on an R3 cluster of three
  --deno         one of the two instances runs on Deno
  --json         the report as JSON

Exit code: 0 nothing was wrong, 1 something was, 64 wrong usage.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "2" }, seed: { type: "string" }, fault: { type: "string", multiple: true }, cluster: { type: "boolean" },
      deno: { type: "boolean" }, json: { type: "boolean" }, list: { type: "boolean" }, help: { type: "boolean", short: "h" },
    },
  });
  if (values.help || values.list) {
    process.stdout.write(values.help ? HELP : FAULTS.map(({ name, about }) => `${name.padEnd(20)}${about}\n`).join(""));
    return 0;
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))];
  const strange = (values.fault ?? []).find((name) => !FAULTS.some((fault) => fault.name === name));
  if (!(minutes > 0)) throw new RangeError(`--minutes ${values.minutes}: expected a number above 0`);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed ${values.seed}: expected a whole number`);
  if (strange) throw new RangeError(`--fault ${strange} is not known; --list names those that are`);

  const report = await runChaos({
    seconds: minutes * 60, seed, faults: values.fault ?? [], cluster: values.cluster === true, runtimes: values.deno ? ["bun", "deno"] : ["bun", "bun"],
    progress: (name) => process.stderr.write(`${name} `),
  });
  process.stderr.write("\n");
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    const list = (numbers: Readonly<Record<string, number>>): string => Object.entries(numbers).map(([name, count]) => `${name} ${count}`).join(", ");
    process.stdout.write([
      `${report.acknowledged} events acknowledged, ${report.deliveries} deliveries to ${report.watchers} watchers, ${report.reconnects} reconnects`,
      `faults: ${list(report.faults)}`,
      `instances since their start: ${list(report.metrics)}`,
      `longest silence of a watcher: ${report.longestSilenceMs} ms`,
      report.wrong.length === 0 ? "nothing missing, repeated or out of order" : `WRONG: ${report.wrong.length} findings\n${report.wrong.slice(0, 20).join("\n")}`,
      `seed ${report.seed}`,
    ].join("\n") + "\n");
  }
  return report.wrong.length === 0 ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof RangeError || error instanceof TypeError ? 64 : 1);
}
