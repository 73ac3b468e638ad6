// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

/** A stable error code. */
export type ErrorCode =
  | "malformed_json"
  | "malformed_ndjson"
  | "event_invalid"
  | "event_type_unknown"
  | "event_reserved"
  | "event_too_large"
  | "request_too_large"
  | "too_many_events"
  | "request_invalid"
  | "id_invalid"
  | "task_ended"
  | "task_not_created"
  | "scope_not_open"
  | "scope_already_open"
  | "too_many_open"
  | "fenced"
  | "lease_required"
  | "lease_invalid"
  | "command_rejected"
  | "response_invalid"
  | "task_running"
  | "retry_running"
  | "task_full"
  | "task_unknown"
  | "task_deleted"
  | "kind_unknown"
  | "connection_unknown"
  | "grant_unknown"
  | "cursor_invalid"
  | "id_taken"
  | "idempotency_mismatch"
  | "token_missing"
  | "token_invalid"
  | "token_expired"
  | "ticket_invalid"
  | "access_revoked"
  | "command_forbidden"
  | "watch_only"
  | "scope_missing"
  | "origin_forbidden"
  | "credentials_invalid"
  | "email_taken"
  | "auth_timeout"
  | "auth_required"
  | "frame_invalid"
  | "frame_unknown"
  | "frame_binary"
  | "frame_too_large"
  | "too_many_subscriptions"
  | "too_many_connections"
  | "rate_limited"
  | "too_many_tasks"
  | "queue_full"
  | "append_busy"
  | "append_unknown"
  | "unavailable"
  | "log_full"
  | "state_newer"
  | "unsupported"
  | "not_found"
  | "method_not_allowed"
  | "not_acceptable"
  | "media_type_unsupported"
  | "internal";

export interface ErrorFacts {
  readonly code: ErrorCode;
  /** The HTTP status. */
  readonly status: number;
  /** The WebSocket close code; null where the connection stays open. */
  readonly close: number | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly title: string;
  /** What to do. */
  readonly advice: string;
}

/** The one error table. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorFacts>> = {
  malformed_json: { code: "malformed_json", status: 400, close: null, retryable: false, title: "The body is not JSON", advice: "Send one JSON value in UTF-8." },
  malformed_ndjson: { code: "malformed_ndjson", status: 400, close: null, retryable: false, title: "A line of the body is not JSON", advice: "Send one JSON object per line, each ended by a line feed; `line` says which one was wrong." },
  event_invalid: { code: "event_invalid", status: 422, close: null, retryable: false, title: "The event does not match its schema", advice: "`path` says where; compare it with the schema of that type in /asyncapi.json." },
  event_type_unknown: { code: "event_type_unknown", status: 422, close: null, retryable: false, title: "The event's type is not in the catalogue", advice: "Use a type of the catalogue, or `x.<vendor>.<name>` for your own." },
  event_reserved: { code: "event_reserved", status: 422, close: null, retryable: false, title: "Only the service may write this", advice: "Leave out seq, first_seq, cursor, actor and attempt, and types that only the service writes." },
  event_too_large: { code: "event_too_large", status: 413, close: null, retryable: false, title: "The event is larger than 64 KiB", advice: "Split the text into deltas, or store the thing elsewhere and send a reference." },
  request_too_large: { code: "request_too_large", status: 413, close: null, retryable: false, title: "The request is larger than 256 KiB", advice: "Send fewer events per request." },
  too_many_events: { code: "too_many_events", status: 413, close: null, retryable: false, title: "The request has more than 1,000 events", advice: "Send fewer events per request." },
  request_invalid: { code: "request_invalid", status: 422, close: null, retryable: false, title: "The request does not match its schema", advice: "`path` says where; compare it with /openapi.json." },
  id_invalid: { code: "id_invalid", status: 400, close: null, retryable: false, title: "The id is not legal", advice: "Use 1 to 64 characters of A-Z a-z 0-9 _ -." },
  task_ended: { code: "task_ended", status: 409, close: null, retryable: false, title: "The task has ended", advice: "Nothing may follow the end of a task; create a new one, with `retry_of` where it does the same again." },
  task_not_created: { code: "task_not_created", status: 409, close: null, retryable: false, title: "The task's first event must be task.created", advice: "Create the task first." },
  scope_not_open: { code: "scope_not_open", status: 409, close: null, retryable: false, title: "The message or reasoning that the piece belongs to is not open", advice: "Send its `*.started` first." },
  scope_already_open: { code: "scope_already_open", status: 409, close: null, retryable: false, title: "The step, message, reasoning, tool call or input request is open already", advice: "Close it first, or use another id." },
  too_many_open: { code: "too_many_open", status: 409, close: null, retryable: false, title: "Too many things are open at once in this task", advice: "Close some steps, messages, tool calls or input requests first." },
  fenced: { code: "fenced", status: 409, close: null, retryable: false, title: "Another attempt has taken over", advice: "Stop working on this task: your lease has ended." },
  lease_required: { code: "lease_required", status: 409, close: null, retryable: false, title: "The task belongs to whoever holds its lease", advice: "Lease it at /v1/work/{kind}/lease and show the lease in the header `Taskwire-Lease`." },
  lease_invalid: { code: "lease_invalid", status: 400, close: null, retryable: false, title: "The lease is not one of this task", advice: "Send the `lease` of the answer unchanged; each is of one task and one attempt." },
  command_rejected: { code: "command_rejected", status: 409, close: null, retryable: false, title: "The state of the task forbids the command", advice: "`reason` says which rule; look at the task before ordering anew, with another `command_id`." },
  response_invalid: { code: "response_invalid", status: 422, close: null, retryable: false, title: "The answer does not match what was asked for", advice: "`path` says where; compare it with the `schema` of the input request." },
  task_running: { code: "task_running", status: 409, close: null, retryable: false, title: "The task has not ended", advice: "Only what has ended can be done again; cancel it first." },
  retry_running: { code: "retry_running", status: 409, close: null, retryable: false, title: "The task is being done again already", advice: "`retried_by` names that task; wait for its end, or cancel it." },
  task_full: { code: "task_full", status: 409, close: null, retryable: false, title: "The task is full", advice: "A task holds 1,000,000 events or 256 MiB; only its end still fits." },
  task_unknown: { code: "task_unknown", status: 404, close: 4504, retryable: false, title: "There is no such task", advice: "Check the id and that the task is yours; tasks of others answer the same." },
  task_deleted: { code: "task_deleted", status: 410, close: 4510, retryable: false, title: "The task was deleted", advice: "Nothing of it is kept, and its id is not given again." },
  kind_unknown: { code: "kind_unknown", status: 404, close: null, retryable: false, title: "There is no work of this kind", advice: "TASKWIRE_KINDS names the kinds of this service." },
  connection_unknown: { code: "connection_unknown", status: 404, close: null, retryable: false, title: "There is no such connection", advice: "It may have closed meanwhile; list them again." },
  grant_unknown: { code: "grant_unknown", status: 404, close: null, retryable: false, title: "There is no such grant", advice: "It may have been revoked or have ended; list yours." },
  cursor_invalid: { code: "cursor_invalid", status: 400, close: 4505, retryable: false, title: "The cursor is not one of this task", advice: "Pass a cursor of this task unchanged, or leave it out to start from the first event." },
  id_taken: { code: "id_taken", status: 409, close: null, retryable: false, title: "The task id is taken", advice: "Choose another id, or none: the service makes one." },
  idempotency_mismatch: { code: "idempotency_mismatch", status: 422, close: null, retryable: false, title: "The idempotency key was used for another request", advice: "Use a new key for a new request." },
  token_missing: { code: "token_missing", status: 401, close: 4501, retryable: false, title: "A token is needed", advice: "Send `Authorization: Bearer TOKEN`, or the WebSocket subprotocols `taskwire.v1, bearer.TOKEN`." },
  token_invalid: { code: "token_invalid", status: 401, close: 4502, retryable: false, title: "The token is not valid", advice: "Get a new token from the issuer; the detail says what was wrong with this one." },
  token_expired: { code: "token_expired", status: 401, close: 4401, retryable: true, title: "The token has expired", advice: "Get a new token and connect again." },
  ticket_invalid: { code: "ticket_invalid", status: 401, close: 4511, retryable: false, title: "The ticket does not open this", advice: "Get a new one at /v1/tickets: it must be used within 30 s, for what it was made for, and after that only by who presents the last event id." },
  access_revoked: { code: "access_revoked", status: 401, close: 4512, retryable: false, title: "The access was revoked", advice: "Ask its owner for a new one." },
  command_forbidden: { code: "command_forbidden", status: 403, close: null, retryable: false, title: "You may watch this task but not command it", advice: "Ask its owner." },
  watch_only: { code: "watch_only", status: 403, close: null, retryable: false, title: "This access is for watching only", advice: "Use a token of your own for anything else." },
  scope_missing: { code: "scope_missing", status: 403, close: null, retryable: false, title: "The token lacks a scope", advice: "Ask for a token with the scope that the detail names." },
  origin_forbidden: { code: "origin_forbidden", status: 403, close: 4503, retryable: false, title: "The origin may not connect", advice: "Add it to TASKWIRE_ORIGINS." },
  credentials_invalid: { code: "credentials_invalid", status: 401, close: null, retryable: false, title: "The email or the password is wrong", advice: "Check both; development accounts last as long as the service keeps its data." },
  email_taken: { code: "email_taken", status: 409, close: null, retryable: false, title: "The email is registered already", advice: "Log in instead, or use another email." },
  auth_timeout: { code: "auth_timeout", status: 408, close: 4506, retryable: false, title: "No token came in time", advice: "Send an `auth` frame within 10 s of connecting." },
  auth_required: { code: "auth_required", status: 401, close: 4507, retryable: false, title: "The first frame must be auth", advice: "Send an `auth` frame first, or the token with the handshake." },
  frame_invalid: { code: "frame_invalid", status: 400, close: null, retryable: false, title: "The frame does not match its schema", advice: "`path` says where; compare it with /asyncapi.json." },
  frame_unknown: { code: "frame_unknown", status: 400, close: null, retryable: false, title: "The frame's type is unknown", advice: "Send subscribe, unsubscribe, auth, ping, command or append." },
  frame_binary: { code: "frame_binary", status: 400, close: 4508, retryable: false, title: "Binary frames are not read", advice: "Send text frames." },
  frame_too_large: { code: "frame_too_large", status: 413, close: 4509, retryable: false, title: "The frame is too large", advice: "Send less at once; `stream.ready` tells the limit." },
  too_many_subscriptions: { code: "too_many_subscriptions", status: 429, close: null, retryable: false, title: "Too many tasks are watched on this connection", advice: "Unsubscribe from some, or use another connection." },
  too_many_connections: { code: "too_many_connections", status: 503, close: 4429, retryable: true, title: "The service has too many connections", advice: "Wait as told and connect again." },
  rate_limited: { code: "rate_limited", status: 429, close: null, retryable: true, title: "Too much was asked for in too short a time", advice: "Wait as told; `limit` names the bound." },
  too_many_tasks: { code: "too_many_tasks", status: 429, close: null, retryable: true, title: "You have too many unfinished tasks", advice: "End or cancel some, or wait for them." },
  queue_full: { code: "queue_full", status: 429, close: null, retryable: true, title: "Too many tasks of this kind wait", advice: "Wait as told and create it again." },
  append_busy: { code: "append_busy", status: 429, close: null, retryable: true, title: "Too many appends wait for this task", advice: "Wait as told and send the same request again, with the same retry identity." },
  append_unknown: { code: "append_unknown", status: 503, close: null, retryable: true, title: "It is not known whether the events were stored", advice: "Send the same request again with the same retry identity: it will not be stored twice." },
  unavailable: { code: "unavailable", status: 503, close: 4453, retryable: true, title: "The log cannot be reached", advice: "Wait as told and try again." },
  log_full: { code: "log_full", status: 507, close: null, retryable: true, title: "The log is full", advice: "Its operator must free or add space; then try again." },
  state_newer: { code: "state_newer", status: 503, close: null, retryable: true, title: "The task was written by a newer service", advice: "Try again: another instance will take it." },
  unsupported: { code: "unsupported", status: 501, close: null, retryable: false, title: "This service does not do that yet", advice: "It is in the contract, but not in this version." },
  not_found: { code: "not_found", status: 404, close: null, retryable: false, title: "There is no such route", advice: "See /openapi.json." },
  method_not_allowed: { code: "method_not_allowed", status: 405, close: null, retryable: false, title: "The route has no such method", advice: "The header `Allow` names those it has." },
  not_acceptable: { code: "not_acceptable", status: 406, close: null, retryable: false, title: "None of the accepted media types can be had", advice: "Accept application/json or text/event-stream." },
  media_type_unsupported: { code: "media_type_unsupported", status: 415, close: null, retryable: false, title: "The body's media type is not read", advice: "Send application/json or application/x-ndjson." },
  internal: { code: "internal", status: 500, close: 4450, retryable: true, title: "The service failed", advice: "Try again; if it lasts, report the request id." },
};

/** Why a connection is closed → the WebSocket close code. 4000-4499: connect again; 4500-4999: do not. */
export const CLOSE_CODES = {
  normal: 1000,
  drain: 4400,
  token_expired: 4401,
  silent: 4402,
  idle: 4403,
  max_age: 4404,
  wire_refused: 4411,
  too_many_connections: 4429,
  internal: 4450,
  unavailable: 4453,
  token_missing: 4501,
  token_invalid: 4502,
  origin_forbidden: 4503,
  task_unknown: 4504,
  cursor_invalid: 4505,
  auth_timeout: 4506,
  auth_required: 4507,
  frame_binary: 4508,
  frame_too_large: 4509,
  task_deleted: 4510,
  ticket_invalid: 4511,
  access_revoked: 4512,
} as const;

/** A reason for closing a connection. */
export type CloseReason = keyof typeof CLOSE_CODES;
