import { expect, test } from "bun:test";
import { CLOSE_CODES, ERRORS } from "../../generated/typescript/errors.ts";

/** Strangers' clients are written against these numbers: code, HTTP status, close code, whether trying again helps. */
const TABLE = `
  malformed_json 400 - n             malformed_ndjson 400 - n           event_invalid 422 - n
  event_type_unknown 422 - n         event_reserved 422 - n             event_too_large 413 - n
  request_too_large 413 - n          too_many_events 413 - n            request_invalid 422 - n
  id_invalid 400 - n                 task_ended 409 - n                 task_not_created 409 - n
  scope_not_open 409 - n             scope_already_open 409 - n         too_many_open 409 - n
  fenced 409 - n                     task_full 409 - n                  task_unknown 404 4504 n
  cursor_invalid 400 4505 n          id_taken 409 - n                   idempotency_mismatch 422 - n
  token_missing 401 4501 n           token_invalid 401 4502 n           token_expired 401 4401 y
  scope_missing 403 - n              origin_forbidden 403 4503 n        credentials_invalid 401 - n
  email_taken 409 - n                auth_timeout 408 4506 n            auth_required 401 4507 n
  frame_invalid 400 - n              frame_unknown 400 - n              frame_binary 400 4508 n
  frame_too_large 413 4509 n         too_many_subscriptions 429 - n     too_many_connections 503 4429 y
  append_busy 429 - y                append_unknown 503 - y             unavailable 503 4453 y
  log_full 507 - y                   state_newer 503 - y                unsupported 501 - n
  not_found 404 - n                  method_not_allowed 405 - n         not_acceptable 406 - n
  media_type_unsupported 415 - n     internal 500 4450 y                task_deleted 410 4510 n
  lease_required 409 - n             lease_invalid 400 - n              command_rejected 409 - n
  command_forbidden 403 - n          response_invalid 422 - n           task_running 409 - n
  retry_running 409 - n              kind_unknown 404 - n               connection_unknown 404 - n
  grant_unknown 404 - n              ticket_invalid 401 4511 n          access_revoked 401 4512 n
  watch_only 403 - n                 rate_limited 429 - y               too_many_tasks 429 - y
  queue_full 429 - y                 conversation_unknown 404 - n`;

test("the error table says what the contract promised", () => {
  const promised = [...TABLE.matchAll(/(\w+) (\d{3}) (\d{4}|-) ([yn])/g)].map(([, code, status, close, again]) => `${code} ${status} ${close} ${again}`);
  const found = Object.values(ERRORS).map(({ code, status, close, retryable }) => `${code} ${status} ${close ?? "-"} ${retryable ? "y" : "n"}`);
  expect(found.toSorted()).toEqual(promised.toSorted());
});

test("close codes below 4500 say come back, all others stay away", () => {
  const wrong = Object.values(ERRORS).filter(({ close, retryable }) => close !== null && retryable !== close < 4500);
  expect(wrong).toEqual([]);
  expect({ drain: CLOSE_CODES.drain, silent: CLOSE_CODES.silent, idle: CLOSE_CODES.idle, max_age: CLOSE_CODES.max_age, wire_refused: CLOSE_CODES.wire_refused, normal: CLOSE_CODES.normal }).toEqual({
    drain: 4400, silent: 4402, idle: 4403, max_age: 4404, wire_refused: 4411, normal: 1000,
  });
});

test("every error tells in a sentence what it is and what to do", () => {
  const wrong = Object.entries(ERRORS).filter(([name, { code, title, advice }]) => name !== code || title.length < 10 || !/[.!]$/.test(advice));
  expect(wrong).toEqual([]);
});
