/**
 * How a schema may change. What the service *sends* must stay within what its receivers expect; what it *receives*, and what it
 * has stored, must go on to be taken. So what becomes narrower breaks senders, and what becomes wider breaks receivers. Fields
 * may come: everybody survives fields, types and values of open enums that they do not know.
 */
import { at } from "./directions.mjs";
import { breaks, harmless, mapOf, objectOf, prose, same, setOf, unjudged } from "./rules.mjs";

const SENDERS = "the service receives it, or has stored it; what is sent or stored today may not fit any more";
const RECEIVERS = "the service sends it, and its receivers may get what they do not expect";

const narrower = (what) => (site) => (site.ways.received ? breaks(`${what}: narrower; ${SENDERS}`) : harmless(`${what}: narrower; the service only sends it`))(site);
const wider = (what) => (site) => (site.ways.sent ? breaks(`${what}: wider; ${RECEIVERS}`) : harmless(`${what}: wider; the service only receives it`))(site);
const different = (what) => breaks(`${what}: neither narrower nor wider, but something else`);

/** A keyword that only ever forbids something. */
const constraint = (what) => (site) => (site.before === undefined ? narrower(`${what} added`) : site.after === undefined ? wider(`${what} removed`) : different(`${what} changed`))(site);

/** A bound: `sign` is 1 where a greater number forbids more. */
const bound = (what, sign) => (site) => {
  if (site.before === undefined || site.after === undefined) return constraint(what)(site);
  if (typeof site.before !== "number" || typeof site.after !== "number") return unjudged(site);
  return ((site.after - site.before) * sign > 0 ? narrower : wider)(what)(site);
};

/** Types as a set; every integer is a number. */
function typeRule(site) {
  if (site.before === undefined || site.after === undefined) return constraint("type")(site);
  const [before, after] = [[site.before].flat(), [site.after].flat()];
  const covers = (types, type) => types.includes(type) || (type === "integer" && types.includes("number"));
  const gained = after.some((type) => !covers(before, type));
  const lost = before.some((type) => !covers(after, type));
  if (gained && lost) return different("type")(site);
  return (gained ? wider("type") : lost ? narrower("type") : harmless("the same types, told in another way"))(site);
}

/** A closed list of values. */
function enumRule(site) {
  if (site.before === undefined || site.after === undefined) return constraint("closed list of values")(site);
  return setOf({ added: wider("value of a closed list added"), removed: narrower("value of a closed list removed") })(site);
}

const openEnumRule = setOf({
  added: harmless("value of an open list added: others must be taken"),
  removed: breaks("value of an open list removed: whoever sends it or waits for it relies on it"),
});

const requiredRule = setOf({ added: narrower("field is required now"), removed: wider("field is not required any more") });

const propertiesRule = mapOf({
  added: harmless("field added; whether it is required stands in `required`"),
  removed: (site) => breaks(site.ways.sent ? "field removed: receivers rely on it" : "field removed: what its senders ask for is not heeded any more")(site),
  each: (site) => schemaRule(site),
});

const defaultRule = breaks("default: leaving the field out means something else than before");

function additionalRule(site) {
  const [before, after] = [site.before ?? true, site.after ?? true];
  const open = (value) => value === true;
  if (open(before) && open(after)) return harmless("other fields are taken, as before")(site);
  if (open(before) || after === false) return narrower("other fields are bound now")(site);
  if (open(after) || before === false) return wider("other fields are bound less")(site);
  return schemaRule(site);
}

const itemsRule = (site) => (site.before === undefined || site.after === undefined ? constraint("schema of the items")(site) : schemaRule(site));

/** Branches are matched by what they refer to or say; what is left over, by its order. */
const branches = ({ added, removed }) => (site) => {
  if (site.before !== undefined && !Array.isArray(site.before)) return unjudged(site);
  if (site.after !== undefined && !Array.isArray(site.after)) return unjudged(site);
  const [before, after] = [site.before ?? [], site.after ?? []];
  const without = (list, others) => list.map((value, index) => ({ value, index })).filter(({ value }) => !others.some((other) => same(value, other)));
  const [went, came] = [without(before, after), without(after, before)];
  const pairs = Math.min(went.length, came.length);
  const here = (entry) => ({ ...site, path: [...site.path, entry.index], owner: site.owner });
  const changes = [
    ...went.slice(0, pairs).flatMap((entry, nth) => [...schemaRule({ ...here(entry), before: entry.value, after: came[nth].value })]),
    ...came.slice(pairs).flatMap((entry) => [...added({ ...here(entry), before: undefined, after: entry.value })]),
    ...went.slice(pairs).flatMap((entry) => [...removed({ ...here(entry), before: entry.value, after: undefined })]),
  ];
  return changes.length > 0 ? changes : harmless("the same branches in another order")(site);
};

const allOfRule = branches({ added: narrower("one more schema must hold"), removed: wider("one schema less must hold") });

const alternatives = branches({ added: wider("alternative added"), removed: narrower("alternative removed") });

/** `anyOf` where there was none forbids; where it is gone, everything is allowed. */
const anyOfRule = (site) => (site.before === undefined || site.after === undefined ? constraint("alternatives")(site) : alternatives(site));

/** A union by `type` may grow: types that are not known must be survived. It must not shrink, whoever sends. */
function oneOfRule(site) {
  if (site.before === undefined || site.after === undefined) return constraint("alternatives")(site);
  const byType = site.owner.before.discriminator !== undefined && site.owner.after.discriminator !== undefined;
  return branches({
    added: byType ? harmless("type added: types that are not known must be survived") : wider("alternative added"),
    removed: breaks("alternative removed: whoever sends it or waits for it relies on it"),
  })(site);
}

const KEYWORDS = {
  type: typeRule,
  format: constraint("format"),
  pattern: constraint("pattern"),
  const: constraint("constant"),
  minLength: bound("least length", 1),
  maxLength: bound("greatest length", -1),
  minimum: bound("least value", 1),
  maximum: bound("greatest value", -1),
  exclusiveMinimum: bound("least value", 1),
  exclusiveMaximum: bound("greatest value", -1),
  minItems: bound("least number of items", 1),
  maxItems: bound("greatest number of items", -1),
  minProperties: bound("least number of fields", 1),
  maxProperties: bound("greatest number of fields", -1),
  multipleOf: constraint("step of values"),
  uniqueItems: constraint("items must differ"),
  enum: enumRule,
  "x-open-enum": openEnumRule,
  required: requiredRule,
  properties: propertiesRule,
  additionalProperties: additionalRule,
  items: itemsRule,
  allOf: allOfRule,
  anyOf: anyOfRule,
  oneOf: oneOfRule,
  default: defaultRule,
  discriminator: breaks("the field that tells the alternatives apart"),
  title: prose,
  description: prose,
  examples: prose,
  deprecated: harmless("announced only"),
};

const keywords = objectOf(KEYWORDS);

/** The rule of a schema, in place or by reference. Named schemas are compared where they are defined, once. */
export function schemaRule(site) {
  const [from, to] = [site.before?.$ref, site.after?.$ref];
  if (from === undefined && to === undefined) return keywords(site);
  if (from === to) {
    const { $ref: _from, ...before } = site.before;
    const { $ref: _to, ...after } = site.after;
    return keywords({ ...site, before, after });
  }
  return otherReference(site, from, to);
}

/** Another name, or none, is no change by itself: what stands behind the two is compared, from this place's point of view. */
function otherReference(site, from, to) {
  const seen = site.seen ?? new Set();
  const pair = `${from} ${to}`;
  if (seen.has(pair)) return harmless("compared further out")(site);
  const before = behind(site.documents.before, site.before);
  const after = behind(site.documents.after, site.after);
  if (before === undefined || after === undefined) return unjudged(site);
  if (same(before, after)) return harmless("another name of a schema that says the same")(site);
  return keywords({ ...site, before, after, seen: new Set([...seen, pair]) });
}

function behind(document, schema, depth = 8) {
  if (typeof schema?.$ref !== "string") return schema;
  const found = at(document, schema.$ref);
  const { $ref: _, ...beside } = schema;
  return depth === 0 || found === null || typeof found !== "object" ? undefined : { ...behind(document, found, depth - 1), ...beside };
}
