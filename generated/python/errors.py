# Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.
"""The one error table, and the close codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ErrorFacts(NamedTuple):
    """What is known of an error code."""

    #: The HTTP status.
    status: int
    #: The WebSocket close code; None where the connection stays open.
    close: int | None
    #: Whether the same request may succeed later.
    retryable: bool
    title: str
    #: What to do.
    advice: str


#: Code → facts.
ERRORS: Mapping[str, ErrorFacts] = {
    "malformed_json": ErrorFacts(400, None, False, "The body is not JSON", "Send one JSON value in UTF-8."),
    "malformed_ndjson": ErrorFacts(400, None, False, "A line of the body is not JSON", "Send one JSON object per line, each ended by a line feed; `line` says which one was wrong."),
    "event_invalid": ErrorFacts(422, None, False, "The event does not match its schema", "`path` says where; compare it with the schema of that type in /asyncapi.json."),
    "event_type_unknown": ErrorFacts(422, None, False, "The event's type is not in the catalogue", "Use a type of the catalogue, or `x.<vendor>.<name>` for your own."),
    "event_reserved": ErrorFacts(422, None, False, "Only the service may write this", "Leave out seq, first_seq, cursor, actor and attempt, and types that only the service writes."),
    "event_too_large": ErrorFacts(413, None, False, "The event is larger than 64 KiB", "Split the text into deltas, or store the thing elsewhere and send a reference."),
    "request_too_large": ErrorFacts(413, None, False, "The request is larger than 256 KiB", "Send fewer events per request."),
    "too_many_events": ErrorFacts(413, None, False, "The request has more than 1,000 events", "Send fewer events per request."),
    "request_invalid": ErrorFacts(422, None, False, "The request does not match its schema", "`path` says where; compare it with /openapi.json."),
    "id_invalid": ErrorFacts(400, None, False, "The id is not legal", "Use 1 to 64 characters of A-Z a-z 0-9 _ -."),
    "task_ended": ErrorFacts(409, None, False, "The task has ended", "Nothing may follow the end of a task; create a new one, with `retry_of` where it does the same again."),
    "task_not_created": ErrorFacts(409, None, False, "The task's first event must be task.created", "Create the task first."),
    "scope_not_open": ErrorFacts(409, None, False, "The message or reasoning that the piece belongs to is not open", "Send its `*.started` first."),
    "scope_already_open": ErrorFacts(409, None, False, "The step, message, reasoning, tool call or input request is open already", "Close it first, or use another id."),
    "too_many_open": ErrorFacts(409, None, False, "Too many things are open at once in this task", "Close some steps, messages, tool calls or input requests first."),
    "fenced": ErrorFacts(409, None, False, "Another attempt has taken over", "Stop working on this task: your lease has ended."),
    "lease_required": ErrorFacts(409, None, False, "The task belongs to whoever holds its lease", "Lease it at /v1/work/{kind}/lease and show the lease in the header `Taskwire-Lease`."),
    "lease_invalid": ErrorFacts(400, None, False, "The lease is not one of this task", "Send the `lease` of the answer unchanged; each is of one task and one attempt."),
    "command_rejected": ErrorFacts(409, None, False, "The state of the task forbids the command", "`reason` says which rule; look at the task before ordering anew, with another `command_id`."),
    "response_invalid": ErrorFacts(422, None, False, "The answer does not match what was asked for", "`path` says where; compare it with the `schema` of the input request."),
    "task_running": ErrorFacts(409, None, False, "The task has not ended", "Only what has ended can be done again; cancel it first."),
    "retry_running": ErrorFacts(409, None, False, "The task is being done again already", "`retried_by` names that task; wait for its end, or cancel it."),
    "task_full": ErrorFacts(409, None, False, "The task is full", "A task holds 1,000,000 events or 256 MiB; only its end still fits."),
    "task_unknown": ErrorFacts(404, 4504, False, "There is no such task", "Check the id and that the task is yours; tasks of others answer the same."),
    "task_deleted": ErrorFacts(410, 4510, False, "The task was deleted", "Nothing of it is kept, and its id is not given again."),
    "kind_unknown": ErrorFacts(404, None, False, "There is no work of this kind", "TASKWIRE_KINDS names the kinds of this service."),
    "connection_unknown": ErrorFacts(404, None, False, "There is no such connection", "It may have closed meanwhile; list them again."),
    "conversation_unknown": ErrorFacts(404, None, False, "There is no such conversation", "A conversation exists once a task of yours names it; to watch one that may come, subscribe to it."),
    "grant_unknown": ErrorFacts(404, None, False, "There is no such grant", "It may have been revoked or have ended; list yours."),
    "cursor_invalid": ErrorFacts(400, 4505, False, "The cursor is not one of this task", "Pass a cursor of this task unchanged, or leave it out to start from the first event."),
    "id_taken": ErrorFacts(409, None, False, "The task id is taken", "Choose another id, or none: the service makes one."),
    "idempotency_mismatch": ErrorFacts(422, None, False, "The idempotency key was used for another request", "Use a new key for a new request."),
    "token_missing": ErrorFacts(401, 4501, False, "A token is needed", "Send `Authorization: Bearer TOKEN`, or the WebSocket subprotocols `taskwire.v1, bearer.TOKEN`."),
    "token_invalid": ErrorFacts(401, 4502, False, "The token is not valid", "Get a new token from the issuer; the detail says what was wrong with this one."),
    "token_expired": ErrorFacts(401, 4401, True, "The token has expired", "Get a new token and connect again."),
    "ticket_invalid": ErrorFacts(401, 4511, False, "The ticket does not open this", "Get a new one at /v1/tickets: it must be used within 30 s, for what it was made for, and after that only by who presents the last event id."),
    "access_revoked": ErrorFacts(401, 4512, False, "The access was revoked", "Ask its owner for a new one."),
    "command_forbidden": ErrorFacts(403, None, False, "You may watch this task but not command it", "Ask its owner."),
    "watch_only": ErrorFacts(403, None, False, "This access is for watching only", "Use a token of your own for anything else."),
    "scope_missing": ErrorFacts(403, None, False, "The token lacks a scope", "Ask for a token with the scope that the detail names."),
    "origin_forbidden": ErrorFacts(403, 4503, False, "The origin may not connect", "Add it to TASKWIRE_ORIGINS."),
    "credentials_invalid": ErrorFacts(401, None, False, "The email or the password is wrong", "Check both; development accounts last as long as the service keeps its data."),
    "email_taken": ErrorFacts(409, None, False, "The email is registered already", "Log in instead, or use another email."),
    "auth_timeout": ErrorFacts(408, 4506, False, "No token came in time", "Send an `auth` frame within 10 s of connecting."),
    "auth_required": ErrorFacts(401, 4507, False, "The first frame must be auth", "Send an `auth` frame first, or the token with the handshake."),
    "frame_invalid": ErrorFacts(400, None, False, "The frame does not match its schema", "`path` says where; compare it with /asyncapi.json."),
    "frame_unknown": ErrorFacts(400, None, False, "The frame's type is unknown", "Send subscribe, unsubscribe, auth, ping, command or append."),
    "frame_binary": ErrorFacts(400, 4508, False, "Binary frames are not read", "Send text frames."),
    "frame_too_large": ErrorFacts(413, 4509, False, "The frame is too large", "Send less at once; `stream.ready` tells the limit."),
    "too_many_subscriptions": ErrorFacts(429, None, False, "Too many tasks are watched on this connection", "Unsubscribe from some, or use another connection."),
    "too_many_connections": ErrorFacts(503, 4429, True, "The service has too many connections", "Wait as told and connect again."),
    "rate_limited": ErrorFacts(429, None, True, "Too much was asked for in too short a time", "Wait as told; `limit` names the bound."),
    "too_many_tasks": ErrorFacts(429, None, True, "You have too many unfinished tasks", "End or cancel some, or wait for them."),
    "queue_full": ErrorFacts(429, None, True, "Too many tasks of this kind wait", "Wait as told and create it again."),
    "append_busy": ErrorFacts(429, None, True, "Too many appends wait for this task", "Wait as told and send the same request again, with the same retry identity."),
    "append_unknown": ErrorFacts(503, None, True, "It is not known whether the events were stored", "Send the same request again with the same retry identity: it will not be stored twice."),
    "unavailable": ErrorFacts(503, 4453, True, "The log cannot be reached", "Wait as told and try again."),
    "log_full": ErrorFacts(507, None, True, "The log is full", "Its operator must free or add space; then try again."),
    "state_newer": ErrorFacts(503, None, True, "The task was written by a newer service", "Try again: another instance will take it."),
    "unsupported": ErrorFacts(501, None, False, "This service does not do that yet", "It is in the contract, but not in this version."),
    "not_found": ErrorFacts(404, None, False, "There is no such route", "See /openapi.json."),
    "method_not_allowed": ErrorFacts(405, None, False, "The route has no such method", "The header `Allow` names those it has."),
    "not_acceptable": ErrorFacts(406, None, False, "None of the accepted media types can be had", "Accept application/json or text/event-stream."),
    "media_type_unsupported": ErrorFacts(415, None, False, "The body's media type is not read", "Send application/json or application/x-ndjson."),
    "internal": ErrorFacts(500, 4450, True, "The service failed", "Try again; if it lasts, report the request id."),
}

#: Why a connection is closed → the WebSocket close code. 4000-4499: connect again; 4500-4999: do not.
CLOSE_CODES: Mapping[str, int] = {
    "normal": 1000,
    "drain": 4400,
    "token_expired": 4401,
    "silent": 4402,
    "idle": 4403,
    "max_age": 4404,
    "wire_refused": 4411,
    "too_many_connections": 4429,
    "internal": 4450,
    "unavailable": 4453,
    "token_missing": 4501,
    "token_invalid": 4502,
    "origin_forbidden": 4503,
    "task_unknown": 4504,
    "cursor_invalid": 4505,
    "auth_timeout": 4506,
    "auth_required": 4507,
    "frame_binary": 4508,
    "frame_too_large": 4509,
    "task_deleted": 4510,
    "ticket_invalid": 4511,
    "access_revoked": 4512,
}
