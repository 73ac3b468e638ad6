/** Prints `Events.swift`: the event as it is delivered, its data by type, and what a producer sends. */
import { camel, comment, declared, heading, lower, quote, typeName } from "./text.mjs";
import { envelopeRows, printEnvelopeFields } from "./types.mjs";

/** Read at once when an event arrives: everything that follows needs them. */
const STORED = new Set(["task_id", "seq"]);

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printEvents(model) {
  const core = model.events.filter(({ type }) => type !== null);
  const vendor = model.events.find(({ type }) => type === null);
  return [heading(model), printEvent(model), printPayload(core, vendor), printDraft(model.draftEnvelope)].join("\n");
}

function printEvent({ envelope }) {
  const own = envelope.fields.filter(({ name }) => !STORED.has(name)).map((field) => ({ ...field }));
  return `${comment("An event as it is delivered. It keeps all that came with it, also what this version does not know.")}public struct TaskEvent: ContractObject {
  /// All of it, as it came.
  public var json: JSONObject { didSet { read() } }
  /// What kind of event it is: \`task.progress\`, \`x.acme.map_tile\` …
  public private(set) var type = ""
  /// The task that the event belongs to.
  public private(set) var taskID = ""
  /// Dense per task: 1, 2, 3 … A gap in it is a lost event, a repetition a doubled one.
  public private(set) var seq = 0

  public init(json: JSONObject) {
    self.json = json
    read()
  }

  private mutating func read() {
    type = json.get("type", or: "")
    taskID = json.get("task_id", or: "")
    seq = json.get("seq", or: 0)
  }

  /// What it says, by its type.
  public var payload: TaskPayload { TaskPayload(type: type, data: data, raw: json) }

  /// What it says, as JSON.
  public var data: JSONObject { json.get("data", or: JSONObject()) }
${printEnvelopeFields(own)}
  public static let schema = Schema([
    .init("type", .string(min: 1, max: 128), required: true),${envelopeRows(envelope.fields)}
    .init("data", .object, required: true),
  ])
}
`;
}

function printPayload(core, vendor) {
  const name = (event) => declared(lower(event.name));
  return `${comment("An event's data by its type. Later versions add cases: always have a `default`.")}public enum TaskPayload: Sendable, Hashable {
${core.map((event) => `${comment(event.doc, "  ")}  case ${name(event)}(${typeName(event.data)})\n`).join("")}${comment(vendor.doc, "  ")}  case vendor(type: String, ${vendor.data})
  /// A type that this version does not know; \`raw\` is the whole event.
  case unknown(type: String, raw: JSONObject)

  /// The data of an event of a type. \`raw\` is kept where the type is not known.
  public init(type: String, data: JSONObject, raw: JSONObject) {
    switch type {
${core.map((event) => `    case ${quote(event.type)}: self = .${name(event)}(${typeName(event.data)}(json: data))\n`).join("")}    default: self = type.hasPrefix("x.") ? .vendor(type: type, ${vendor.data}(json: data)) : .unknown(type: type, raw: raw)
    }
  }

  /// The event's type.
  public var type: String {
    switch self {
${core.map((event) => `    case .${name(event)}: ${quote(event.type)}\n`).join("")}    case .vendor(let type, _): type
    case .unknown(let type, _): type
    }
  }

  /// The data as JSON.
  public var data: JSONObject {
    switch self {
${core.map((event) => `    case .${name(event)}(let data): data.json\n`).join("")}    case .vendor(_, let data): data.json
    case .unknown(_, let raw): raw.get("data", or: JSONObject())
    }
  }
}
`;
}

function printDraft({ doc, fields }) {
  return `${comment(`An event as a producer sends it. ${doc}`)}public struct EventDraft: ContractObject {
  /// All of it.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// An event that says \`payload\`.
  public init(_ payload: TaskPayload, ${fields.map(({ name }) => `${declared(camel(name))}: String? = nil`).join(", ")}) {
    json = JSONObject()
    json.set("type", payload.type)
${fields.map(({ name }) => `    json.set(${quote(name)}, ${declared(camel(name))})\n`).join("")}    json.set("data", payload.data)
  }

  /// What kind of event it is.
  public var type: String { json.get("type", or: "") }
${printEnvelopeFields(fields)}
  public static let schema = Schema([
    .init("type", .string(min: 1, max: 128), required: true),${envelopeRows(fields)}
    .init("data", .object, required: true),
  ])
}
`;
}
