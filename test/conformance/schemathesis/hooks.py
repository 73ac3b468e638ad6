"""What schemathesis cannot know of Taskwire: which valid requests may be refused, and that a long-poll waits."""
import schemathesis

# What only the state, an earlier request or the catalogue of events (/asyncapi.json) decides, and no schema of OpenAPI says:
# by operation, the codes with which a request may be refused though it matches its schema, and the `path` where one is told.
REFUSALS = {
    "GET /v1/tasks": {("request_invalid", "before")},
    "GET /v1/conversations": {("request_invalid", "before")},
    "GET /v1/conversations/{conversation_id}/messages": {("request_invalid", "before")},
    "GET /conversations/{user_id}": {("request_invalid", "before")},
    "GET /conversations/{user_id}/{conversation_id}/messages": {("request_invalid", "before")},
    "GET /v1/tasks/{task_id}/events": {("cursor_invalid", None)},
    "POST /v1/tasks": {
        ("idempotency_mismatch", None),
        ("request_invalid", "deadline"),  # one that is over
        *(("request_invalid", field) for field in ("max_attempts", "lease_seconds", "delay_seconds", "deadline", "priority")),  # without `queue`
    },
    "POST /v1/tasks/{task_id}/events": {
        ("idempotency_mismatch", None),
        ("request_invalid", "Taskwire-Producer"),  # one of two headers, not both
        ("malformed_ndjson", None),  # for OpenAPI, lines are any text
        ("event_type_unknown", "type"),
        ("event_reserved", None),
        ("event_invalid", None),
    },
    "POST /v1/tasks/{task_id}/commands": {("idempotency_mismatch", None), ("request_invalid", "data.text"), ("request_invalid", "data.request_id")},  # which command needs which
    **{
        f"POST /v1/tasks/{{task_id}}/lease/{what}": {("lease_invalid", None), ("request_invalid", "Taskwire-Lease")}  # a lease is a signed text
        for what in ("heartbeat", "release", "fail")
    },
    # One thing to watch, neither none nor several; and an end that is to come.
    "POST /v1/tickets": {("request_invalid", None)},
    "POST /v1/grants": {("request_invalid", None)},
    # They speak WebSocket, and schemathesis does not.
    "GET /v1/ws": {("request_invalid", "Upgrade")},
    "GET /v1/tasks/{task_id}/ws": {("request_invalid", "Upgrade")},
}
# Who asks, what exists, whose it is, what the task has come to: no schema can say.
STATE = {401, 403, 404, 409, 410}


@schemathesis.check
def valid_is_refused_only_for_what_no_schema_says(ctx, response, case):
    """Stands for `positive_data_acceptance`, which knows statuses only: here each refusal is known by its code and place."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code < 400 or response.status_code in STATE:
        return
    problem = response.json()
    code, path = problem.get("code"), problem.get("path")
    allowed = REFUSALS.get(case.operation.label, set())
    if not any(code == each and (at is None or at in (path or "")) for each, at in allowed):
        raise AssertionError(f"A request that matches its schema was refused: {response.status_code} {code} at {path}: {problem.get('detail')}")


@schemathesis.hook
def before_call(context, case, kwargs):
    """A long-poll that may wait would: what is valid waits for nothing. Whatever is not valid stays as it was made."""
    query = case.query or {}
    wait = str(query.get("wait", ""))
    if wait.isascii() and wait.isdigit() and 1 <= int(wait) <= 30:
        query["wait"] = 0
