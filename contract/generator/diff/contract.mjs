/** How a contract may change: channels, operations, messages, errors, and what is around them. Pure. */
import { at, BOTH, RECEIVED, waysOf } from "./directions.mjs";
import { breaks, byPresence, harmless, mapOf, objectOf, orPresence, prose, same, setOf, unjudged } from "./rules.mjs";
import { schemaRule } from "./schema.mjs";

const TEXTS = { title: prose, summary: prose, description: prose, tags: prose, externalDocs: prose, deprecated: harmless("announced only") };

const withWays = (ways, rule) => (site) => rule({ ...site, ways });
/** A list that means everything where it is left out, and nothing where it is empty. */
const listOf = (rules) => byPresence({ added: unjudged, removed: unjudged, changed: setOf(rules) });

/** A schema of headers or query; where it is left out, none are told of. */
const empty = { type: "object" };
const members = (site) => orPresence(site, schemaRule({ ...site, before: site.before ?? empty, after: site.after ?? empty }));

const httpBinding = objectOf({ method: breaks("HTTP method"), statusCode: breaks("HTTP status"), query: members, headers: members, bindingVersion: harmless("version of the description only") }, { optional: true });
const bindings = objectOf({ http: httpBinding, ws: httpBinding }, { optional: true });

/** What laws and folds do with an event. `by: service` gone means that producers may write it, too. */
const EVENT_FACTS = {
  by: byPresence({ added: breaks("only the service writes it now: its producers are refused"), removed: harmless("producers may write it now, too"), changed: unjudged }),
  status: breaks("status that the event puts the task in: folds of older clients come to another one"),
  terminal: breaks("whether the task ends with it: laws and clients rely on it"),
  closes_all: breaks("whether it closes everything that is open: laws and folds rely on it"),
  synthetic: breaks("whether it stands for other events: the proof by `seq` relies on it"),
  percent: breaks("what its percent is of: law 2 and folds rely on it"),
  scope: objectOf({
    family: breaks("family of its scope: laws and folds rely on it"),
    role: breaks("role in its scope: laws and folds rely on it"),
    id: breaks("field that names its scope: laws and folds rely on it"),
    unless: breaks("field that keeps its scope open: laws and folds rely on it"),
  }, { optional: true }),
};

const messageRule = objectOf({
  ...TEXTS,
  name: breaks("the name on the wire: nobody knows it by another one"),
  contentType: breaks("media type"),
  payload: byPresence({ added: unjudged, removed: breaks("a message without content"), changed: schemaRule }),
  headers: members,
  correlationId: byPresence({ added: harmless("more to find an answer by"), removed: breaks("clients find the answer by it"), changed: breaks("clients find the answer by it") }),
  bindings,
  examples: prose,
  "x-event": byPresence({ added: unjudged, removed: unjudged, changed: objectOf(EVENT_FACTS) }),
});

const messages = mapOf({
  added: harmless("message added; who takes it is told where it is used"),
  removed: breaks("message removed: whoever sends it or waits for it relies on it"),
  each: (site) => messageRule({ ...site, ways: waysOf(site.documents.before, "messages", site.path.at(-1)) }),
});

const schemas = mapOf({
  added: harmless("schema added; who meets it is told where it is used"),
  removed: breaks("named schema removed: generated clients lose the type of that name"),
  each: (site) => schemaRule({ ...site, ways: waysOf(site.documents.before, "schemas", site.path.at(-1)) }),
});

/** A channel's key for a message is no name on the wire: what stands behind it counts. */
function channelMessage(site) {
  if (typeof site.before?.$ref !== "string" || typeof site.after?.$ref !== "string") return messageRule({ ...site, ways: BOTH });
  const [before, after] = [at(site.documents.before, site.before.$ref), at(site.documents.after, site.after.$ref)];
  if (before === undefined || after === undefined) return unjudged(site);
  if (same(before, after)) return harmless("another name of a message that says the same")(site);
  return messageRule({ ...site, before, after, ways: waysOf(site.documents.before, "messages", site.before.$ref.split("/").pop()) });
}

const channelRule = objectOf({
  ...TEXTS,
  address: breaks("address: clients find it at the one they know"),
  servers: listOf({ added: harmless("may be had at one more server"), removed: breaks("not to be had at this server any more") }),
  parameters: mapOf({
    added: breaks("the address needs one more part"),
    removed: breaks("the address has lost a part"),
    each: objectOf({ ...TEXTS, examples: prose, enum: (site) => schemaRule({ ...site, path: site.path.slice(0, -1), before: { enum: site.before }, after: { enum: site.after }, ways: RECEIVED }), default: breaks("what leaving it out means") }),
  }),
  bindings: withWays(RECEIVED, bindings),
  messages: mapOf({ added: harmless("message added: what is not known must be survived"), removed: breaks("message removed from the channel"), each: channelMessage }),
  "x-nats-jetstream": breaks("how the log lies in the broker: what an earlier version wrote lies as it was"),
});

/** What an HTTP request is answered with is not told apart by `type`: a caller knows only the answers it was told of. */
function replyAdded(site) {
  const found = at(site.documents.after, site.after.$ref);
  const message = at(site.documents.after, found?.$ref) ?? found;
  return (/^(stream\.|task\.)/.test(message?.name ?? "") ? harmless("frame added: frames that are not known must be survived") : breaks("another answer, which callers do not know"))(site);
}

const operationRule = objectOf({
  ...TEXTS,
  action: breaks("who sends and who receives"),
  channel: breaks("channel of the operation"),
  messages: listOf({ added: harmless("message added: what is not known must be survived, and nobody must send it"), removed: breaks("message removed from the operation") }),
  reply: objectOf({ ...TEXTS, channel: breaks("channel of the answer"), address: breaks("address of the answer"), messages: setOf({ added: replyAdded, removed: breaks("an answer that callers wait for does not come any more") }) }, { optional: true }),
  bindings: withWays(RECEIVED, bindings),
  security: listOf({ added: harmless("one more way to show who one is"), removed: breaks("a way to show who one is is gone") }),
  "x-sse": breaks("how a stream is written as Server-Sent Events: parsers rely on it"),
});

const serverRule = objectOf({
  ...TEXTS,
  host: breaks("clients find the service where they know it"),
  pathname: breaks("clients find the service where they know it"),
  protocol: breaks("protocol"),
  protocolVersion: breaks("protocol"),
  security: byPresence({ added: breaks("a token is needed where none was"), removed: harmless("no token is needed any more"), changed: setOf({ added: harmless("one more way to show who one is"), removed: breaks("a way to show who one is is gone") }) }),
});

const schemeRule = objectOf({ ...TEXTS, type: breaks("how one shows who one is"), scheme: breaks("how one shows who one is"), in: breaks("where the token stands"), name: breaks("where the token stands"), bearerFormat: breaks("form of the token") });

const RETRYABLE = breaks("whether to try again: clients obey it");
const codeRule = objectOf({ status: breaks("HTTP status of the error"), close: breaks("close code of the error: clients obey its range"), retryable: RETRYABLE, title: prose, advice: prose });
const closeRule = objectOf({ code: breaks("close code: clients obey its range"), retryable: RETRYABLE, advice: prose });

const infoRule = objectOf({ ...TEXTS, version: harmless("the version that the contract gives itself"), license: prose, contact: prose, termsOfService: prose });

const thing = (name, rule, lost) => mapOf({ added: harmless(`${name} added`), removed: breaks(`${name} removed: ${lost}`), each: rule });

const documentRule = objectOf({
  asyncapi: harmless("version of the description only"),
  "x-generated": harmless("how the document was made"),
  id: breaks("what the service is"),
  "x-protocol": breaks("subprotocol: handshakes of older clients fail"),
  defaultContentType: breaks("media type of messages that name none"),
  info: infoRule,
  "x-errors": objectOf({
    codes: thing("error code", codeRule, "clients that know it never see it again"),
    closes: thing("end of a connection", closeRule, "clients that know it never see it again"),
  }),
  servers: thing("server", serverRule, "who connects there finds nothing"),
  channels: thing("channel", channelRule, "who connects there finds nothing"),
  operations: thing("operation", operationRule, "who relies on it finds nothing"),
  components: objectOf({ securitySchemes: thing("security scheme", schemeRule, "who shows it is refused"), messages, schemas }),
});

/**
 * Compares two contracts.
 * @param {Record<string, any>} before the bundled contract that others rely on
 * @param {Record<string, any>} after the bundled contract as it shall be
 * @returns {Change[]} everything that has changed, in the order of the document
 * @typedef {{ path: string, breaking: boolean, judged: boolean, reason: string, before: unknown, after: unknown }} Change
 */
export function changesBetween(before, after) {
  if (same(before, after)) return [];
  return [...documentRule({ path: [], before, after, ways: BOTH, documents: { before, after }, owner: { before, after } })];
}
