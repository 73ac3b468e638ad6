/** The first minutes with the service: commands to paste, and what a client must do. Pure. */
import { block, type Html, html } from "./html.ts";

/** Where the commands stand in for the service's own address. */
export const PLACE_OF_ORIGIN = "https://taskwire.example.com";

/** After the token is there; short enough for the lines below. */
const HEADERS = `AUTH="authorization: Bearer $TOKEN" JSON='content-type: application/json'`;

const SIGN_UP = `TOKEN=$(curl -fsS $URL/api/v1/auth/register -H 'content-type: application/json' \\
  -d "{\\"email\\":\\"me$$@example.test\\",\\"password\\":\\"seven77\\"}" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
${HEADERS}`;

const PUBLISH = `TASK=$(curl -fsS $URL/v1/tasks -H "$AUTH" -H "$JSON" \\
  -d '{"kind":"demo","title":"A first task"}' | sed 's/.*"task_id":"\\([^"]*\\)".*/\\1/')
curl -fsS $URL/v1/tasks/$TASK/events -H "$AUTH" -H "$JSON" -H 'idempotency-key: first' \\
  -d '[{"type":"task.started","data":{"attempt":1}},{"type":"task.progress","data":{"percent":50}}]'
curl -fsS $URL/v1/tasks/$TASK/events -H "$AUTH" -H "$JSON" -H 'idempotency-key: last' \\
  -d '{"type":"task.completed","data":{"result":{"answer":42}}}'`;

const STREAM = `curl -fsSN $URL/v1/tasks/$TASK/events -H "$AUTH" -H 'accept: text/event-stream'`;

const SOCKET = `websocat --protocol taskwire.v1 -H "$AUTH" "ws\${URL#http}/v1/tasks/$TASK/ws"
websocat --protocol taskwire.v1 -H "$AUTH" "ws\${URL#http}/v1/ws"   # many tasks on one; send lines such as
{"type":"subscribe","request_id":"r1","task_id":"TASK"}`;

const PAGE = `curl -fsS "$URL/v1/tasks/$TASK/events?after=0&wait=20" -H "$AUTH" -H 'accept: application/json'`;

/** Quick start, with the development issuer where the service has one. */
export function quickStart(ownIssuer: boolean): readonly Html[] {
  return [
    html`<h3 id="token">1. A token</h3>`,
    ownIssuer ? html`<p>This service has a development issuer; anybody may sign up.</p>` : html`<p>This service takes the tokens of its operator's issuer: a JWT. Put yours into <code>TOKEN</code>.</p>`,
    ownIssuer ? block(`URL=${PLACE_OF_ORIGIN}\n${SIGN_UP}`, "Commands that get a token", "run") : block(`URL=${PLACE_OF_ORIGIN}\nTOKEN=…\n${HEADERS}`, "Where the token goes"),
    html`<h3 id="publish">2. Publish</h3><p>Make a task, and append its events. An append that was not answered may be sent again with the same <code>Idempotency-Key</code>: it is stored once.</p>`,
    block(PUBLISH, "Commands that publish a task", "run"),
    html`<h3 id="watch">3. Watch, in one of three ways</h3><p>Each delivers the same events. <strong>Server-Sent Events</strong>: plain HTTP, one task, ends with the task.</p>`,
    block(STREAM, "A command that watches over Server-Sent Events", "run"),
    html`<p><strong>WebSocket</strong>: one task or many on one connection. In browsers the token goes into the subprotocols: <code>new WebSocket(address, ["taskwire.v1", "bearer." + token])</code>.</p>`,
    block(SOCKET, "Commands that watch over WebSocket"),
    html`<p><strong>JSON pages</strong>: where nothing may stay open for long. <code>wait</code> makes it a long-poll; pass the answer's <code>cursor</code> as <code>after</code>.</p>`,
    block(PAGE, "A command that reads a page", "run"),
  ];
}

/** What every client does, in any language. */
export function fiveRules(): Html {
  return html`<ol>
<li>Read <code>GET /v1/tasks/{task_id}/events</code> with <code>Accept: text/event-stream</code> and a bearer token. An event counts when its empty line has come. What has no <code>event:</code> line is an event of the task; <code>event: stream</code> is a word about the stream.</li>
<li>Keep the <code>id:</code> (the cursor) of the last that you have taken in. After every cut connect again with it as <code>Last-Event-ID</code>, first at once, then with growing, random pauses: up to 0.5 s, then twice as much, at most 20 s. Nothing is missing, nothing comes twice. <code>seq</code> proves it: 1, 2, 3 …</li>
<li>Nothing at all for two and a half heartbeats (<code>heartbeat_ms</code> of <a href="#stream.ready"><code>stream.ready</code></a>, 15 s): the connection is dead. Cut it, and connect again.</li>
<li><a href="#stream.gap"><code>stream.gap</code></a>: what you asked for is no longer there. A <a href="#task.snapshot"><code>task.snapshot</code></a> follows; take it in place of everything before it.</li>
<li><a href="#stream.end"><code>stream.end</code></a>, or 204 as the answer: the task is over. 4xx but 408 and 429: do not come back; the body says why (<code>code</code>, <code>advice</code>). 429 and 503 say in <code>Retry-After</code> when to. Types, fields and values that you do not know: leave them be.</li>
</ol>`;
}
