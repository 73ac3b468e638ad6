import Foundation

/// What a person orders of a task. Every order is repeated under one `commandID`, so that it is done once.
extension TaskwireClient {
  /// Asks a task to pause, resume or cancel, sends it a message, answers its question. `outcome` `applied`: it was done at once; `accepted`: it
  /// comes as `command.applied`, or with the task's end.
  /// - Parameter commandID: Makes a repetition of the same command harmless, also from another process. A random one by default.
  @discardableResult
  public func command(
    _ taskID: String, _ command: TaskCommand, data: JSONObject? = nil, commandID: String? = nil, options: CallOptions = CallOptions()
  ) async throws -> CommandResponse {
    var body: JSONObject = ["command_id": .string(commandID ?? UUID().uuidString.lowercased()), "command": .string(command.rawValue)]
    body.set("data", data)
    return CommandResponse(json: try await post(path(of: taskID, "/commands"), body, options))
  }

  /// Asks a task to stop for good.
  @discardableResult
  public func cancel(_ taskID: String, reason: String? = nil, commandID: String? = nil, options: CallOptions = CallOptions()) async throws -> CommandResponse {
    try await ordered(taskID, .cancel, CommandData(reason: reason), commandID, options)
  }

  /// Asks a task to rest at the next point where it can.
  @discardableResult
  public func pause(_ taskID: String, reason: String? = nil, commandID: String? = nil, options: CallOptions = CallOptions()) async throws -> CommandResponse {
    try await ordered(taskID, .pause, CommandData(reason: reason), commandID, options)
  }

  /// Asks a task that rests to go on.
  @discardableResult
  public func resume(_ taskID: String, reason: String? = nil, commandID: String? = nil, options: CallOptions = CallOptions()) async throws -> CommandResponse {
    try await ordered(taskID, .resume, CommandData(reason: reason), commandID, options)
  }

  /// Says something to a task at work.
  @discardableResult
  public func message(_ taskID: String, _ text: String, commandID: String? = nil, options: CallOptions = CallOptions()) async throws -> CommandResponse {
    try await ordered(taskID, .message, CommandData(text: text), commandID, options)
  }

  /// Answers a question of a task (`input.requested`, `TaskView.inputs`).
  /// - Parameters:
  ///   - outcome: `approved` or `denied` for an approval; otherwise `answered`.
  ///   - response: The answer, of the shape that the question's `schema` asks for.
  @discardableResult
  public func respond(
    _ taskID: String, to requestID: String, outcome: CommandData.Outcome = .answered, response: JSONValue? = nil, commandID: String? = nil,
    options: CallOptions = CallOptions()
  ) async throws -> CommandResponse {
    try await ordered(taskID, .respond, CommandData(requestID: requestID, outcome: outcome, response: response), commandID, options)
  }

  private func ordered(_ taskID: String, _ name: TaskCommand, _ data: CommandData, _ commandID: String?, _ options: CallOptions) async throws -> CommandResponse {
    try await command(taskID, name, data: data.json.isEmpty ? nil : data.json, commandID: commandID, options: options)
  }

  /// Does a finished task again: a new task, of which there is one at a time.
  @discardableResult
  public func retry(_ taskID: String, options: CallOptions = CallOptions()) async throws -> CreateTaskResponse {
    CreateTaskResponse(json: try await post(path(of: taskID, "/retry"), nil, options))
  }

  /// Deletes a task and all its events for good.
  public func remove(_ taskID: String, options: CallOptions = CallOptions()) async throws {
    _ = try await caller.call(CallRequest(method: "DELETE", path: path(of: taskID)), options)
  }
}
