/** Tokens: who they say the caller is, and why they are refused. */
import { describe, expect, test } from "bun:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { TaskwireError } from "../../src/domain/error.ts";
import { createAuthenticator, userKey } from "../../src/http/auth.ts";
import { sha256Text, storedSecret } from "../../src/http/digest.ts";
import { createDevelopmentIssuer } from "../../src/http/issuer.ts";
import { corsHeaders, isLocalPage, originAllowed } from "../../src/http/origin.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { realEnvironment } from "../support/environment.ts";
import { AUDIENCE, ISSUER, makeToken, SECRET } from "../support/token.ts";

const START = Date.now();
const clockAt = (now: () => number) => ({ now });
const noSecret = async (): Promise<Uint8Array> => new Uint8Array(32);
const bySecret = (now: () => number = Date.now) =>
  createAuthenticator({ config: { kind: "secret", secret: SECRET, issuer: ISSUER, audience: AUDIENCE }, clock: clockAt(now), limits: LIMITS, developmentSecret: noSecret });

async function refusal(run: () => Promise<unknown>): Promise<TaskwireError> {
  const error = await run().then(() => null, (thrown: unknown) => thrown);
  if (error instanceof TaskwireError) return error;
  throw new Error(`expected a refusal, got ${String(error)}`);
}

describe("tokens", () => {
  test("a good one says who calls and what they may", async () => {
    const auth = bySecret();
    const token = await makeToken({ subject: "ada", scope: "tasks:publish work" });
    expect(auth.known(token)).toBeNull();
    const identity = await auth.verify(token);
    expect(identity.user).toBe(await userKey(ISSUER, "ada"));
    expect([...identity.scopes]).toEqual(["tasks:publish", "work"]);
    expect(identity.kinds).toBeNull();
    expect(auth.known(token)).toBe(identity);
  });

  test("the user's key hides the subject, and the same subject of another issuer is another user", async () => {
    const key = await userKey(ISSUER, "ada");
    expect(key).toBe(await sha256Text(`${ISSUER}\0ada`));
    expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await userKey("https://other.example", "ada")).not.toBe(key);
  });

  test("each fault has its code and says which it is", async () => {
    const auth = bySecret();
    const cases: [string, string, string][] = [
      [await makeToken({ secret: "another secret, also long enough for it" }), "token_invalid", "signature"],
      [await makeToken({ issuer: "https://other.example" }), "token_invalid", "another issuer"],
      [await makeToken({ audience: "somebody-else" }), "token_invalid", "another audience"],
      [await makeToken({ lifetime: -3600 }), "token_expired", "expired"],
      ["abc", "token_invalid", "not a signed JWT"],
      [`${await makeToken()}x`, "token_invalid", ""],
      [`${btoa('{"alg":"none"}').replace(/=/g, "")}.${btoa('{"sub":"ada"}').replace(/=/g, "")}.`, "token_invalid", "algorithm"],
      ["x".repeat(9_000), "token_invalid", "characters"],
    ];
    for (const [token, code, words] of cases) {
      const error = await refusal(() => auth.verify(token));
      expect([error.code, error.detail]).toEqual([code as never, expect.stringContaining(words)]);
      expect(error.detail).not.toContain(token);
    }
  });

  test("a token without an end is refused", async () => {
    const token = await new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject("ada").setIssuer(ISSUER).setAudience(AUDIENCE).sign(new TextEncoder().encode(SECRET));
    expect((await refusal(() => bySecret().verify(token))).detail).toBe("The token's claim exp is missing.");
  });

  test("clocks may differ a little, and a remembered token ends with itself", async () => {
    let now = START;
    const auth = bySecret(() => now);
    const token = await makeToken({ lifetime: 60 });
    await auth.verify(token);
    now = START + 60_000 + LIMITS.tokenLeewayMs / 2;
    expect((await auth.verify(token)).user).toBeString();
    now = START + 62_000 + LIMITS.tokenLeewayMs;
    expect(auth.known(token)).toBeNull();
    expect((await refusal(() => auth.verify(token))).code).toBe("token_expired");
  });

  test("keys come from the issuer's key set, and an issuer that is away is no fault of the token", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
    let away = true;
    using issuer = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => (away ? new Response("no", { status: 500 }) : Response.json({ keys: [jwk] })) });
    const auth = createAuthenticator({ config: { kind: "jwks", url: `http://127.0.0.1:${issuer.port}/jwks`, issuer: ISSUER, audience: AUDIENCE }, clock: { now: Date.now }, limits: LIMITS, developmentSecret: noSecret });
    const sign = (kid: string): Promise<string> => new SignJWT({ scope: "admin" }).setProtectedHeader({ alg: "ES256", kid }).setSubject("ada").setIssuer(ISSUER).setAudience(AUDIENCE).setExpirationTime("1h").sign(privateKey);
    expect((await refusal(async () => auth.verify(await sign("k1")))).code).toBe("unavailable");
    away = false;
    expect([...(await auth.verify(await sign("k1"))).scopes]).toEqual(["admin"]);
    expect((await refusal(async () => auth.verify(await sign("k2")))).detail).toContain("does not publish");
    // A symmetric signature made from public material must never pass.
    expect((await refusal(async () => auth.verify(await makeToken()))).code).toBe("token_invalid");
  });
});

describe("the development issuer", () => {
  const made = () => {
    const environment = realEnvironment();
    const { keys } = createMemoryStore({ environment });
    const secret = storedSecret(keys, "development-issuer", environment.random);
    const auth = createAuthenticator({ config: { kind: "development" }, clock: environment.clock, limits: LIMITS, developmentSecret: secret });
    return { keys, secret, auth, issuer: createDevelopmentIssuer(keys, secret, environment), environment };
  };

  test("accounts keep their user from sign-in to sign-in, also for another instance on the same store", async () => {
    const { issuer, auth, keys, environment } = made();
    const first = await auth.verify((await issuer.register({ email: "Ada@example.com", password: "seven77", full_name: "Ada" })).access_token);
    const second = await auth.verify((await issuer.login({ email: "ada@example.com", password: "seven77" })).access_token);
    expect(second.user).toBe(first.user);
    expect([...first.scopes]).toEqual(["tasks:publish", "work"]);
    expect(first.name).toBe("Ada");
    const other = createAuthenticator({ config: { kind: "development" }, clock: environment.clock, limits: LIMITS, developmentSecret: storedSecret(keys, "development-issuer", environment.random) });
    expect((await other.verify((await issuer.login({ email: "ada@example.com", password: "seven77" })).access_token)).user).toBe(first.user);
  });

  test("a taken email and wrong words are refused", async () => {
    const { issuer } = made();
    await issuer.register({ email: "ada@example.com", password: "seven77" });
    expect((await refusal(() => issuer.register({ email: "ADA@example.com", password: "another7" }))).code).toBe("email_taken");
    expect((await refusal(() => issuer.login({ email: "ada@example.com", password: "wrong77" }))).code).toBe("credentials_invalid");
    expect((await refusal(() => issuer.login({ email: "bob@example.com", password: "seven77" }))).code).toBe("credentials_invalid");
  });

  test("the machine's own user is an administrator, and always the same one", async () => {
    const { issuer, auth } = made();
    const one = await auth.verify((await issuer.local()).access_token);
    const two = await auth.verify((await issuer.local()).access_token);
    expect(one.user).toBe(two.user);
    expect(one.scopes.has("admin")).toBe(true);
  });
});

describe("origins", () => {
  const LOCAL = { host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080", "taskwire-local": "1", "sec-fetch-site": "same-origin" };

  test("the local page's token is for the local page alone", () => {
    expect(isLocalPage(new Headers(LOCAL), "127.0.0.1")).toBe(true);
    expect(isLocalPage(new Headers({ ...LOCAL, host: "localhost:8080", origin: "http://localhost:8080" }), "::1")).toBe(true);
    const wrong: Record<string, string>[] = [
      { ...LOCAL, host: "evil.example:8080", origin: "http://evil.example:8080" }, // a rebound name
      { ...LOCAL, origin: "http://evil.example" },
      { ...LOCAL, origin: "http://127.0.0.1:3000" }, // another program of this machine
      { ...LOCAL, "sec-fetch-site": "cross-site" },
      { ...LOCAL, "x-forwarded-for": "203.0.113.7" },
    ];
    for (const headers of wrong) expect(isLocalPage(new Headers(headers), "127.0.0.1")).toBe(false);
    const { "taskwire-local": _, ...form } = LOCAL;
    expect(isLocalPage(new Headers(form), "127.0.0.1")).toBe(false);
    expect(isLocalPage(new Headers(LOCAL), "203.0.113.7")).toBe(false);
  });

  test("pages connect from the service's own origin or a configured one; programs have none", () => {
    const from = (origin: string | null): Headers => new Headers({ host: "tw.example", ...(origin === null ? {} : { origin }) });
    expect(originAllowed(from(null), [])).toBe(true);
    expect(originAllowed(from("https://tw.example"), [])).toBe(true);
    expect(originAllowed(from("https://app.example"), [])).toBe(false);
    expect(originAllowed(from("null"), [])).toBe(false);
    expect(originAllowed(from("https://app.example"), ["https://app.example"])).toBe(true);
    expect(corsHeaders(from("https://evil.example"), ["https://app.example"])).toEqual({});
    expect(corsHeaders(from("https://app.example"), ["https://app.example"])["access-control-allow-origin"]).toBe("https://app.example");
  });
});
