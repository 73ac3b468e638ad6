/**
 * What rules of comparison are made of. A *rule* looks at one place in both contracts and yields what has changed there; it is
 * called only where something has. A *site* is that place: `{ path, before, after, ways, documents, owner }`; `before` or `after` is undefined
 * where it is not there. A *change* is `{ path, breaking, judged, reason, before, after }`.
 */

/** @returns {boolean} whether two values of JSON say the same; the order of an object's members says nothing */
export function same(left, right) {
  if (left === right) return true;
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object" || Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]));
}

const change = ({ path, before, after }, breaking, judged, reason) => ({ path: path.join("."), breaking, judged, reason, before, after });

/** @param {string} reason why nobody is disturbed by it */
export const harmless = (reason) => (site) => [change(site, false, true, reason)];

/** @param {string} reason who is disturbed by it, and how */
export const breaks = (reason) => (site) => [change(site, true, true, reason)];

/** What nothing here knows how to judge counts as breaking: somebody must look at it. */
export const unjudged = (site) => [change(site, true, false, "unjudged: no rule knows this; look at it, and teach contract:diff the rule")];

/** Text and examples: for people. */
export const prose = harmless("text for people");

/** One rule where something has come, one where it has gone, one where it is another. */
export const byPresence = ({ added, removed, changed }) => (site) => (site.before === undefined ? added : site.after === undefined ? removed : changed)(site);

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** An object whose members are known by name; what is not known is unjudged. `undefined` counts as empty where `optional`. */
export const objectOf = (rules, { optional = false } = {}) => (site) => {
  const [before, after] = [site.before, site.after].map((value) => (value === undefined && optional ? {} : value));
  if (!isObject(before) || !isObject(after)) return unjudged(site);
  return orPresence(site, membersOf(site, before, after, (key) => (Object.hasOwn(rules, key) ? rules[key] : unjudged)));
};

/** An object whose members are named freely: one rule for those that came, that went, and that are in both. */
export const mapOf = ({ added, removed, each }) => (site) => {
  const [before, after] = [site.before ?? {}, site.after ?? {}];
  if (!isObject(before) || !isObject(after)) return unjudged(site);
  return orPresence(site, membersOf(site, before, after, () => byPresence({ added, removed, changed: each })));
};

function membersOf(site, before, after, ruleOf) {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    if (same(before[key], after[key])) return [];
    return [...ruleOf(key)({ ...site, path: [...site.path, key], before: before[key], after: after[key], owner: { before, after } })];
  });
}

/** A list whose order says nothing, of names or references: one rule for each that came, and for each that went. */
export const setOf = ({ added, removed }) => (site) => {
  const [before, after] = [site.before ?? [], site.after ?? []];
  if (!Array.isArray(before) || !Array.isArray(after)) return unjudged(site);
  const without = (list, others) => list.filter((item) => !others.some((other) => same(item, other)));
  const named = (item) => ({ ...site, path: [...site.path, typeof item?.$ref === "string" ? item.$ref.split("/").pop() : typeof item === "object" ? JSON.stringify(item) : String(item)] });
  const came = without(after, before).flatMap((item) => [...added({ ...named(item), before: undefined, after: item })]);
  const went = without(before, after).flatMap((item) => [...removed({ ...named(item), before: item, after: undefined })]);
  return orPresence(site, [...came, ...went]);
};

/** A list that was told in another order, or an empty thing that came or went, has changed all the same. */
export function orPresence(site, changes) {
  return changes.length > 0 ? [...changes] : harmless("told in another way: says the same")(site);
}
