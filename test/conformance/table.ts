/** The table of cases × clients, for people and for machines. */
import type { Result } from "./kit.ts";
import type { Played } from "./play.ts";

const MARKS = { passed: "ok", failed: "FAILED", skipped: "-" } as const;

/** The table as text: a line a case, a column a client, totals below. */
export function tableOf(results: readonly Result[]): string {
  const shown = results.filter(({ skip }) => skip === undefined);
  const names = [...new Set(shown.flatMap(({ played }) => played.map(({ name }) => name)))];
  const widths = shown.map(({ client }) => Math.max(client.length, 8));
  const longest = Math.max(4, ...names.map((name) => name.length));
  const line = (first: string, cells: readonly string[]): string => `${first.padEnd(longest)}  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd();
  const byName = shown.map(({ played }) => new Map(played.map((one) => [one.name, one])));
  const totals = (verdict: Played["verdict"]): string[] => shown.map(({ played }) => String(played.filter((one) => one.verdict === verdict).length));
  return [
    line("case", shown.map(({ client }) => client)),
    ...names.map((name) => line(name, byName.map((found) => MARKS[found.get(name)?.verdict ?? "skipped"]))),
    "",
    line("passed", totals("passed")),
    line("failed", totals("failed")),
    line("left out", totals("skipped")),
    line("seconds", shown.map(({ ms }) => (ms / 1000).toFixed(1))),
    ...results.filter(({ skip }) => skip !== undefined).map(({ client, skip }) => `skipped: ${client}: ${skip}`),
  ].join("\n");
}

/** Why cases failed, with what was said in them. */
export function faultsOf({ client, played }: Result, verbose: boolean): string {
  const told = ({ name, verdict, reasons, outputs, stderr }: Played): string =>
    [`${verdict === "failed" ? "FAILED" : verdict}  ${client}: ${name}`, ...reasons.map((reason) => `    ${reason}`), ...(verbose || verdict === "failed" ? outputs.slice(verbose ? 0 : -30).map((output) => `      ${JSON.stringify(output)}`) : []), ...(stderr === "" ? [] : [`    stderr: ${stderr.trim()}`])].join("\n");
  return played.filter(({ verdict }) => verdict === "failed" || verbose).map(told).join("\n");
}
