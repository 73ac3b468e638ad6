/** The alerts, the dashboard and the runbook of `deploy/` beside the running service: no name in them that it does not have. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { limitSetting } from "../../src/config.ts";
import { LIMITS } from "../../src/limits.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { openStream } from "../support/sse.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dir, "../..");
const DEPLOY = join(ROOT, "deploy");
const LIMIT_MS = 15_000;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const read = (path: string): string => readFileSync(join(DEPLOY, path), "utf8");
const rules = (Bun.YAML.parse(read("prometheus/alerts.yaml")) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

/** Every string of a document whose key is one of these. */
function strings(value: unknown, keys: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => strings(each, keys));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => (keys.includes(key) && typeof each === "string" ? [each] : strings(each, keys)));
}

const SOURCES = ["src/**/*.ts", "generated/typescript/errors.ts"].flatMap((glob) => [...new Bun.Glob(glob).scanSync(ROOT)]).map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
const SOURCE = SOURCES.map(({ text }) => text).join("\n");
const inSource = (text: string): boolean => SOURCE.includes(text);

/** Every setting that the service and its command line read. */
const SETTINGS: ReadonlySet<string> = new Set([...[...SOURCE.matchAll(/"(TASKWIRE_[A-Z_]+)"/g)].map(([, name = ""]) => name), ...Object.keys(LIMITS).map(limitSetting)]);

const panels = strings(JSON.parse(read("grafana/taskwire.json")), ["expr", "definition", "query"]).filter((text) => /[({]/.test(text));
const expressions = [...rules.map(({ expr }) => expr), ...panels];

interface Asked {
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** What is summed by: labels of one of the metrics at least. */
  readonly by: readonly string[];
  /** Values of labels that are chosen. */
  readonly values: readonly string[];
}

const OF_PROMETHEUS: ReadonlySet<string> = new Set(["job", "instance", "le"]);

/** What an expression asks for; `up` is Prometheus' own. */
function asked(expression: string): Asked {
  const chosen = [...expression.matchAll(/\b((?:taskwire|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)].map(([, name = "", text = ""]) => ({
    name,
    pairs: [...text.matchAll(/(\w+)\s*=~?\s*"([^"]*)"/g)].map(([, label = "", value = ""]) => ({ label, value })).filter(({ label }) => !OF_PROMETHEUS.has(label)),
  }));
  return {
    metrics: chosen.map(({ name, pairs }) => ({ name, labels: pairs.map(({ label }) => label) })),
    by: [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(",").map((each) => each.trim())).filter((label) => !OF_PROMETHEUS.has(label)),
    values: chosen.flatMap(({ pairs }) => pairs.flatMap(({ value }) => value.split("|"))),
  };
}

describe("what operators look at", () => {
  let nats: NatsServer;
  let service: Service;
  let offered: Map<string, Set<string>>;

  async function metrics(): Promise<Map<string, Set<string>>> {
    const found = new Map<string, Set<string>>();
    const text = await (await fetch(`${service.url}/metrics`)).text();
    for (const [, name = ""] of text.matchAll(/^# TYPE (\S+)/gm)) found.set(name, new Set());
    for (const [, name = "", labels = ""] of text.matchAll(/^([a-z0-9_]+)(?:\{([^}]*)\})? /gm)) {
      const known = found.get(name) ?? new Set();
      for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label);
      found.set(name, known);
    }
    return found;
  }

  /** Some of everything that is counted with a label. */
  async function traffic(): Promise<void> {
    const headers = { authorization: `Bearer ${await signUp(service.url)}`, "content-type": "application/json" };
    const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => (await (await fetch(`${service.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json()) as Record<string, unknown>;
    await Promise.all([1, 2, 3].map(() => post("/v1/tasks", { kind: "waits", queue: true })));
    const { leases } = (await post("/v1/work/waits/lease", { max: 1, worker_id: "w" })) as { leases: { task_id: string }[] };
    expect(leases).toHaveLength(1);
    await post(`/v1/tasks/${leases[0]?.task_id}/commands`, { command: "pause", command_id: "c1" });
    {
      using stream = await openStream(service.url, `/v1/tasks/${leases[0]?.task_id}/events`, headers);
      await stream.frame("stream.caught_up");
      using refused = await openStream(service.url, `/v1/tasks/${leases[0]?.task_id}/events`, headers);
      expect(refused.refusal.code).toBe("rate_limited");
      await until("the connection is counted", LIMIT_MS, async () => (await metrics()).get("taskwire_connections")?.has("transport"));
    }
    await until("the connection's end and the queue are counted", LIMIT_MS, async () => {
      const now = await metrics();
      return now.get("taskwire_closes_total")?.has("transport") && now.get("taskwire_queued")?.has("kind");
    });
  }

  beforeAll(async () => {
    nats = await startNats();
    const { user, password } = nats.credentials as { user: string; password: string };
    service = await startService({ env: { NATS_URL: nats.url.replace("nats://", `nats://${user}:${password}@`), TASKWIRE_USER_CONNECTIONS: "1", TASKWIRE_QUEUE_POSITION_MS: "100" } });
    await traffic();
    offered = await metrics();
  }, 60_000);
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await nats?.[Symbol.asyncDispose]();
  });

  test("is called as the service calls it, label by label", () => {
    const all = expressions.map(asked);
    expect(all.flatMap(({ metrics: each }) => each).length).toBeGreaterThan(60);
    const has = (name: string, label: string): boolean => SELDOM.has(`${name} ${label}`) || offered.get(name)?.has(label) === true;
    const wrong = all.flatMap(({ metrics: each, by }) => [
      ...each.flatMap(({ name, labels }) => (offered.has(name) ? labels.filter((label) => !has(name, label)).map((label) => `${name} has no label ${label}`) : [`there is no ${name}`])),
      ...by.filter((label) => !each.some(({ name }) => has(name, label))).map((label) => `none of ${each.map(({ name }) => name).join(", ")} has a label ${label}`),
    ]);
    expect([...new Set(wrong)]).toEqual([]);
    const values = new Set(all.flatMap((each) => each.values));
    expect(values.size).toBeGreaterThan(5);
    expect([...values].filter((value) => !inSource(`"${value}"`))).toEqual([]);
  });

  test("is counted somewhere: what only stands at zero would never raise an alert", () => {
    const counting = SOURCES.filter(({ path }) => !/^src\/(http\/metrics|domain\/meter)\.ts$/.test(path)).map(({ text }) => text).join("\n");
    const ours = [...offered.keys()].filter((name) => name.startsWith("taskwire_")).map((name) => name.replace(/^taskwire_/, "").replace(/_(total|bucket|sum|count)$/, ""));
    expect([...new Set(ours)].filter((name) => !counting.includes(`"${name}"`))).toEqual([]);
  });

  test("says when the broker is away, and when it is back", async () => {
    const connected = async (): Promise<string | undefined> => /^taskwire_broker_connected (\d)/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1];
    expect(await connected()).toBe("1");
    await nats.kill();
    await until("it is away", LIMIT_MS, async () => (await connected()) === "0");
    await nats.restart();
    await until("it is back", LIMIT_MS, async () => (await connected()) === "1");
  }, 40_000);
});

/** Labels of what did not happen here: a worker that fell silent, the sweeper's work, producers that write straight to the broker. */
const SELDOM: ReadonlySet<string> = new Set(["taskwire_sweeps_total what", "taskwire_inbox_total outcome"]);

describe("the alerts", () => {
  const runbook = read("RUNBOOK.md");

  test("are each explained, and nothing else is: what it means, what to do", () => {
    const sections = new Map(runbook.split(/^### /m).slice(1).map((text) => [text.slice(0, text.indexOf("\n")).trim(), text]));
    expect([...sections.keys()].sort()).toEqual(rules.map(({ alert }) => alert).sort());
    expect(rules.filter(({ alert }) => !sections.get(alert)?.includes("**Do**")).map(({ alert }) => alert)).toEqual([]);
    expect(rules.map(({ alert, annotations }) => annotations.runbook_url === `deploy/RUNBOOK.md#${alert.toLowerCase()}`)).toEqual(rules.map(() => true));
    expect(new Set(rules.map(({ labels }) => labels.severity))).toEqual(new Set(["page", "ticket"]));
  });

  test("are each known to the dashboard or need no picture, and fire in a test", () => {
    const named = new Set([...read("grafana/taskwire.json").matchAll(/Taskwire[A-Z]\w+/g)].map(([name]) => name));
    expect([...named].filter((name) => !rules.some(({ alert }) => alert === name))).toEqual([]);
    const tested = read("prometheus/alerts.test.yaml");
    expect(rules.filter(({ alert }) => !tested.includes(`alertname="${alert}"`)).map(({ alert }) => alert)).toEqual([]);
  });

  test("hold before Prometheus' own tool", async () => {
    if (Bun.which("promtool") === null) return console.log("skipped: the alerts were not played, no promtool on this machine: Debian's package prometheus has it");
    for (const args of [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"], ["check", "config", "prometheus.yaml"]]) {
      const ran = Bun.spawnSync(["promtool", ...args], { cwd: join(DEPLOY, "prometheus") });
      expect({ args, code: ran.exitCode, said: ran.exitCode === 0 ? "" : `${ran.stdout}${ran.stderr}` }).toEqual({ args, code: 0, said: "" });
    }
  }, 60_000);

  test("send people to commands that there are", async () => {
    const help = async (...words: string[]): Promise<string> => new Response(Bun.spawn([process.execPath, join(ROOT, "src/cli/main.ts"), ...words, "--help"], { stdout: "pipe" }).stdout).text();
    const commands = new Set([...(await help()).matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name));
    const used = [...runbook.matchAll(/taskwire (\w+)(?: (--[\w-]+|[a-z]+))?/g)].filter(([whole]) => !/^taskwire (is|where)\b/.test(whole));
    expect(used.length).toBeGreaterThan(12);
    for (const [whole, command = "", word] of used) {
      expect({ whole, known: commands.has(command) }).toEqual({ whole, known: true });
      if (word !== undefined) expect(await help(command)).toContain(word);
    }
    const settings = [...new Set([...runbook.matchAll(/TASKWIRE_[A-Z_]+[A-Z]/g)].map(([name]) => name))].filter((name) => name !== "TASKWIRE_ASIDE");
    expect(settings.filter((name) => !SETTINGS.has(name))).toEqual([]);
  }, 60_000);

  test("send people to words that the journal has", () => {
    const words = [...runbook.matchAll(/`((?:broker|request|sweep|message|log|append|too|queue|address)_[a-z_]+|leading)`/g)].map(([, word = ""]) => word);
    expect(words.length).toBeGreaterThan(8);
    expect(words.filter((word) => !inSource(`"${word}"`))).toEqual([]);
  });
});
