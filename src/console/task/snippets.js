/** Lines that publish to a task and watch it, for four languages, ready to run. Pure. */

const JSON_TYPE = "content-type: application/json";

/** What is filled in: `url`, `token`, `task`; where `task` is null the lines make one. */
const SNIPPETS = {
  curl: {
    publish: ({ url, token, task }) => `URL=${url}
TOKEN=${token}
${task === null ? `TASK=$(curl -fsS $URL/v1/tasks -H "authorization: Bearer $TOKEN" -H '${JSON_TYPE}' -d '{"kind":"hello","title":"From curl"}' | sed 's/.*"task_id":"\\([^"]*\\)".*/\\1/')` : `TASK=${task}`}
curl -fsS $URL/v1/tasks/$TASK/events -H "authorization: Bearer $TOKEN" -H '${JSON_TYPE}' -d '[{"type":"log.line","data":{"level":"info","text":"Hello from curl"}},{"type":"task.progress","data":{"percent":50}}]'`,
    watch: ({ url, token, task }) => `curl -fsSN ${url}/v1/tasks/${task ?? "$TASK"}/events -H 'accept: text/event-stream' -H 'authorization: Bearer ${token}'`,
  },
  typescript: {
    publish: ({ url, token, task }) => `import { createClient } from "./clients/typescript/src/client.ts";

const client = createClient({ url: "${url}", token: "${token}" });
${task === null ? `const { task_id: task } = await client.create({ kind: "hello", title: "From TypeScript" });` : `const task = "${task}";`}
await client.publish(task, [{ type: "log.line", data: { level: "info", text: "Hello from TypeScript" } }, { type: "task.progress", data: { percent: 50 } }]);
console.log("published to", task);`,
    watch: ({ url, token, task }) => `import { createClient } from "./clients/typescript/src/client.ts";

const client = createClient({ url: "${url}", token: "${token}" });
${task === null ? "for await (const item of client.followSet({ scope: \"mine\" })) if (item.kind === \"event\") console.log(item.event.seq, item.event.type);" : `for await (const event of client.follow("${task}")) console.log(event.seq, event.type, event.data);`}`,
  },
  python: {
    publish: ({ url, token, task }) => `import json, urllib.request

def post(path, body):
    headers = {"authorization": "Bearer ${token}", "content-type": "application/json"}
    return json.load(urllib.request.urlopen(urllib.request.Request("${url}" + path, json.dumps(body).encode(), headers)))

task = ${task === null ? `post("/v1/tasks", {"kind": "hello", "title": "From Python"})["task_id"]` : `"${task}"`}
print(post(f"/v1/tasks/{task}/events", [{"type": "log.line", "data": {"level": "info", "text": "Hello from Python"}}, {"type": "task.progress", "data": {"percent": 50}}]))`,
    watch: ({ url, token, task }) => `import json, urllib.request

headers = {"authorization": "Bearer ${token}", "accept": "text/event-stream"}
for line in urllib.request.urlopen(urllib.request.Request("${url}${task === null ? "/v1/events?scope=mine" : `/v1/tasks/${task}/events`}", headers=headers)):
    if line.startswith(b"data: ") and (event := json.loads(line[6:])).get("seq"):
        print(event["seq"], event["type"], event["data"], flush=True)`,
  },
  swift: {
    publish: ({ url, token, task }) => `import Taskwire

let client = try TaskwireClient(url: "${url}", token: "${token}")
${task === null ? `let task = try await client.create(CreateTaskRequest(kind: "hello", title: "From Swift")).taskID` : `let task = "${task}"`}
_ = try await client.publish(task, [EventDraft(.logLine(.init(level: .info, text: "Hello from Swift"))), EventDraft(.taskProgress(.init(percent: 50)))])`,
    watch: ({ url, token, task }) => `import Taskwire

let client = try TaskwireClient(url: "${url}", token: "${token}")
for try await event in client.events(of: "${task ?? "TASK"}") { print(event.seq, event.type) }`,
  },
};

export const LANGUAGES = Object.keys(SNIPPETS);

/** The lines. `what`: publish or watch. */
export function snippet(language, what, facts) {
  return SNIPPETS[language][what](facts);
}
