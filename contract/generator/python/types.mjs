/** Prints `types.py`: every object of the contract as a frozen pydantic model that keeps what it does not know, every enum as an open one. */
import { attribute, constant, docstring, heading, pascal, quote, raw } from "./text.mjs";

/** RFC 3339 with seconds and a zone. */
const TIME = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printTypes(model) {
  const envelope = { ...model.envelope, kind: "object", name: "Envelope", doc: "What is around every stored event.", oneOf: [] };
  const draft = { ...model.draftEnvelope, kind: "object", name: "DraftEnvelope", doc: "What is around every event that a producer sends.", oneOf: [] };
  return [heading(model) + BASE, ...inOrder([...model.types, envelope, ANY_EVENT, draft, EVENT_DRAFT]).map(printType)].join("\n\n");
}

const ANY_EVENT = {
  kind: "text", name: "AnyEvent", needs: ["Envelope"],
  text: 'class AnyEvent(Envelope):\n    """An event as it is stored and delivered, whatever its type; its data is only known to be an object."""\n\n    type: Annotated[str, Field(min_length=1, max_length=128)]\n    data: dict[str, Any]\n',
};
const EVENT_DRAFT = {
  kind: "text", name: "EventDraft", needs: ["DraftEnvelope"],
  text: 'class EventDraft(DraftEnvelope):\n    """An event as a producer sends it, whatever its type."""\n\n    type: Annotated[str, Field(min_length=1, max_length=128)]\n    data: dict[str, Any]\n',
};

/** Types in an order in which each comes after those that it refers to. */
function inOrder(types) {
  const byName = new Map(types.map((type) => [type.name, type]));
  const ordered = new Set();
  const visit = (type, path) => {
    if (ordered.has(type)) return;
    if (path.includes(type.name)) throw new Error(`Schemas refer to each other in a circle: ${[...path, type.name].join(" -> ")}`);
    for (const name of type.needs ?? (type.fields ?? []).flatMap(({ shape }) => refsOf(shape))) visit(byName.get(name), [...path, type.name]);
    ordered.add(type);
  };
  for (const type of types) visit(type, []);
  return [...ordered];
}

function refsOf(shape) {
  switch (shape.kind) {
    case "ref": return [shape.name];
    case "event": return ["AnyEvent"];
    case "draft": return ["EventDraft"];
    case "pageItem": return ["StreamReplayedFrame", "AnyEvent"];
    case "array": return refsOf(shape.items);
    case "map": return refsOf(shape.values);
    default: return [];
  }
}

function printType(type) {
  if (type.kind === "text") return type.text;
  return type.kind === "object" ? printObject(type) : printEnum(type.name, type.doc, type.values);
}

const BASE = `"""Every object and enum of the contract. Objects keep fields that they do not know; open enums take any text."""

from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema


class Model(BaseModel):
    """What all objects have in common: frozen, exact about types, open for fields of later versions."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, populate_by_name=True, defer_build=True, protected_namespaces=())

    def to_json(self) -> dict[str, Any]:
        """The object as it travels: only what was given, with what this version does not know."""
        given = self.model_dump(by_alias=True, exclude_unset=True)
        kind = getattr(self, "type", None)
        return given if kind is None or "type" in given else {"type": kind, **given}


class OpenEnum(str):
    """Text of which some values are known today. Others must be taken: a later service may say them."""

    known: ClassVar[frozenset[str]] = frozenset()

    @property
    def is_known(self) -> bool:
        """Whether this version of the client knows the value."""
        return str(self) in self.known

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Any text is one."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(strict=True))


def _present(value: Any) -> Any:
    """Refuses null for a field that may be absent but not null."""
    if value is None:
        raise ValueError("null is not allowed: leave the field out")
    return value


PRESENT = BeforeValidator(_present)
TIME_PATTERN = ${raw(TIME)}
Time = Annotated[str, Field(pattern=TIME_PATTERN)]
Number = int | float
Self = TypeVar("Self", bound="Model")


def _needs(model: Self, *sets: tuple[str, ...]) -> Self:
    """Refuses an object that has none of the given sets of fields."""
    if any(all(name in model.model_fields_set for name in names) for names in sets):
        return model
    raise ValueError("expected " + ", or ".join(" and ".join(names) for names in sets))
`;

/** One enum as text with the known values as constants. */
export function printEnum(name, doc, values) {
  return `class ${name}(OpenEnum):
${docstring(doc || "An open enum.")}
    known = frozenset({${values.map(quote).join(", ")}})
${values.map((value) => `    ${constant(value)}: ClassVar[str] = ${quote(value)}\n`).join("")}`;
}

/** One object, after the open enums that its fields have. */
export function printObject(type) {
  const enums = type.fields.filter(({ shape }) => shape.kind === "openEnum").map(({ name, shape }) => printEnum(enumName(type, name), `\`${name}\` of \`${type.name}\`.`, shape.values));
  const needs = (type.oneOf ?? []).length > 0 ? `\n    @model_validator(mode="after")\n    def _complete(self) -> "${type.name}":\n        return _needs(self, ${type.oneOf.map((names) => `(${names.map((name) => `${quote(attribute(name))},`).join(" ")})`).join(", ")})\n` : "";
  const fields = type.fields.map((field) => printField(type, field)).join("");
  return [...enums, `class ${type.name}(Model):\n${docstring(type.doc || `\`${type.name}\` of the contract.`)}${fields === "" ? "" : "\n"}${fields}${needs}`].join("\n\n");
}

const enumName = (type, field) => `${type.name}${pascal(field)}`;

/** One field with its type, default and docstring. */
export function printField(type, { name, required, doc, shape }) {
  const own = attribute(name);
  const plain = shape.kind === "openEnum" ? enumName(type, name) : typeText(shape);
  const alias = own === name ? "" : `, Field(alias=${quote(name)})`;
  const given = shape.nullable ? `${plain} | None` : plain;
  if (required) return `    ${own}: ${alias ? `Annotated[${given}${alias}]` : given}${shape.kind === "const" ? ` = ${quote(shape.value)}` : ""}\n${docstring(doc)}`;
  const annotated = shape.nullable || shape.kind === "any" ? (alias ? `Annotated[${plain} | None${alias}]` : `${plain} | None`) : `Annotated[${plain} | None, PRESENT${alias}]`;
  return `    ${own}: ${annotated} = None\n${docstring(doc)}`;
}

const bounds = (...pairs) => pairs.filter(([, value]) => value !== undefined && value !== null).map(([name, value]) => `${name}=${typeof value === "string" ? raw(value) : value}`).join(", ");
const bounded = (type, text) => (text === "" ? type : `Annotated[${type}, Field(${text})]`);

/** A shape as a Python type, without regard to whether it may be absent or null. */
export function typeText(shape) {
  switch (shape.kind) {
    case "string": return shape.format === "date-time" ? "Time" : bounded("str", bounds(["min_length", shape.minLength], ["max_length", shape.maxLength], ["pattern", shape.pattern]));
    case "integer": return bounded("int", bounds(["ge", shape.minimum], ["le", shape.maximum]));
    case "number": return bounded("Number", bounds(["ge", shape.minimum], ["le", shape.maximum]));
    case "boolean": return "bool";
    case "any": return "Any";
    case "object": return "dict[str, Any]";
    case "map": return `dict[str, ${nullable(shape.values)}]`;
    case "array": return bounded(`list[${nullable(shape.items)}]`, bounds(["min_length", shape.minItems]));
    case "const": return `Literal[${quote(shape.value)}]`;
    case "openEnum": return "str";
    case "closedEnum": return `Literal[${shape.values.map(quote).join(", ")}]`;
    case "event": return "AnyEvent";
    case "draft": return "EventDraft";
    case "pageItem": return "StreamReplayedFrame | AnyEvent";
    case "ref": return shape.name;
    default: throw new Error(`No Python for the shape ${shape.kind}`);
  }
}

const nullable = (shape) => (shape.nullable ? `${typeText(shape)} | None` : typeText(shape));
