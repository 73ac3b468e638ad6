/** Prints `Catalog.swift` and `ErrorTable.swift`: plain tables. */
import { camel, comment, declared, heading, quote } from "./text.mjs";

const list = (name, doc, values, type) => `${comment(doc, "  ")}  public static let ${name}: ${type} = [\n${values.map((value) => `    ${quote(value)},\n`).join("")}  ]\n`;

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printCatalog(model) {
  const core = model.events.filter(({ type }) => type !== null);
  const ends = core.filter(({ terminal }) => terminal);
  const body = [
    `  /// The version of the contract that this was generated from.\n  public static let contractVersion = ${quote(model.version)}\n`,
    `  /// The WebSocket subprotocol.\n  public static let protocolName = ${quote(model.protocol)}\n`,
    list("eventTypes", "Every core type.", core.map(({ type }) => type), "Set<String>"),
    list("producerTypes", "Core types that a producer may send.", core.filter(({ service }) => !service).map(({ type }) => type), "Set<String>"),
    list("serviceOnlyTypes", "Core types that only the service writes (law 6).", core.filter(({ service }) => service).map(({ type }) => type), "Set<String>"),
    list("terminalTypes", "Types after which nothing follows (law 1).", ends.map(({ type }) => type), "Set<String>"),
    list("statuses", "Every status of a task.", model.statuses, "[TaskStatus]"),
    list("terminalStatuses", "Statuses of a task that is over.", ends.map(({ status }) => status), "Set<TaskStatus>"),
    list("commands", "What a person may order.", model.commands, "[TaskCommand]"),
    list("streamFrameTypes", "Types of the frames that the service sends besides events.", model.streamFrames.map(({ type }) => type), "Set<String>"),
    list("clientFrameTypes", "Types of the frames that a client sends.", model.clientFrames.map(({ type }) => type), "Set<String>"),
    `  /// What the laws and the fold must know of every core type.\n  public static let eventFacts: [String: EventFacts] = [\n${core.map(printFacts).join("")}  ]\n`,
  ];
  return `${heading(model)}\n/// What the contract lists.\npublic enum Catalog {\n${body.join("\n")}}\n\n${FACT_TYPES}`;
}

const FACT_TYPES = `/// What an event of a type means to its task.
public struct EventFacts: Sendable {
  /// What may be open in a task.
  public enum Family: String, Sendable { case step, message, reasoning, tool, input }

  /// What an event does to a scope: opens it, continues it, adds to it (\`delta\`, which alone needs it open), or closes it.
  public enum Role: String, Sendable { case opens, continues, delta, closes }

  /// The scope that an event belongs to.
  public struct Scope: Sendable {
    public let family: Family
    public let role: Role
    /// The field of \`data\` that names the scope.
    public let id: String
    /// The field of \`data\` which, when true, keeps the scope open that the event would close.
    public let unless: String?
  }

  /// What a \`percent\` is of (law 2).
  public enum Measure: String, Sendable { case task, step, tool }

  /// Only the service writes it.
  public let service: Bool
  /// Made when it is asked for, never stored.
  public let synthetic: Bool
  /// Nothing follows it.
  public let terminal: Bool
  /// It closes every open scope.
  public let closesAll: Bool
  /// The service gives it a \`time\` where the producer gave none.
  public let timed: Bool
  /// The status that it puts the task in.
  public let status: TaskStatus?
  public let percent: Measure?
  public let scope: Scope?
}
`;

function printFacts({ type, service, synthetic, terminal, closesAll, timed, status, percent, scope }) {
  const scopeText = scope ? `.init(family: .${scope.family}, role: .${scope.role}, id: ${quote(scope.id)}, unless: ${quote(scope.unless)})` : "nil";
  return `    ${quote(type)}: EventFacts(service: ${service}, synthetic: ${synthetic}, terminal: ${terminal}, closesAll: ${closesAll}, timed: ${timed}, status: ${status === null ? "nil" : quote(status)}, percent: ${percent === null ? "nil" : `.${percent}`}, scope: ${scopeText}),\n`;
}

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printErrors(model) {
  const rows = model.errors.map(({ code, status, close, retryable, title, advice }) => `    ${quote(code)}: ErrorFacts(status: ${status}, close: ${close ?? "nil"}, retryable: ${retryable}, title: ${quote(title)}, advice: ${quote(advice)}),\n`);
  return `${heading(model)}
/// A stable error code. Codes that this version does not know are kept.
public struct ErrorCode: OpenEnum {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

${model.errors.map(({ code, title }) => `${comment(`${title}.`, "  ")}  public static let ${declared(camel(code))} = Self(rawValue: ${quote(code)})\n`).join("")}}

/// What is known of an error code.
public struct ErrorFacts: Sendable {
  /// The HTTP status.
  public let status: Int
  /// The WebSocket close code; nil where the connection stays open.
  public let close: Int?
  /// Whether the same request may succeed later.
  public let retryable: Bool
  public let title: String
  /// What to do.
  public let advice: String

  /// The one error table.
  public static let table: [ErrorCode: ErrorFacts] = [
${rows.join("")}  ]
}

/// Why a connection is closed: the WebSocket close code. 4000-4499: connect again; 4500-4999: do not.
public struct CloseCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

${model.closes.map(({ reason, code }) => `  public static let ${declared(camel(reason))} = Self(rawValue: ${code})\n`).join("")}}
`;
}
