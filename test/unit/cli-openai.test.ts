/** What a model's server says when it refuses, as it is passed on to others. */
import { expect, test } from "bun:test";
import { askModel, ModelError } from "../../src/cli/openai.ts";

test("nothing of the key is passed on, wherever in a server's words it stands", async () => {
  const key = "0123456789abcdef0123456789abcdef";
  for (const before of [0, 100, 290, 299]) {
    await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ error: { message: `${"x".repeat(before)}${key} is no good key` } }, { status: 401 }) });
    const refused = await askModel({ url: `http://127.0.0.1:${server.port}/`, model: "m", key, silentMs: 5_000, tries: 1 }, [], new AbortController().signal, () => {}).next().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ModelError);
    const { code, message } = refused as ModelError;
    expect([code, message.includes(key.slice(0, 4))]).toEqual(["model_forbidden", false]);
  }
});
