/** Who sends what: for every message and schema of a contract, whether the service sends it, receives it, or both. Pure. */

/** Neither an operation sends nor receives it: judged for both, which errs on the safe side. */
export const BOTH = { sent: true, received: true };
export const RECEIVED = { sent: false, received: true };

const cache = new WeakMap();

/**
 * @param {Record<string, any>} document the bundled contract
 * @returns {{ messages: Map<string, Ways>, schemas: Map<string, Ways> }} by name; what is in neither map is used by no operation
 * @typedef {{ sent: boolean, received: boolean }} Ways
 */
export function directions(document) {
  const known = cache.get(document) ?? find(document);
  cache.set(document, known);
  return known;
}

/** @returns {Ways} of a named message or schema, by a contract's directions */
export const waysOf = (document, section, name) => directions(document)[section].get(name) ?? BOTH;

function find(document) {
  const found = { messages: new Map(), schemas: new Map() };
  for (const operation of Object.values(document.operations ?? {})) {
    const channel = at(document, operation.channel?.$ref);
    const opposite = operation.action === "send" ? "received" : "sent";
    // What stands in the broker is read by later versions than the one that wrote it.
    const inward = operation.action === "send" ? "sent" : "received";
    const ways = isBroker(document, channel) ? ["sent", "received"] : [inward];
    for (const message of messagesOf(operation, channel)) for (const way of ways) markMessage(document, found, message, way);
    for (const message of operation.reply?.messages ?? []) markMessage(document, found, message, opposite);
  }
  return found;
}

const messagesOf = (operation, channel) => operation.messages ?? Object.values(channel?.messages ?? {});
const isBroker = (document, channel) => (channel?.servers ?? []).some(({ $ref }) => at(document, $ref)?.protocol === "nats");

/** What a local reference leads to; undefined where it leads nowhere. */
export function at(document, ref) {
  if (typeof ref !== "string" || !ref.startsWith("#/")) return undefined;
  return ref.slice(2).split("/").reduce((value, key) => (value !== null && typeof value === "object" && Object.hasOwn(value, key) ? value[key] : undefined), document);
}

function markMessage(document, found, message, way) {
  let [ref, value] = [undefined, message];
  while (typeof value?.$ref === "string" && value.$ref !== ref) [ref, value] = [value.$ref, at(document, value.$ref)];
  const name = ref?.startsWith("#/components/messages/") ? ref.split("/").pop() : undefined;
  // An event that was stored is delivered as it was, for as long as its task is kept: the log is one of its senders.
  const ways = value?.["x-event"] !== undefined && value["x-event"].synthetic !== true ? ["sent", "received"] : [way];
  for (const each of ways) {
    if (name !== undefined) mark(found.messages, name, each);
    for (const schema of [value?.payload, value?.headers]) markSchemas(document, found, schema, each);
  }
}

function markSchemas(document, found, schema, way) {
  if (schema === null || typeof schema !== "object") return;
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.split("/").pop();
    if (mark(found.schemas, name, way)) markSchemas(document, found, at(document, schema.$ref), way);
    return;
  }
  for (const inner of Object.values(schema)) markSchemas(document, found, inner, way);
}

/** Answers whether this was not known yet. */
function mark(map, name, way) {
  const known = map.get(name) ?? { sent: false, received: false };
  if (known[way]) return false;
  map.set(name, { ...known, [way]: true });
  return true;
}
