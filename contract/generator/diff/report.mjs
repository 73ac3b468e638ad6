/** Tells changes to people. Pure. */

/** A value is shown up to so many characters. */
const SHOWN = 100;

/**
 * @param {import("./contract.mjs").Change[]} changes
 * @param {{ from: string, to: string }} names of the two contracts
 * @returns {string} what breaks first, then the rest, then the count
 */
export function report(changes, { from, to }) {
  const [breaking, other] = [changes.filter((change) => change.breaking), changes.filter((change) => !change.breaking)];
  return [`The contract, ${from} → ${to}`, ...section("Breaking", breaking), ...section("Not breaking", other), "", summary(breaking, other), ""].join("\n");
}

function section(title, changes) {
  return changes.length === 0 ? [] : ["", `${title}:`, ...changes.flatMap(({ path, reason, before, after }) => [`  ${path || "(the whole contract)"}`, `      ${shown(before)} → ${shown(after)}`, `      ${reason}`])];
}

function summary(breaking, other) {
  if (breaking.length + other.length === 0) return "Nothing has changed.";
  const open = breaking.filter(({ judged }) => !judged).length;
  return `${breaking.length} breaking${open > 0 ? ` (${open} of them unjudged)` : ""}, ${other.length} not breaking.`;
}

function shown(value) {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
