// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

import { ADVICE } from "./advice.ts";

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
  | "conversation_unknown"
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
  malformed_json: { code: "malformed_json", status: 400, close: null, retryable: false, title: "The body is not JSON", advice: ADVICE.malformed_json },
  malformed_ndjson: { code: "malformed_ndjson", status: 400, close: null, retryable: false, title: "A line of the body is not JSON", advice: ADVICE.malformed_ndjson },
  event_invalid: { code: "event_invalid", status: 422, close: null, retryable: false, title: "The event does not match its schema", advice: ADVICE.event_invalid },
  event_type_unknown: { code: "event_type_unknown", status: 422, close: null, retryable: false, title: "The event's type is not in the catalogue", advice: ADVICE.event_type_unknown },
  event_reserved: { code: "event_reserved", status: 422, close: null, retryable: false, title: "Only the service may write this", advice: ADVICE.event_reserved },
  event_too_large: { code: "event_too_large", status: 413, close: null, retryable: false, title: "The event is larger than 64 KiB", advice: ADVICE.event_too_large },
  request_too_large: { code: "request_too_large", status: 413, close: null, retryable: false, title: "The request is larger than 256 KiB", advice: ADVICE.request_too_large },
  too_many_events: { code: "too_many_events", status: 413, close: null, retryable: false, title: "The request has more than 1,000 events", advice: ADVICE.too_many_events },
  request_invalid: { code: "request_invalid", status: 422, close: null, retryable: false, title: "The request does not match its schema", advice: ADVICE.request_invalid },
  id_invalid: { code: "id_invalid", status: 400, close: null, retryable: false, title: "The id is not legal", advice: ADVICE.id_invalid },
  task_ended: { code: "task_ended", status: 409, close: null, retryable: false, title: "The task has ended", advice: ADVICE.task_ended },
  task_not_created: { code: "task_not_created", status: 409, close: null, retryable: false, title: "The task's first event must be task.created", advice: ADVICE.task_not_created },
  scope_not_open: { code: "scope_not_open", status: 409, close: null, retryable: false, title: "The message or reasoning that the piece belongs to is not open", advice: ADVICE.scope_not_open },
  scope_already_open: { code: "scope_already_open", status: 409, close: null, retryable: false, title: "The step, message, reasoning, tool call or input request is open already", advice: ADVICE.scope_already_open },
  too_many_open: { code: "too_many_open", status: 409, close: null, retryable: false, title: "Too many things are open at once in this task", advice: ADVICE.too_many_open },
  fenced: { code: "fenced", status: 409, close: null, retryable: false, title: "Another attempt has taken over", advice: ADVICE.fenced },
  lease_required: { code: "lease_required", status: 409, close: null, retryable: false, title: "The task belongs to whoever holds its lease", advice: ADVICE.lease_required },
  lease_invalid: { code: "lease_invalid", status: 400, close: null, retryable: false, title: "The lease is not one of this task", advice: ADVICE.lease_invalid },
  command_rejected: { code: "command_rejected", status: 409, close: null, retryable: false, title: "The state of the task forbids the command", advice: ADVICE.command_rejected },
  response_invalid: { code: "response_invalid", status: 422, close: null, retryable: false, title: "The answer does not match what was asked for", advice: ADVICE.response_invalid },
  task_running: { code: "task_running", status: 409, close: null, retryable: false, title: "The task has not ended", advice: ADVICE.task_running },
  retry_running: { code: "retry_running", status: 409, close: null, retryable: false, title: "The task is being done again already", advice: ADVICE.retry_running },
  task_full: { code: "task_full", status: 409, close: null, retryable: false, title: "The task is full", advice: ADVICE.task_full },
  task_unknown: { code: "task_unknown", status: 404, close: 4504, retryable: false, title: "There is no such task", advice: ADVICE.task_unknown },
  task_deleted: { code: "task_deleted", status: 410, close: 4510, retryable: false, title: "The task was deleted", advice: ADVICE.task_deleted },
  kind_unknown: { code: "kind_unknown", status: 404, close: null, retryable: false, title: "There is no work of this kind", advice: ADVICE.kind_unknown },
  connection_unknown: { code: "connection_unknown", status: 404, close: null, retryable: false, title: "There is no such connection", advice: ADVICE.connection_unknown },
  conversation_unknown: { code: "conversation_unknown", status: 404, close: null, retryable: false, title: "There is no such conversation", advice: ADVICE.conversation_unknown },
  grant_unknown: { code: "grant_unknown", status: 404, close: null, retryable: false, title: "There is no such grant", advice: ADVICE.grant_unknown },
  cursor_invalid: { code: "cursor_invalid", status: 400, close: 4505, retryable: false, title: "The cursor is not one of this task", advice: ADVICE.cursor_invalid },
  id_taken: { code: "id_taken", status: 409, close: null, retryable: false, title: "The task id is taken", advice: ADVICE.id_taken },
  idempotency_mismatch: { code: "idempotency_mismatch", status: 422, close: null, retryable: false, title: "The idempotency key was used for another request", advice: ADVICE.idempotency_mismatch },
  token_missing: { code: "token_missing", status: 401, close: 4501, retryable: false, title: "A token is needed", advice: ADVICE.token_missing },
  token_invalid: { code: "token_invalid", status: 401, close: 4502, retryable: false, title: "The token is not valid", advice: ADVICE.token_invalid },
  token_expired: { code: "token_expired", status: 401, close: 4401, retryable: true, title: "The token has expired", advice: ADVICE.token_expired },
  ticket_invalid: { code: "ticket_invalid", status: 401, close: 4511, retryable: false, title: "The ticket does not open this", advice: ADVICE.ticket_invalid },
  access_revoked: { code: "access_revoked", status: 401, close: 4512, retryable: false, title: "The access was revoked", advice: ADVICE.access_revoked },
  command_forbidden: { code: "command_forbidden", status: 403, close: null, retryable: false, title: "You may watch this task but not command it", advice: ADVICE.command_forbidden },
  watch_only: { code: "watch_only", status: 403, close: null, retryable: false, title: "This access is for watching only", advice: ADVICE.watch_only },
  scope_missing: { code: "scope_missing", status: 403, close: null, retryable: false, title: "The token lacks a scope", advice: ADVICE.scope_missing },
  origin_forbidden: { code: "origin_forbidden", status: 403, close: 4503, retryable: false, title: "The origin may not connect", advice: ADVICE.origin_forbidden },
  credentials_invalid: { code: "credentials_invalid", status: 401, close: null, retryable: false, title: "The email or the password is wrong", advice: ADVICE.credentials_invalid },
  email_taken: { code: "email_taken", status: 409, close: null, retryable: false, title: "The email is registered already", advice: ADVICE.email_taken },
  auth_timeout: { code: "auth_timeout", status: 408, close: 4506, retryable: false, title: "No token came in time", advice: ADVICE.auth_timeout },
  auth_required: { code: "auth_required", status: 401, close: 4507, retryable: false, title: "The first frame must be auth", advice: ADVICE.auth_required },
  frame_invalid: { code: "frame_invalid", status: 400, close: null, retryable: false, title: "The frame does not match its schema", advice: ADVICE.frame_invalid },
  frame_unknown: { code: "frame_unknown", status: 400, close: null, retryable: false, title: "The frame's type is unknown", advice: ADVICE.frame_unknown },
  frame_binary: { code: "frame_binary", status: 400, close: 4508, retryable: false, title: "Binary frames are not read", advice: ADVICE.frame_binary },
  frame_too_large: { code: "frame_too_large", status: 413, close: 4509, retryable: false, title: "The frame is too large", advice: ADVICE.frame_too_large },
  too_many_subscriptions: { code: "too_many_subscriptions", status: 429, close: null, retryable: false, title: "Too many tasks are watched on this connection", advice: ADVICE.too_many_subscriptions },
  too_many_connections: { code: "too_many_connections", status: 503, close: 4429, retryable: true, title: "The service has too many connections", advice: ADVICE.too_many_connections },
  rate_limited: { code: "rate_limited", status: 429, close: null, retryable: true, title: "Too much was asked for in too short a time", advice: ADVICE.rate_limited },
  too_many_tasks: { code: "too_many_tasks", status: 429, close: null, retryable: true, title: "You have too many unfinished tasks", advice: ADVICE.too_many_tasks },
  queue_full: { code: "queue_full", status: 429, close: null, retryable: true, title: "Too many tasks of this kind wait", advice: ADVICE.queue_full },
  append_busy: { code: "append_busy", status: 429, close: null, retryable: true, title: "Too many appends wait for this task", advice: ADVICE.append_busy },
  append_unknown: { code: "append_unknown", status: 503, close: null, retryable: true, title: "It is not known whether the events were stored", advice: ADVICE.append_unknown },
  unavailable: { code: "unavailable", status: 503, close: 4453, retryable: true, title: "The log cannot be reached", advice: ADVICE.unavailable },
  log_full: { code: "log_full", status: 507, close: null, retryable: true, title: "The log is full", advice: ADVICE.log_full },
  state_newer: { code: "state_newer", status: 503, close: null, retryable: true, title: "The task was written by a newer service", advice: ADVICE.state_newer },
  unsupported: { code: "unsupported", status: 501, close: null, retryable: false, title: "This service does not do that yet", advice: ADVICE.unsupported },
  not_found: { code: "not_found", status: 404, close: null, retryable: false, title: "There is no such route", advice: ADVICE.not_found },
  method_not_allowed: { code: "method_not_allowed", status: 405, close: null, retryable: false, title: "The route has no such method", advice: ADVICE.method_not_allowed },
  not_acceptable: { code: "not_acceptable", status: 406, close: null, retryable: false, title: "None of the accepted media types can be had", advice: ADVICE.not_acceptable },
  media_type_unsupported: { code: "media_type_unsupported", status: 415, close: null, retryable: false, title: "The body's media type is not read", advice: ADVICE.media_type_unsupported },
  internal: { code: "internal", status: 500, close: 4450, retryable: true, title: "The service failed", advice: ADVICE.internal },
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
