/** Settings: what they default to, and that every mistake is told at once with what was expected. */
import { describe, expect, test } from "bun:test";
import { ConfigError, limitSetting, readConfig } from "../../src/config.ts";
import { LIMITS } from "../../src/limits.ts";

const HERE = { homeFolder: "/users/ada", terminal: false };
const ISSUER = { TASKWIRE_ISSUER: "https://login.example.com/", TASKWIRE_AUDIENCE: "taskwire" };
const SECRET = "x".repeat(40);

function problems(settings: Record<string, string>): readonly string[] {
  try {
    readConfig(settings, HERE);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("without any, the service is on loopback with a development issuer and a broker of its own", () => {
    const config = readConfig({}, HERE);
    expect(config).toMatchObject({ host: "127.0.0.1", port: 8080, natsUrls: null, home: "/users/ada/.local/state/taskwire", auth: { kind: "development" }, origins: [], replicas: 1, logFormat: "json", logLevel: "info" });
    expect(config.limits).toEqual(LIMITS);
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("somebody who reads along gets words instead of JSON", () => {
    expect(readConfig({}, { ...HERE, terminal: true }).logFormat).toBe("pretty");
  });

  test("the state folder is where XDG says, or where it was told", () => {
    expect(readConfig({ XDG_STATE_HOME: "/state" }, HERE).home).toBe("/state/taskwire");
    expect(readConfig({ XDG_STATE_HOME: "/state", TASKWIRE_HOME: "/srv/tw" }, HERE).home).toBe("/srv/tw");
  });

  test("names of stages come on top of the usual ones, and are told where they cannot be read", () => {
    expect(readConfig({ TASKWIRE_DATA_QUESTIONS_STAGES: '{"Node 7":"fetching"}' }, HERE).dialects.stages.get("node_7")).toBe("fetching");
    expect(readConfig({}, HERE).dialects.stages.get("execute_sql")).toBe("fetching");
    expect(problems({ TASKWIRE_DATA_QUESTIONS_STAGES: '{"node_7":"cooking"}' })).toEqual([expect.stringContaining('TASKWIRE_DATA_QUESTIONS_STAGES cannot be read: "node_7" is "cooking"')]);
  });

  test("every limit can be set by its name", () => {
    for (const name of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
      const value = Math.max(1, Math.floor(LIMITS[name] * (["eventBytes", "pageEventsDefault", "pageTasksDefault", "appendBackoffMinMs", "requestBytes"].includes(name) ? 0.5 : 1)));
      expect(readConfig({ [limitSetting(name)]: String(value) }, HERE).limits[name]).toBe(value);
    }
    expect(limitSetting("heartbeatMs")).toBe("TASKWIRE_HEARTBEAT_MS");
  });

  test("all mistakes are told at once, each with the value, what was expected and an example", () => {
    const found = problems({ PORT: "eighty", TASKWIRE_REPLICAS: "2", TASKWIRE_LOG: "xml", TASKWIRE_HEARTBEAT_MS: "-1", TASKWIRE_HOME: "here", NATS_URL: "http://broker:4222" });
    expect(found).toHaveLength(6);
    expect(found.find((line) => line.startsWith("PORT"))).toBe('PORT is "eighty"; expected a whole number from 0 to 65535, such as PORT=8080');
    expect(found.find((line) => line.startsWith("NATS_URL"))).toContain("nats://127.0.0.1:4222");
    expect(found.find((line) => line.startsWith("TASKWIRE_HEARTBEAT_MS"))).toContain("expected a whole number from 150 to 1500000");
  });

  test("limits that contradict each other are refused", () => {
    expect(problems({ TASKWIRE_EVENT_BYTES: "200000", TASKWIRE_REQUEST_BYTES: "100000" })[0]).toContain("TASKWIRE_EVENT_BYTES is 200000, more than TASKWIRE_REQUEST_BYTES (100000)");
  });

  test("an address that others can reach needs an issuer", () => {
    expect(problems({ HOST: "0.0.0.0" })[0]).toContain("TASKWIRE_JWKS_URL");
    expect(readConfig({ HOST: "0.0.0.0", TASKWIRE_JWT_SECRET: SECRET, ...ISSUER }, HERE).auth.kind).toBe("secret");
  });

  test("an issuer is complete or it is refused", () => {
    expect(problems({ TASKWIRE_JWKS_URL: "https://login.example.com/jwks" })).toHaveLength(2);
    expect(problems({ TASKWIRE_ISSUER: "https://login.example.com/" })).toHaveLength(1);
    expect(problems({ TASKWIRE_JWKS_URL: "https://login.example.com/jwks", TASKWIRE_JWT_SECRET: SECRET, ...ISSUER })[0]).toContain("expected one of them");
    expect(readConfig({ TASKWIRE_JWKS_URL: "https://login.example.com/jwks", ...ISSUER }, HERE).auth).toEqual({ kind: "jwks", url: "https://login.example.com/jwks", issuer: ISSUER.TASKWIRE_ISSUER, audience: "taskwire" });
  });

  test("a secret that is too short is refused without being repeated", () => {
    const [line] = problems({ TASKWIRE_JWT_SECRET: "hunter2", ...ISSUER });
    expect(line).toContain("at least 32 bytes");
    expect(line).not.toContain("hunter2");
  });

  test("replicas need a cluster of one's own", () => {
    expect(problems({ TASKWIRE_REPLICAS: "3" })[0]).toContain("NATS_URL");
    expect(readConfig({ TASKWIRE_REPLICAS: "3", NATS_URL: "nats://a:4222, nats://b:4222,nats://user:word@c:4222" }, HERE).natsUrls).toHaveLength(3);
  });

  test("an origin is a scheme, a host and a port", () => {
    expect(problems({ TASKWIRE_ORIGINS: "https://app.example.com/path" })).toHaveLength(1);
    expect(readConfig({ TASKWIRE_ORIGINS: "https://app.example.com, http://localhost:3000" }, HERE).origins).toEqual(["https://app.example.com", "http://localhost:3000"]);
  });

  test("a setting that is perhaps misspelt is pointed out, and stops nothing", () => {
    expect(readConfig({ TASKWIRE_HARTBEAT_MS: "1" }, HERE).unknown).toEqual(["TASKWIRE_HARTBEAT_MS"]);
  });
});
