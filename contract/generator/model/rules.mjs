/** What must hold of the contract beyond AsyncAPI's own schema. Pure: `validate` is a JSON Schema validator that is passed in. */

/**
 * @param {Record<string, any>} document the bundled contract
 * @param {(pointer: string, value: unknown) => string | null} validate says what is wrong with a value against the schema at a pointer
 * @returns {string[]} one sentence for every breach
 */
export function breaches(document, validate) {
  const messages = Object.entries(document.components.messages);
  return [
    ...messages.flatMap(([name, message]) => messageBreaches(name, message, validate)),
    ...eventBreaches(document),
    ...errorBreaches(document["x-errors"]),
    ...unusedMessages(document),
  ];
}

function messageBreaches(name, message, validate) {
  const at = `components.messages.${name}`;
  const wrong = [];
  if (!message.summary) wrong.push(`${at}: has no summary`);
  if (!message.examples?.length) wrong.push(`${at}: has no example`);
  for (const [index, example] of (message.examples ?? []).entries()) {
    const fault = validate(`/components/messages/${name}/payload`, example.payload);
    if (fault) wrong.push(`${at}.examples.${index}.payload: ${fault}`);
    const headers = example.headers && validate(`/components/messages/${name}/headers`, example.headers);
    if (headers) wrong.push(`${at}.examples.${index}.headers: ${headers}`);
  }
  return wrong;
}

/** Every event stands in both unions that it belongs to, and its examples are of its type. */
function eventBreaches({ components: { messages, schemas } }) {
  const has = (union, name) => union.some(({ $ref }) => $ref === `#/components/schemas/${name}`);
  const drafts = schemas.EventDraft.allOf[1].oneOf;
  return Object.entries(messages).filter(([, message]) => message["x-event"]).flatMap(([name, message]) => {
    const wrong = [];
    const service = message["x-event"].by === "service";
    if (!has(schemas.StoredEvent.oneOf, `${name}Event`)) wrong.push(`${name}Event is missing in StoredEvent`);
    if (has(drafts, name) === service) wrong.push(`${name} ${service ? "must not be" : "is missing"} in EventDraft`);
    const pattern = schemas[name].properties.type.pattern;
    const legal = (type) => (pattern ? new RegExp(pattern).test(type) : type === message.name);
    for (const { payload } of message.examples ?? []) if (!legal(payload.type)) wrong.push(`${name}: an example is of type ${payload.type}`);
    return wrong;
  });
}

/** Close codes carry behaviour: 4000-4499 connect again, 4500-4999 do not. */
function errorBreaches({ codes, closes }) {
  const wrong = [];
  const seen = new Map();
  const rows = [...Object.entries(codes).map(([name, facts]) => [name, facts.close, facts]), ...Object.entries(closes).map(([name, facts]) => [name, facts.code, facts])];
  for (const [name, close, { retryable, advice }] of rows) {
    if (!/^[a-z][a-z_]*$/.test(name)) wrong.push(`x-errors: ${name} is not snake_case`);
    if (!advice) wrong.push(`x-errors: ${name} gives no advice`);
    if (close === null || close === 1000) continue;
    if (retryable !== close < 4500 || close < 4000 || close > 4999) wrong.push(`x-errors: ${name} closes with ${close}, which says the opposite of retryable: ${retryable}`);
    if (seen.has(close)) wrong.push(`x-errors: ${name} and ${seen.get(close)} close with the same ${close}`);
    seen.set(close, name);
  }
  return wrong;
}

function unusedMessages({ channels, components }) {
  const used = new Set(Object.values(channels).flatMap(({ messages }) => Object.values(messages ?? {}).map(({ $ref }) => $ref.split("/").pop())));
  return Object.keys(components.messages).filter((name) => !used.has(name)).map((name) => `components.messages.${name} is in no channel`);
}

/**
 * The contract's own schemas and its vectors must agree: the vectors are written by hand, and everything else is made from the schemas.
 * @param {Record<string, any>} document the bundled contract
 * @param {{ drafts: Cases, clientFrames: Cases, streamFrames: Cases, createTask: Cases }} vectors files of `vectors/`
 * @param {(pointer: string, value: unknown) => string | null} validate as in `breaches`
 * @returns {string[]} one sentence for every case that they see differently
 * @typedef {{ valid: Case[], invalid: Case[], forward: Case[] }} Cases
 * @typedef {{ name: string, value: any, code?: string, unknown_type?: boolean, unknown_event?: boolean }} Case
 */
export function disagreements(document, { drafts, clientFrames, streamFrames, createTask }, validate) {
  const byType = new Map(Object.entries(document.components.messages).map(([name, message]) => [message.name, `/components/messages/${name}/payload`]));
  const frame = ({ value }) => byType.get(value?.type) ?? null;
  const one = (pointer) => () => pointer;
  return [
    ...disagree("drafts", drafts, one("/components/schemas/EventDraft"), validate),
    ...disagree("client-frames", clientFrames, frame, validate),
    ...disagree("stream-frames", streamFrames, frame, validate),
    ...disagree("create-task", createTask, one("/components/schemas/CreateTaskRequest"), validate),
  ];
}

function disagree(file, { valid, invalid, forward }, pointerOf, validate) {
  const judge = (entry) => (pointerOf(entry) === null ? "of no known type" : validate(pointerOf(entry), entry.value));
  const refused = [...valid, ...forward.filter(({ unknown_type, unknown_event }) => !unknown_type && !unknown_event)].flatMap((entry) => {
    const fault = judge(entry);
    return fault ? [`vectors/${file}.json, "${entry.name}": the schema says ${fault}`] : [];
  });
  // What only the service may write is well formed all the same: that is for the door, not for a schema.
  const taken = invalid.filter((entry) => entry.code !== "event_reserved" && judge(entry) === null);
  return [...refused, ...taken.map(({ name }) => `vectors/${file}.json, "${name}": the schema takes it`)];
}
