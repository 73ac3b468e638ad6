/** Prints `Frames.swift`: what the service sends besides events, and what a client sends. */
import { comment, declared, heading, lower, quote, typeName } from "./text.mjs";
import { printType } from "./types.mjs";

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printFrames(model) {
  return [
    heading(model),
    ...model.types.filter(({ name }) => name.endsWith("Frame")).map(printType),
    printUnion("StreamFrame", "A frame that the service sends besides events. Later versions add cases: always have a `default`.", model.streamFrames, /^Stream|Frame$/g),
    printUnion("ClientFrame", "A frame that a client sends.", model.clientFrames, /Frame$/g),
  ].join("\n");
}

function printUnion(union, doc, members, affix) {
  const name = (member) => declared(lower(member.name.replace(affix, "")));
  return `${comment(doc)}public enum ${union}: ContractUnion {
${members.map((member) => `${comment(member.doc, "  ")}  case ${name(member)}(${typeName(member.name)})\n`).join("")}  /// A type that this version does not know; \`raw\` is the whole frame.
  case unknown(type: String, raw: JSONObject)

  public init(json: JSONObject) {
    let type: String = json.get("type", or: "")
    switch type {
${members.map((member) => `    case ${quote(member.type)}: self = .${name(member)}(${typeName(member.name)}(json: json))\n`).join("")}    default: self = .unknown(type: type, raw: json)
    }
  }

  /// All of it, as it came.
  public var json: JSONObject {
    switch self {
${members.map((member) => `    case .${name(member)}(let frame): frame.json\n`).join("")}    case .unknown(_, let raw): raw
    }
  }

  /// What must hold of it; nil where the type is not known.
  public var schema: Schema? {
    switch self {
${members.map((member) => `    case .${name(member)}: ${typeName(member.name)}.schema\n`).join("")}    case .unknown: nil
    }
  }
}
`;
}
