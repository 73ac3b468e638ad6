/** A form from a JSON Schema: the plain shapes as fields, everything else as JSON. The service judges the answer. */
import { html } from "../view.min.js";
import { words } from "../words.js";

const LONG_TEXT = 200;
const WHOLE = "";

const typeOf = (schema) => (Array.isArray(schema?.type) ? schema.type.find((name) => name !== "null") : schema?.type);
const isObject = (schema) => schema?.properties !== undefined && typeof schema.properties === "object";
const shapeOf = (schema) => {
  if (Array.isArray(schema?.enum)) return "choice";
  const type = typeOf(schema);
  if (type === "array" && Array.isArray(schema.items?.enum)) return "choices";
  if (["string", "number", "integer", "boolean"].includes(type)) return type;
  return schema === undefined || Object.keys(schema).length === 0 ? "string" : "json";
};

/** The fields of a form: one for each property of an object, else one for the whole answer. */
function fieldsOf(schema) {
  if (!isObject(schema)) return [{ name: WHOLE, schema: schema ?? {}, required: true }];
  return Object.entries(schema.properties).map(([name, one]) => ({ name, schema: one ?? {}, required: (schema.required ?? []).includes(name) }));
}

/** What the fields say before anybody has written: the defaults. */
export function begin(schema) {
  return Object.fromEntries(fieldsOf(schema).map(({ name, schema: one, required }) => {
    const shape = shapeOf(one);
    if (one.default !== undefined) return [name, shape === "json" ? JSON.stringify(one.default, null, 2) : shape === "choice" ? JSON.stringify(one.default) : one.default];
    return [name, shape === "boolean" ? false : shape === "choices" ? [] : shape === "choice" && required ? JSON.stringify(one.enum[0]) : ""];
  }));
}

/** The answer that the fields make. Throws in words for people where a field makes none. */
export function readForm(schema, values) {
  const read = fieldsOf(schema).flatMap(({ name, schema: one, required }) => {
    const value = values[name];
    const shape = shapeOf(one);
    if (shape === "boolean" || shape === "choices") return [[name, value]];
    if (value === "" && !(shape === "string" && required)) return [];
    if (shape === "number" || shape === "integer") return [[name, Number(value)]];
    return [[name, shape === "json" || shape === "choice" ? parsed(value) : value]];
  });
  return isObject(schema) ? Object.fromEntries(read) : read[0]?.[1];
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(words.ask.notJson);
  }
}

function Field({ id, name, schema, required, value, onChange, wrong }) {
  const shape = shapeOf(schema);
  const title = schema.title ?? name.replaceAll("_", " ");
  const about = { id, "aria-invalid": wrong || undefined, "aria-describedby": schema.description ? `${id}-more` : undefined };
  const more = schema.description && html`<span class="soft" id=${`${id}-more`} dir="auto">${schema.description}</span>`;
  if (shape === "boolean") return html`<div class="field"><label class="tick"><input ...${about} type="checkbox" checked=${value} onChange=${(event) => onChange(event.target.checked)} /><span dir="auto">${title}</span></label>${more}</div>`;
  if (shape === "choices") {
    const turn = (one) => onChange(value.includes(one) ? value.filter((each) => each !== one) : [...value, one]);
    return html`<fieldset class="field"><legend dir="auto">${title}</legend>${schema.items.enum.map((one, at) => html`<label key=${at} class="tick"><input type="checkbox" checked=${value.includes(one)} onChange=${() => turn(one)} /><span dir="auto">${String(one)}</span></label>`)}${more}</fieldset>`;
  }
  const change = (event) => onChange(event.target.value);
  const control = shape === "choice" ? html`<select ...${about} value=${value} onChange=${change}>${!required && html`<option value=""></option>`}${schema.enum.map((one, at) => html`<option key=${at} value=${JSON.stringify(one)}>${String(one)}</option>`)}</select>`
    : shape === "json" || (shape === "string" && ((schema.maxLength ?? 0) > LONG_TEXT || schema.format === "textarea")) ? html`<textarea ...${about} rows="3" dir="auto" class=${shape === "json" ? "mono" : ""} value=${value} onInput=${change}></textarea>`
    : html`<input ...${about} dir="auto" type=${shape === "number" || shape === "integer" ? "number" : schema.format === "date" ? "date" : schema.format === "email" ? "email" : "text"} min=${schema.minimum} max=${schema.maximum} step=${shape === "integer" ? 1 : "any"} maxlength=${schema.maxLength} value=${value} onInput=${change} />`;
  return html`<div class="field"><label for=${id} dir="auto">${title || words.ask.answer}${shape === "json" ? ` (${words.ask.json})` : ""}${required && name !== WHOLE && html` <span class="soft">${words.ask.required}</span>`}</label>${control}${more}</div>`;
}

/** The fields; `values` by name. `wrong`: the path that the service refused. */
export function SchemaFields({ id, schema, values, onChange, wrong }) {
  return html`<div class="fields">${fieldsOf(schema).map(({ name, schema: one, required }) => html`<${Field} key=${name} id=${`${id}-${name}`} name=${name} schema=${one} required=${required} value=${values[name]}
    wrong=${typeof wrong === "string" && name !== WHOLE && wrong.includes(name)} onChange=${(value) => onChange({ ...values, [name]: value })} />`)}</div>`;
}
