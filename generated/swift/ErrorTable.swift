// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

/// A stable error code. Codes that this version does not know are kept.
public struct ErrorCode: OpenEnum {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The body is not JSON.
  public static let malformedJson = Self(rawValue: "malformed_json")
  /// A line of the body is not JSON.
  public static let malformedNdjson = Self(rawValue: "malformed_ndjson")
  /// The event does not match its schema.
  public static let eventInvalid = Self(rawValue: "event_invalid")
  /// The event's type is not in the catalogue.
  public static let eventTypeUnknown = Self(rawValue: "event_type_unknown")
  /// Only the service may write this.
  public static let eventReserved = Self(rawValue: "event_reserved")
  /// The event is larger than 64 KiB.
  public static let eventTooLarge = Self(rawValue: "event_too_large")
  /// The request is larger than 256 KiB.
  public static let requestTooLarge = Self(rawValue: "request_too_large")
  /// The request has more than 1,000 events.
  public static let tooManyEvents = Self(rawValue: "too_many_events")
  /// The request does not match its schema.
  public static let requestInvalid = Self(rawValue: "request_invalid")
  /// The id is not legal.
  public static let idInvalid = Self(rawValue: "id_invalid")
  /// The task has ended.
  public static let taskEnded = Self(rawValue: "task_ended")
  /// The task's first event must be task.created.
  public static let taskNotCreated = Self(rawValue: "task_not_created")
  /// The message or reasoning that the piece belongs to is not open.
  public static let scopeNotOpen = Self(rawValue: "scope_not_open")
  /// The step, message, reasoning, tool call or input request is open already.
  public static let scopeAlreadyOpen = Self(rawValue: "scope_already_open")
  /// Too many things are open at once in this task.
  public static let tooManyOpen = Self(rawValue: "too_many_open")
  /// Another attempt has taken over.
  public static let fenced = Self(rawValue: "fenced")
  /// The task belongs to whoever holds its lease.
  public static let leaseRequired = Self(rawValue: "lease_required")
  /// The lease is not one of this task.
  public static let leaseInvalid = Self(rawValue: "lease_invalid")
  /// The state of the task forbids the command.
  public static let commandRejected = Self(rawValue: "command_rejected")
  /// The answer does not match what was asked for.
  public static let responseInvalid = Self(rawValue: "response_invalid")
  /// The task has not ended.
  public static let taskRunning = Self(rawValue: "task_running")
  /// The task is being done again already.
  public static let retryRunning = Self(rawValue: "retry_running")
  /// The task is full.
  public static let taskFull = Self(rawValue: "task_full")
  /// There is no such task.
  public static let taskUnknown = Self(rawValue: "task_unknown")
  /// The task was deleted.
  public static let taskDeleted = Self(rawValue: "task_deleted")
  /// There is no work of this kind.
  public static let kindUnknown = Self(rawValue: "kind_unknown")
  /// There is no such connection.
  public static let connectionUnknown = Self(rawValue: "connection_unknown")
  /// There is no such conversation.
  public static let conversationUnknown = Self(rawValue: "conversation_unknown")
  /// There is no such grant.
  public static let grantUnknown = Self(rawValue: "grant_unknown")
  /// The cursor is not one of this task.
  public static let cursorInvalid = Self(rawValue: "cursor_invalid")
  /// The task id is taken.
  public static let idTaken = Self(rawValue: "id_taken")
  /// The idempotency key was used for another request.
  public static let idempotencyMismatch = Self(rawValue: "idempotency_mismatch")
  /// A token is needed.
  public static let tokenMissing = Self(rawValue: "token_missing")
  /// The token is not valid.
  public static let tokenInvalid = Self(rawValue: "token_invalid")
  /// The token has expired.
  public static let tokenExpired = Self(rawValue: "token_expired")
  /// The ticket does not open this.
  public static let ticketInvalid = Self(rawValue: "ticket_invalid")
  /// The access was revoked.
  public static let accessRevoked = Self(rawValue: "access_revoked")
  /// You may watch this task but not command it.
  public static let commandForbidden = Self(rawValue: "command_forbidden")
  /// This access is for watching only.
  public static let watchOnly = Self(rawValue: "watch_only")
  /// The token lacks a scope.
  public static let scopeMissing = Self(rawValue: "scope_missing")
  /// The origin may not connect.
  public static let originForbidden = Self(rawValue: "origin_forbidden")
  /// The email or the password is wrong.
  public static let credentialsInvalid = Self(rawValue: "credentials_invalid")
  /// The email is registered already.
  public static let emailTaken = Self(rawValue: "email_taken")
  /// No token came in time.
  public static let authTimeout = Self(rawValue: "auth_timeout")
  /// The first frame must be auth.
  public static let authRequired = Self(rawValue: "auth_required")
  /// The frame does not match its schema.
  public static let frameInvalid = Self(rawValue: "frame_invalid")
  /// The frame's type is unknown.
  public static let frameUnknown = Self(rawValue: "frame_unknown")
  /// Binary frames are not read.
  public static let frameBinary = Self(rawValue: "frame_binary")
  /// The frame is too large.
  public static let frameTooLarge = Self(rawValue: "frame_too_large")
  /// Too many tasks are watched on this connection.
  public static let tooManySubscriptions = Self(rawValue: "too_many_subscriptions")
  /// The service has too many connections.
  public static let tooManyConnections = Self(rawValue: "too_many_connections")
  /// Too much was asked for in too short a time.
  public static let rateLimited = Self(rawValue: "rate_limited")
  /// You have too many unfinished tasks.
  public static let tooManyTasks = Self(rawValue: "too_many_tasks")
  /// Too many tasks of this kind wait.
  public static let queueFull = Self(rawValue: "queue_full")
  /// Too many appends wait for this task.
  public static let appendBusy = Self(rawValue: "append_busy")
  /// It is not known whether the events were stored.
  public static let appendUnknown = Self(rawValue: "append_unknown")
  /// The log cannot be reached.
  public static let unavailable = Self(rawValue: "unavailable")
  /// The log is full.
  public static let logFull = Self(rawValue: "log_full")
  /// The task was written by a newer service.
  public static let stateNewer = Self(rawValue: "state_newer")
  /// This service does not do that yet.
  public static let unsupported = Self(rawValue: "unsupported")
  /// There is no such route.
  public static let notFound = Self(rawValue: "not_found")
  /// The route has no such method.
  public static let methodNotAllowed = Self(rawValue: "method_not_allowed")
  /// None of the accepted media types can be had.
  public static let notAcceptable = Self(rawValue: "not_acceptable")
  /// The body's media type is not read.
  public static let mediaTypeUnsupported = Self(rawValue: "media_type_unsupported")
  /// The service failed.
  public static let `internal` = Self(rawValue: "internal")
}

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
    "malformed_json": ErrorFacts(status: 400, close: nil, retryable: false, title: "The body is not JSON", advice: "Send one JSON value in UTF-8."),
    "malformed_ndjson": ErrorFacts(status: 400, close: nil, retryable: false, title: "A line of the body is not JSON", advice: "Send one JSON object per line, each ended by a line feed; `line` says which one was wrong."),
    "event_invalid": ErrorFacts(status: 422, close: nil, retryable: false, title: "The event does not match its schema", advice: "`path` says where; compare it with the schema of that type in /asyncapi.json."),
    "event_type_unknown": ErrorFacts(status: 422, close: nil, retryable: false, title: "The event's type is not in the catalogue", advice: "Use a type of the catalogue, or `x.<vendor>.<name>` for your own."),
    "event_reserved": ErrorFacts(status: 422, close: nil, retryable: false, title: "Only the service may write this", advice: "Leave out seq, first_seq, cursor, actor and attempt, and types that only the service writes."),
    "event_too_large": ErrorFacts(status: 413, close: nil, retryable: false, title: "The event is larger than 64 KiB", advice: "Split the text into deltas, or store the thing elsewhere and send a reference."),
    "request_too_large": ErrorFacts(status: 413, close: nil, retryable: false, title: "The request is larger than 256 KiB", advice: "Send fewer events per request."),
    "too_many_events": ErrorFacts(status: 413, close: nil, retryable: false, title: "The request has more than 1,000 events", advice: "Send fewer events per request."),
    "request_invalid": ErrorFacts(status: 422, close: nil, retryable: false, title: "The request does not match its schema", advice: "`path` says where; compare it with /openapi.json."),
    "id_invalid": ErrorFacts(status: 400, close: nil, retryable: false, title: "The id is not legal", advice: "Use 1 to 64 characters of A-Z a-z 0-9 _ -."),
    "task_ended": ErrorFacts(status: 409, close: nil, retryable: false, title: "The task has ended", advice: "Nothing may follow the end of a task; create a new one, with `retry_of` where it does the same again."),
    "task_not_created": ErrorFacts(status: 409, close: nil, retryable: false, title: "The task's first event must be task.created", advice: "Create the task first."),
    "scope_not_open": ErrorFacts(status: 409, close: nil, retryable: false, title: "The message or reasoning that the piece belongs to is not open", advice: "Send its `*.started` first."),
    "scope_already_open": ErrorFacts(status: 409, close: nil, retryable: false, title: "The step, message, reasoning, tool call or input request is open already", advice: "Close it first, or use another id."),
    "too_many_open": ErrorFacts(status: 409, close: nil, retryable: false, title: "Too many things are open at once in this task", advice: "Close some steps, messages, tool calls or input requests first."),
    "fenced": ErrorFacts(status: 409, close: nil, retryable: false, title: "Another attempt has taken over", advice: "Stop working on this task: your lease has ended."),
    "lease_required": ErrorFacts(status: 409, close: nil, retryable: false, title: "The task belongs to whoever holds its lease", advice: "Lease it at /v1/work/{kind}/lease and show the lease in the header `Taskwire-Lease`."),
    "lease_invalid": ErrorFacts(status: 400, close: nil, retryable: false, title: "The lease is not one of this task", advice: "Send the `lease` of the answer unchanged; each is of one task and one attempt."),
    "command_rejected": ErrorFacts(status: 409, close: nil, retryable: false, title: "The state of the task forbids the command", advice: "`reason` says which rule; look at the task before ordering anew, with another `command_id`."),
    "response_invalid": ErrorFacts(status: 422, close: nil, retryable: false, title: "The answer does not match what was asked for", advice: "`path` says where; compare it with the `schema` of the input request."),
    "task_running": ErrorFacts(status: 409, close: nil, retryable: false, title: "The task has not ended", advice: "Only what has ended can be done again; cancel it first."),
    "retry_running": ErrorFacts(status: 409, close: nil, retryable: false, title: "The task is being done again already", advice: "`retried_by` names that task; wait for its end, or cancel it."),
    "task_full": ErrorFacts(status: 409, close: nil, retryable: false, title: "The task is full", advice: "A task holds 1,000,000 events or 256 MiB; only its end still fits."),
    "task_unknown": ErrorFacts(status: 404, close: 4504, retryable: false, title: "There is no such task", advice: "Check the id and that the task is yours; tasks of others answer the same."),
    "task_deleted": ErrorFacts(status: 410, close: 4510, retryable: false, title: "The task was deleted", advice: "Nothing of it is kept, and its id is not given again."),
    "kind_unknown": ErrorFacts(status: 404, close: nil, retryable: false, title: "There is no work of this kind", advice: "TASKWIRE_KINDS names the kinds of this service."),
    "connection_unknown": ErrorFacts(status: 404, close: nil, retryable: false, title: "There is no such connection", advice: "It may have closed meanwhile; list them again."),
    "conversation_unknown": ErrorFacts(status: 404, close: nil, retryable: false, title: "There is no such conversation", advice: "A conversation exists once a task of yours names it; to watch one that may come, subscribe to it."),
    "grant_unknown": ErrorFacts(status: 404, close: nil, retryable: false, title: "There is no such grant", advice: "It may have been revoked or have ended; list yours."),
    "cursor_invalid": ErrorFacts(status: 400, close: 4505, retryable: false, title: "The cursor is not one of this task", advice: "Pass a cursor of this task unchanged, or leave it out to start from the first event."),
    "id_taken": ErrorFacts(status: 409, close: nil, retryable: false, title: "The task id is taken", advice: "Choose another id, or none: the service makes one."),
    "idempotency_mismatch": ErrorFacts(status: 422, close: nil, retryable: false, title: "The idempotency key was used for another request", advice: "Use a new key for a new request."),
    "token_missing": ErrorFacts(status: 401, close: 4501, retryable: false, title: "A token is needed", advice: "Send `Authorization: Bearer TOKEN`, or the WebSocket subprotocols `taskwire.v1, bearer.TOKEN`."),
    "token_invalid": ErrorFacts(status: 401, close: 4502, retryable: false, title: "The token is not valid", advice: "Get a new token from the issuer; the detail says what was wrong with this one."),
    "token_expired": ErrorFacts(status: 401, close: 4401, retryable: true, title: "The token has expired", advice: "Get a new token and connect again."),
    "ticket_invalid": ErrorFacts(status: 401, close: 4511, retryable: false, title: "The ticket does not open this", advice: "Get a new one at /v1/tickets: it must be used within 30 s, for what it was made for, and after that only by who presents the last event id."),
    "access_revoked": ErrorFacts(status: 401, close: 4512, retryable: false, title: "The access was revoked", advice: "Ask its owner for a new one."),
    "command_forbidden": ErrorFacts(status: 403, close: nil, retryable: false, title: "You may watch this task but not command it", advice: "Ask its owner."),
    "watch_only": ErrorFacts(status: 403, close: nil, retryable: false, title: "This access is for watching only", advice: "Use a token of your own for anything else."),
    "scope_missing": ErrorFacts(status: 403, close: nil, retryable: false, title: "The token lacks a scope", advice: "Ask for a token with the scope that the detail names."),
    "origin_forbidden": ErrorFacts(status: 403, close: 4503, retryable: false, title: "The origin may not connect", advice: "Add it to TASKWIRE_ORIGINS."),
    "credentials_invalid": ErrorFacts(status: 401, close: nil, retryable: false, title: "The email or the password is wrong", advice: "Check both; development accounts last as long as the service keeps its data."),
    "email_taken": ErrorFacts(status: 409, close: nil, retryable: false, title: "The email is registered already", advice: "Log in instead, or use another email."),
    "auth_timeout": ErrorFacts(status: 408, close: 4506, retryable: false, title: "No token came in time", advice: "Send an `auth` frame within 10 s of connecting."),
    "auth_required": ErrorFacts(status: 401, close: 4507, retryable: false, title: "The first frame must be auth", advice: "Send an `auth` frame first, or the token with the handshake."),
    "frame_invalid": ErrorFacts(status: 400, close: nil, retryable: false, title: "The frame does not match its schema", advice: "`path` says where; compare it with /asyncapi.json."),
    "frame_unknown": ErrorFacts(status: 400, close: nil, retryable: false, title: "The frame's type is unknown", advice: "Send subscribe, unsubscribe, auth, ping, command or append."),
    "frame_binary": ErrorFacts(status: 400, close: 4508, retryable: false, title: "Binary frames are not read", advice: "Send text frames."),
    "frame_too_large": ErrorFacts(status: 413, close: 4509, retryable: false, title: "The frame is too large", advice: "Send less at once; `stream.ready` tells the limit."),
    "too_many_subscriptions": ErrorFacts(status: 429, close: nil, retryable: false, title: "Too many tasks are watched on this connection", advice: "Unsubscribe from some, or use another connection."),
    "too_many_connections": ErrorFacts(status: 503, close: 4429, retryable: true, title: "The service has too many connections", advice: "Wait as told and connect again."),
    "rate_limited": ErrorFacts(status: 429, close: nil, retryable: true, title: "Too much was asked for in too short a time", advice: "Wait as told; `limit` names the bound."),
    "too_many_tasks": ErrorFacts(status: 429, close: nil, retryable: true, title: "You have too many unfinished tasks", advice: "End or cancel some, or wait for them."),
    "queue_full": ErrorFacts(status: 429, close: nil, retryable: true, title: "Too many tasks of this kind wait", advice: "Wait as told and create it again."),
    "append_busy": ErrorFacts(status: 429, close: nil, retryable: true, title: "Too many appends wait for this task", advice: "Wait as told and send the same request again, with the same retry identity."),
    "append_unknown": ErrorFacts(status: 503, close: nil, retryable: true, title: "It is not known whether the events were stored", advice: "Send the same request again with the same retry identity: it will not be stored twice."),
    "unavailable": ErrorFacts(status: 503, close: 4453, retryable: true, title: "The log cannot be reached", advice: "Wait as told and try again."),
    "log_full": ErrorFacts(status: 507, close: nil, retryable: true, title: "The log is full", advice: "Its operator must free or add space; then try again."),
    "state_newer": ErrorFacts(status: 503, close: nil, retryable: true, title: "The task was written by a newer service", advice: "Try again: another instance will take it."),
    "unsupported": ErrorFacts(status: 501, close: nil, retryable: false, title: "This service does not do that yet", advice: "It is in the contract, but not in this version."),
    "not_found": ErrorFacts(status: 404, close: nil, retryable: false, title: "There is no such route", advice: "See /openapi.json."),
    "method_not_allowed": ErrorFacts(status: 405, close: nil, retryable: false, title: "The route has no such method", advice: "The header `Allow` names those it has."),
    "not_acceptable": ErrorFacts(status: 406, close: nil, retryable: false, title: "None of the accepted media types can be had", advice: "Accept application/json or text/event-stream."),
    "media_type_unsupported": ErrorFacts(status: 415, close: nil, retryable: false, title: "The body's media type is not read", advice: "Send application/json or application/x-ndjson."),
    "internal": ErrorFacts(status: 500, close: 4450, retryable: true, title: "The service failed", advice: "Try again; if it lasts, report the request id."),
  ]
}

/// Why a connection is closed: the WebSocket close code. 4000-4499: connect again; 4500-4999: do not.
public struct CloseCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let normal = Self(rawValue: 1000)
  public static let drain = Self(rawValue: 4400)
  public static let tokenExpired = Self(rawValue: 4401)
  public static let silent = Self(rawValue: 4402)
  public static let idle = Self(rawValue: 4403)
  public static let maxAge = Self(rawValue: 4404)
  public static let wireRefused = Self(rawValue: 4411)
  public static let tooManyConnections = Self(rawValue: 4429)
  public static let `internal` = Self(rawValue: 4450)
  public static let unavailable = Self(rawValue: 4453)
  public static let tokenMissing = Self(rawValue: 4501)
  public static let tokenInvalid = Self(rawValue: 4502)
  public static let originForbidden = Self(rawValue: 4503)
  public static let taskUnknown = Self(rawValue: 4504)
  public static let cursorInvalid = Self(rawValue: 4505)
  public static let authTimeout = Self(rawValue: 4506)
  public static let authRequired = Self(rawValue: 4507)
  public static let frameBinary = Self(rawValue: 4508)
  public static let frameTooLarge = Self(rawValue: 4509)
  public static let taskDeleted = Self(rawValue: 4510)
  public static let ticketInvalid = Self(rawValue: 4511)
  public static let accessRevoked = Self(rawValue: 4512)
}
