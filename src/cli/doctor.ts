/** `taskwire doctor`: is everything there, does it work, how fast is it, and what to do where not. Publishes what it finds as a task. */
import { type Client, type Publisher, TaskwireError, type TransportName } from "../../clients/typescript/src/client.ts";
import type { Command } from "./command.ts";
import { type Latency, measureAppend, measureLive, shown } from "./doctor-measure.ts";
import { findBroker, measureRaw } from "./doctor-raw.ts";
import { endEvents, type Finding, lineOf, publish, stepEvents } from "./doctor-report.ts";
import { CommandError, EXIT, messageOf } from "./exit.ts";
import { clientFor, type SignIn, signIn, type Settings } from "./sign-in.ts";
import type { Terminal } from "./terminal.ts";

const APPENDS = 100;
const LIVE_EVENTS = 50;
const ANSWER_LIMIT_MS = 3_000;

export interface DoctorOptions {
  readonly settings: Settings;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly json: boolean;
  readonly url?: string;
  /** Only this check. */
  readonly only?: string;
}

interface Examination {
  readonly options: DoctorOptions;
  readonly service: SignIn;
  readonly client: Client;
  /** The task that is written, once there is one. */
  task: { readonly id: string; readonly publisher: Publisher } | null;
  raw: { readonly append: Latency; readonly live: Latency } | null;
}

type Outcome = Omit<Finding, "name" | "title">;

interface Check {
  readonly name: string;
  readonly title: string;
  /** The rest makes no sense without it. */
  readonly vital?: boolean;
  look(examination: Examination): Promise<Outcome>;
}

const PROXY_ADVICE: Readonly<Record<TransportName, string>> = {
  websocket: "Something in between may refuse upgrades: let it pass the headers Upgrade and Connection on /v1/*. Clients use SSE meanwhile.",
  sse: "Something in between may hold the stream back: switch its buffering off (nginx: proxy_buffering off). WebSocket is not affected.",
  long_poll: "Something in between may refuse plain requests: let it pass /v1/*.",
};

async function getJson({ service, options }: Examination, path: string): Promise<{ status: number; body: Record<string, unknown>; ms: number }> {
  const began = performance.now();
  const token = ((): string => {
    try {
      return service.token();
    } catch {
      return "";
    }
  })();
  const response = await fetch(new URL(path, service.url), {
    headers: { accept: "application/json", ...(token && path.startsWith("/v1") ? { authorization: `Bearer ${token}` } : {}) },
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
  });
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== "object" || body === null) throw new TaskwireError("not_taskwire", { detail: `${path} was answered with HTTP ${response.status} and no JSON.` });
  return { status: response.status, body: body as Record<string, unknown>, ms: performance.now() - began };
}

const ratio = (mine: Latency, raw: Latency | undefined): string => (raw ? ` (JetStream alone: ${shown(raw)}; ${(mine.p50 / raw.p50).toFixed(1)} × of it)` : "");

function liveCheck(transport: TransportName, title: string): Check {
  return {
    name: transport,
    title,
    async look({ client, service, task, raw, options }) {
      if (!task) return { ok: null, detail: "there is no task to watch" };
      try {
        const live = await measureLive(client, clientFor(service, { transport }), task.id, transport, LIVE_EVENTS, options.signal);
        return { ok: true, detail: `${shown(live)} from publishing to watching${ratio(live, raw?.live)}`, values: { [`${transport}_p50_ms`]: live.p50, [`${transport}_p99_ms`]: live.p99 } };
      } catch (error) {
        return { ok: false, detail: messageOf(error), advice: PROXY_ADVICE[transport] };
      }
    },
  };
}

const CHECKS: readonly Check[] = [
  {
    name: "service",
    title: "Is the service there?",
    vital: true,
    async look(examination) {
      const { body, ms } = await getJson(examination, "/healthz");
      return { ok: true, detail: `Taskwire ${String(body.version ?? "")} at ${examination.service.url} answers in ${ms.toFixed(0)} ms` };
    },
  },
  {
    name: "ready",
    title: "Does it have what it needs?",
    async look(examination) {
      const { status, body } = await getJson(examination, "/readyz");
      const checks = Array.isArray(body.checks) ? (body.checks as { name?: string; ok?: boolean; detail?: string }[]) : [];
      const detail = checks.map(({ name, detail: text }) => `${name}: ${text}`).join("; ") || `HTTP ${status}`;
      return { ok: status === 200, detail, advice: "The journal of the service says more; with NATS_URL set, look whether that broker runs." };
    },
  },
  {
    name: "sign-in",
    title: "Am I signed in?",
    vital: true,
    async look(examination) {
      const { status, body } = await getJson(examination, "/v1/me");
      if (status !== 200) return { ok: false, detail: String(body.detail ?? `HTTP ${status}`), advice: `${String(body.advice ?? "")} The command line takes the token from TASKWIRE_TOKEN, or from the service on this machine.`.trim() };
      const scopes = Array.isArray(body.scopes) ? body.scopes.join(" ") : "";
      return { ok: true, detail: `as ${String(body.name ?? body.user)}${scopes ? ` (${scopes})` : ""}` };
    },
  },
  {
    name: "broker",
    title: "How fast is JetStream alone?",
    async look(examination) {
      const broker = await findBroker(examination.options.settings);
      if (typeof broker === "string") return { ok: null, detail: `not measured alone: ${broker}` };
      const raw = await measureRaw(broker, APPENDS);
      examination.raw = raw;
      return {
        ok: true,
        detail: `nats-server${raw.version ? ` ${raw.version}` : ""}: append ${shown(raw.append)}; live ${shown(raw.live)}`,
        values: { jetstream_append_p50_ms: raw.append.p50, jetstream_append_p99_ms: raw.append.p99, jetstream_live_p50_ms: raw.live.p50, jetstream_live_p99_ms: raw.live.p99 },
      };
    },
  },
  {
    name: "append",
    title: "How long until an event is stored?",
    async look({ client, task, raw, options }) {
      if (!task) return { ok: null, detail: "there is no task to append to" };
      const append = await measureAppend(client, task.id, APPENDS, options.signal);
      return { ok: true, detail: `${shown(append)} over HTTP${ratio(append, raw?.append)}`, values: { append_p50_ms: append.p50, append_p99_ms: append.p99 } };
    },
  },
  liveCheck("websocket", "How long until a watcher sees it, over WebSocket?"),
  liveCheck("sse", "How long until a watcher sees it, over Server-Sent Events?"),
];

const NATS_SERVER: Check = {
  name: "nats-server",
  title: "Can a nats-server be had?",
  async look({ options: { terminal } }) {
    const { obtainServer } = await import("../log/server-binary.ts");
    const { path, version } = await obtainServer({ progress: (line) => terminal.note(line) });
    return { ok: true, detail: `nats-server ${version} at ${path}` };
  },
};

/** Looks, and makes of every error a finding. */
async function find(check: Check, examination: Examination): Promise<Finding> {
  const { name, title } = check;
  try {
    return { name, title, ...(await check.look(examination)) };
  } catch (error) {
    if (examination.options.signal.aborted) throw new CommandError("interrupted", EXIT.interrupted);
    const known = error instanceof TaskwireError ? error : null;
    const away = name === "service" && known === null;
    const detail = away ? `${examination.service.url} does not answer (${messageOf(error)})` : messageOf(error);
    return { name, title, ok: false, detail, ...(away ? { advice: "Start it with `npm start`, or say with TASKWIRE_URL where it runs." } : known?.advice ? { advice: known.advice } : {}) };
  }
}

/** Makes the task of the examination as soon as there is somebody to make it for. */
async function openTask(examination: Examination): Promise<void> {
  const { client, options } = examination;
  const { task_id: id } = await client.create({ kind: "doctor", title: "Examination of this service" }, { signal: options.signal, giveUpMs: ANSWER_LIMIT_MS });
  examination.task = { id, publisher: client.publisher(id, { signal: options.signal }) };
  publish(examination.task.publisher, [{ type: "task.started", data: { attempt: 1, total_steps: CHECKS.length } }]);
}

/** Runs the examination and answers the exit code. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { terminal, json, only } = options;
  const service = signIn(options.settings, options.url);
  const examination: Examination = { options, service, client: clientFor(service), task: null, raw: null };
  const checks = only === undefined ? CHECKS : [NATS_SERVER, ...CHECKS].filter(({ name }) => name === only);
  if (checks.length === 0) throw new CommandError(`there is no check "${only}"; there are ${[NATS_SERVER, ...CHECKS].map(({ name }) => name).join(", ")}.`, EXIT.usage);
  const findings: Finding[] = [];
  const untold: { finding: Finding; tookMs: number }[] = [];
  const began = performance.now();
  for (const check of checks) {
    const looked = performance.now();
    if (examination.task === null && ["append", "websocket", "sse"].includes(check.name)) await openTask(examination);
    const finding = await find(check, examination);
    findings.push(finding);
    untold.push({ finding, tookMs: performance.now() - looked });
    if (!json) terminal.out.write(lineOf(finding, terminal));
    if (only === undefined && check.name === "sign-in" && finding.ok) await openTask(examination);
    if (examination.task) for (const told of untold.splice(0)) publish(examination.task.publisher, stepEvents(told.finding, findings.indexOf(told.finding) + 1, checks.length, told.tookMs));
    // What is measured next appends by itself: what was pushed must be in the log before, or it would be counted in.
    await examination.task?.publisher.flush();
    if (check.vital && !finding.ok) break;
  }
  const ok = findings.every((finding) => finding.ok !== false);
  await finish(examination, findings, performance.now() - began);
  if (json) terminal.out.write(`${JSON.stringify({ ok, task_id: examination.task?.id ?? null, findings })}\n`);
  return ok ? EXIT.ok : EXIT.failed;
}

async function finish({ task, options: { json, terminal } }: Examination, findings: readonly Finding[], tookMs: number): Promise<void> {
  if (!task) return;
  publish(task.publisher, endEvents(findings, tookMs));
  await task.publisher.flush();
  if (!json) terminal.out.write(`\nThis was published as task ${task.id}: taskwire tail ${task.id}\n`);
}

/** Examines the service and what it stands on. */
export const command: Command = {
  name: "doctor",
  summary: "look whether everything is there and works, and how fast it is",
  usage: "doctor [--only CHECK] [--json]",
  help: `
Looks at the service, what it needs, the sign-in, the broker, appending, and watching over both transports, and says what to do
where something is not as it should be. What it finds is published as a task of kind "doctor".

  --only CHECK         one of: nats-server, ${CHECKS.map(({ name }) => name).join(", ")}
                       (nats-server: get one into the cache; needs no service)
  --json               one JSON object: {"ok", "task_id", "findings": [{"name", "ok", "detail", "advice", "values"}]}
  --url ADDRESS        another service

Exit code: 0 all is well, 1 something is not, 130 Ctrl-C.`,
  options: { only: { type: "string" } },
  async run(args, { settings, terminal, signal }) {
    if (args.words.length > 0) throw new CommandError(`"${args.words[0]}" was not expected. See taskwire doctor --help.`, EXIT.usage);
    const only = args.text("only");
    const url = args.text("url");
    return runDoctor({ settings, terminal, signal, json: args.flag("json"), ...(only === undefined ? {} : { only }), ...(url === undefined ? {} : { url }) });
  },
};
