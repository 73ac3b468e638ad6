/** What a change of the contract means for those who rely on it: every rule with a planted change, and nothing goes by unseen. */
import { describe, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const MAIN = join(ROOT, "contract/generator/diff/main.mjs");

type Json = Record<string, unknown>;
interface Change {
  readonly path: string;
  readonly breaking: boolean;
  readonly judged: boolean;
  readonly reason: string;
}
const { changesBetween } = (await import(join(ROOT, "contract/generator/diff/contract.mjs"))) as { changesBetween(before: Json, after: Json): Change[] };

const { "x-generated": _, ...CONTRACT } = JSON.parse(readFileSync(join(ROOT, "generated/asyncapi.json"), "utf8")) as Json;

const isNode = (value: unknown): value is Json => value !== null && typeof value === "object";

/** A copy with another value at a place, `undefined` for none; everything else is shared with the original. */
function withValue(document: unknown, path: readonly string[], value: unknown): Json {
  const [key = "", ...rest] = path;
  const copy = (Array.isArray(document) ? [...document] : { ...(document as Json) }) as Json;
  const next = rest.length === 0 ? value : withValue(copy[key] ?? {}, rest, value);
  if (next !== undefined) copy[key] = next;
  else if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
}

const valueAt = (path: readonly string[]): unknown => path.reduce<unknown>((value, key) => (value as Json)[key], CONTRACT);
const keys = (path: string): string[] => path.split(" ");
/** What is told when one place of the contract gets another value. */
const planted = (path: string, value: unknown): Change[] => changesBetween(CONTRACT, withValue(CONTRACT, keys(path), value));
const listed = (path: string, value: unknown): Change[] => planted(path, [...(valueAt(keys(path)) as unknown[]), value]);
const unlisted = (path: string, value: unknown): Change[] => planted(path, (valueAt(keys(path)) as unknown[]).filter((item) => item !== value));

/** In a schema that only goes out, one that only comes in, and one that does both. */
const SENT = "components schemas StreamReadyFrame";
const RECEIVED = "components schemas CreateTaskRequest";
const BOTH = "components schemas TaskFailedData";

const BREAKS: [string, () => Change[], RegExp][] = [
  ["a field that is sent is removed", () => planted(`${SENT} properties heartbeat_ms`, undefined), /receivers rely on it/],
  ["a field that is received is removed", () => planted(`${RECEIVED} properties title`, undefined), /not heeded any more/],
  ["a required field that is sent becomes optional", () => unlisted(`${SENT} required`, "heartbeat_ms"), /not required any more: wider/],
  ["a field that is received becomes required", () => listed(`${RECEIVED} required`, "title"), /required now: narrower/],
  ["a field of an event becomes required: its producers send without", () => listed(`${BOTH} required`, "user_message"), /required now: narrower/],
  ["a field of an event that only the service writes becomes required: what is stored lacks it", () => listed("components schemas TaskCreatedData required", "title"), /or has stored it/],
  ["a type is another", () => planted(`${SENT} properties heartbeat_ms type`, "string"), /something else/],
  ["what is sent may be null", () => planted(`${SENT} properties heartbeat_ms type`, ["integer", "null"]), /type: wider/],
  ["what is received must be an integer", () => changesBetween(withValue(CONTRACT, keys(`${RECEIVED} properties idle_seconds type`), "number"), CONTRACT), /type: narrower/],
  ["an upper bound on what is received falls", () => planted(`${RECEIVED} properties title maxLength`, 10), /greatest length: narrower/],
  ["an upper bound on what is received comes", () => planted(`${RECEIVED} properties deadline maxLength`, 10), /greatest length added: narrower/],
  ["an upper bound on what is sent rises", () => planted(`${SENT} properties heartbeat_ms maximum`, 2 ** 60), /greatest value: wider/],
  ["a lower bound on what is received rises", () => planted(`${RECEIVED} properties max_attempts minimum`, 5), /least value: narrower/],
  ["a lower bound on what is sent goes", () => planted(`${SENT} properties heartbeat_ms minimum`, undefined), /least value removed: wider/],
  ["a pattern is another", () => planted(`${RECEIVED} properties kind pattern`, "^[a-z]+$"), /pattern changed/],
  ["a format comes to what is received", () => planted(`${RECEIVED} properties title format`, "date-time"), /format added: narrower/],
  ["a constant is another", () => planted("components schemas TaskPaused properties type const", "task.stopped"), /constant changed/],
  ["a closed list that is received loses a value", () => unlisted(`${RECEIVED} properties access enum`, "link"), /closed list removed: narrower/],
  ["a closed list that is sent gets a value", () => changesBetween(withValue(CONTRACT, keys(`${SENT} properties protocol enum`), ["taskwire.v1"]), withValue(CONTRACT, keys(`${SENT} properties protocol enum`), ["taskwire.v1", "taskwire.v2"])), /closed list added: wider/],
  ["an open list loses a value", () => unlisted("components schemas TaskStatus x-open-enum", "waiting"), /open list removed/],
  ["a default is another", () => planted(`${RECEIVED} properties access default`, "link"), /default/],
  ["other fields are forbidden in what is received", () => planted(`${RECEIVED} additionalProperties`, false), /other fields are bound/],
  ["an alternative comes to a union that has no discriminator", () => listed("components schemas PageItem oneOf", { $ref: "#/components/schemas/StreamGapFrame" }), /alternative added: wider/],
  ["a type goes from a union", () => planted("components schemas StoredEvent oneOf 2", undefined), /alternative removed/],
  ["a field that was free must be one of several", () => planted(`${RECEIVED} anyOf`, [{ required: ["title"] }, { required: ["input"] }]), /alternatives added: narrower/],
  ["a change behind another reference", () => planted("components schemas EventPage properties status $ref", "#/components/schemas/PageGap"), /something else|wider/],
  ["a change deep inside, of items in a field of a schema that events refer to", () => planted("components schemas CompletionMetadata properties sources items $ref", "#/components/schemas/Usage"), /receivers rely on it/],
  ["a message is removed", () => planted("components messages StreamGap", undefined), /message removed/],
  ["a message has another name on the wire", () => planted("components messages StreamGap name", "stream.hole"), /name on the wire/],
  ["a media type is another", () => planted("components messages AppendLines contentType", "text/plain"), /media type/],
  ["a header that was free must be there", () => planted("components messages AppendEvent headers required", ["Idempotency-Key"]), /required now: narrower/],
  ["a correlation is lost", () => planted("components messages StreamAck correlationId", undefined), /find the answer by it/],
  ["a status code is another", () => planted("components messages TaskCreation bindings http statusCode", 200), /HTTP status/],
  ["only the service may write an event any more", () => planted("components messages LogLine x-event by", "service"), /producers are refused/],
  ["an event ends its task", () => planted("components messages TaskPaused x-event terminal", true), /ends with it/],
  ["an event puts its task in another status", () => planted("components messages TaskPaused x-event status", "waiting"), /folds/],
  ["a scope is named by another field", () => planted("components messages StepStarted x-event scope id", "id"), /names its scope/],
  ["a channel is removed", () => planted("channels taskStream", undefined), /channel removed/],
  ["an address is another", () => planted("channels socket address", "/v2/ws"), /address/],
  ["an address loses a part", () => planted("channels taskStream parameters taskId", undefined), /lost a part/],
  ["a channel has no message any more", () => planted("channels socket messages Append", undefined), /removed from the channel/],
  ["a query parameter is removed", () => planted("operations readEvents bindings http query properties wait", undefined), /not heeded any more/],
  ["a query parameter is bound", () => planted("operations readEvents bindings http query properties limit maximum", 10), /greatest value: narrower/],
  ["a method is another", () => planted("operations append bindings http method", "PUT"), /HTTP method/],
  ["an operation is removed", () => planted("operations append", undefined), /operation removed/],
  ["who sends and who receives is swapped", () => planted("operations deliver action", "receive"), /who sends/],
  ["an operation takes a message less", () => planted("operations append messages 2", undefined), /removed from the operation/],
  ["an answer is gone", () => planted("operations append reply messages 0", undefined), /does not come any more/],
  ["an answer that HTTP callers do not know", () => listed("operations append reply messages", { $ref: "#/channels/tasks/messages/TaskCreation" }), /callers do not know/],
  ["Server-Sent Events are written in another way", () => planted("operations streamTask x-sse stream_frames event", "frame"), /parsers rely on it/],
  ["the broker's log lies in another way", () => planted("channels log x-nats-jetstream retention", "interest"), /lies as it was/],
  ["a server is elsewhere", () => planted("servers http host", "other.example.com"), /where they know it/],
  ["a way to show a token is gone", () => planted("servers websocket security 1", undefined), /way to show/],
  ["an error code is removed", () => planted("x-errors codes fenced", undefined), /error code removed/],
  ["an error has another status", () => planted("x-errors codes fenced status", 410), /HTTP status/],
  ["an error closes", () => planted("x-errors codes fenced close", 4599), /close code/],
  ["an error is retryable", () => planted("x-errors codes fenced retryable", true), /obey/],
  ["a close code is another", () => planted("x-errors closes drain code", 4499), /close code/],
  ["the subprotocol is another", () => planted("x-protocol", "taskwire.v2"), /handshakes/],
];

const HARMLESS: [string, () => Change[]][] = [
  ["a field that is sent comes", () => planted(`${SENT} properties colour`, { type: "string" })],
  ["a field that is sent becomes required", () => listed(`${SENT} required`, "token_expires_at")],
  ["an optional field that is received comes", () => planted(`${RECEIVED} properties colour`, { type: "string" })],
  ["a required field that is received becomes optional", () => unlisted(`${RECEIVED} required`, "kind")],
  ["a bound on what is received widens", () => planted(`${RECEIVED} properties title maxLength`, 4096)],
  ["a bound on what is sent narrows", () => planted(`${SENT} properties heartbeat_ms maximum`, 60_000)],
  ["a closed list that is received gets a value", () => listed(`${RECEIVED} properties access enum`, "team")],
  ["an open list gets a value", () => listed("components schemas TaskStatus x-open-enum", "sleeping")],
  ["an event comes, to the union and to the channels", () => [...listed("components schemas StoredEvent oneOf", { $ref: "#/components/schemas/LogLineEvent" }), ...planted("channels socket messages Another", { $ref: "#/components/messages/LogLine" })]],
  ["a field's schema gets a name", () => planted("components schemas EventPage properties status", valueAt(keys("components schemas TaskStatus")))],
  ["a description, a title or an example is another", () => [...planted("components schemas TaskStatus description", "x"), ...planted("channels socket title", "x"), ...planted("components messages LogLine examples 0 payload data text", "x"), ...planted("info description", "x")]],
  ["advice is better", () => planted("x-errors codes fenced advice", "Stop.")],
  ["an error, an operation, a channel, a message comes", () => [...planted("x-errors codes new", { status: 400 }), ...planted("operations more", { action: "send" }), ...planted("channels more", {}), ...planted("components messages More", {})]],
  ["producers may write what only the service wrote", () => planted("components messages TaskQueued x-event by", undefined)],
];

describe("a change of the contract", () => {
  test("that is none is told as none", () => {
    expect(changesBetween(CONTRACT, structuredClone(CONTRACT))).toEqual([]);
  });

  test.each(BREAKS)("breaks somebody where %s", (_name, run, reason) => {
    const changes = run();
    expect(changes.filter(({ breaking, judged }) => breaking && judged).map((change) => change.reason).join("\n")).toMatch(reason);
  });

  test.each(HARMLESS)("breaks nobody where %s", (_name, run) => {
    const changes = run();
    expect(changes.filter(({ breaking }) => breaking)).toEqual([]);
    expect(changes.length).toBeGreaterThan(0);
  });

  test("says where it is, once, however often it is referred to", () => {
    expect(planted("components schemas Failure properties code maxLength", 4).map(({ path }) => path)).toEqual(["components.schemas.Failure.properties.code.maxLength"]);
  });

  test("that no rule knows is breaking and unjudged", () => {
    for (const path of ["components schemas TaskStatus if", "components messages LogLine x-event colour", "x-errors codes fenced colour", "channels socket x-new", "operations append traits", "surprise"]) {
      expect({ path, changes: planted(path, { a: 1 }).map(({ breaking, judged }) => ({ breaking, judged })) }).toEqual({ path, changes: [{ breaking: true, judged: false }] });
    }
    expect(planted("operations readEvents messages", undefined)).toMatchObject([{ breaking: true, judged: false }]);
  });

  test("is reported somehow, whichever single value or branch of the contract is another, is gone or has come", () => {
    const unseen: string[] = [];
    let tried = 0;
    const attempt = (path: readonly string[], value: unknown): void => {
      tried += 1;
      if (changesBetween(CONTRACT, withValue(CONTRACT, path, value)).length === 0) unseen.push(`${path.join(" ")} = ${JSON.stringify(value)}`);
    };
    const visit = (value: unknown, path: readonly string[]): void => {
      if (!isNode(value)) {
        attempt(path, typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${String(value)}!`);
        return attempt(path, undefined);
      }
      attempt([...path, Array.isArray(value) ? String(value.length) : "planted"], "new");
      if (path.length > 0) attempt(path, undefined);
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    };
    visit(CONTRACT, []);
    expect(unseen).toEqual([]);
    expect(tried).toBeGreaterThan(10_000);
  }, 60_000);
});

describe("npm run contract:diff", () => {
  const run = (folder: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("node", [MAIN, "--repository", folder, ...args], { encoding: "utf8", timeout: 60_000 });
    return { status, stdout, stderr };
  };

  /** A repository of its own, with this contract in its only commit. */
  function repository(): { folder: string; git(...args: string[]): void } & Disposable {
    const folder = mkdtempSync(join(tmpdir(), "taskwire-diff-"));
    const git = (...args: string[]): void => void execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.test", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false", ...args], { cwd: folder, stdio: "pipe" });
    cpSync(join(ROOT, "contract"), join(folder, "contract"), { recursive: true, filter: (path) => !/\/(generator|vectors)$/.test(path) });
    git("init", "-q");
    git("add", ".");
    git("commit", "-q", "-m", "The contract");
    return { folder, git, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
  }

  test("compares with the last tag, and its exit code says whether something breaks", () => {
    using own = repository();
    own.git("tag", "v1.0.0");
    expect(run(own.folder)).toMatchObject({ status: 0, stdout: expect.stringContaining("v1.0.0 → the working tree\n\nNothing has changed.") });
    const file = join(own.folder, "contract/errors.yaml");
    const table = readFileSync(file, "utf8");
    writeFileSync(file, table.replace("Stop working on this task", "Stop"));
    expect(run(own.folder)).toMatchObject({ status: 0, stdout: expect.stringContaining("0 breaking, 1 not breaking.") });
    writeFileSync(file, table.replace("fenced: { status: 409", "fenced: { status: 410"));
    expect(run(own.folder)).toMatchObject({ status: 1, stdout: expect.stringMatching(/Breaking:\n {2}x-errors\.codes\.fenced\.status\n {6}409 → 410\n/) });
    expect(JSON.parse(run(own.folder, "--json", "--against", "HEAD").stdout)).toMatchObject({ against: "HEAD", breaking: true, changes: [{ path: "x-errors.codes.fenced.status", before: 409, after: 410 }] });
  }, 60_000);

  test("says what to do where it cannot compare", () => {
    using own = repository();
    expect(run(own.folder)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/no git tag to compare with[\s\S]*--against REF/) });
    expect(run(own.folder, "--against", "nothing")).toMatchObject({ status: 2, stderr: expect.stringMatching(/^nothing is no tag, branch or commit/) });
    expect(run(own.folder, "--agianst", "v1")).toMatchObject({ status: 2, stderr: expect.stringContaining("--agianst") });
    writeFileSync(join(own.folder, "contract/errors.yaml"), "codes: [");
    expect(run(own.folder, "--against", "HEAD")).toMatchObject({ status: 2, stderr: expect.stringMatching(/working tree cannot be read: contract\/errors\.yaml/) });
    expect(run(own.folder, "--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("Exit code") });
  }, 60_000);
});
