/** Grants whose revocation was not heard of, and what is swept: seen by looking now and then. */
import { describe, expect, test } from "bun:test";
import type { Identity } from "../../src/domain/access.ts";
import type { TaskwireError } from "../../src/domain/error.ts";
import { coversSet, coversTask } from "../../src/domain/watch-scope.ts";
import { createGrants, sweepGrants } from "../../src/http/grants.ts";
import { createSharing, type Guarded } from "../../src/http/sharing.ts";
import { createTickets, sweepTickets } from "../../src/http/tickets.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { type KeyStore, LogUnavailable } from "../../src/log/port.ts";
import { realEnvironment } from "../support/environment.ts";
import { until } from "../support/until.ts";

const limits = { ...LIMITS, accessCheckMs: 10 };
const ann: Identity = { user: "ann", name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };

/** Connections of these callers, which leave when they are told to. */
function connected(...callers: Identity[]): Guarded & { readonly left: string[] } {
  const there = new Set(callers);
  const left: string[] = [];
  return {
    left,
    callers: () => there,
    end(which, error: TaskwireError) {
      const gone = [...there].filter(which);
      for (const who of gone) {
        there.delete(who);
        left.push(`${who.watch?.id} ${error.code}`);
      }
      return gone.length;
    },
  };
}
const by = (id: string): Identity => ({ ...ann, watch: { via: "grant", id, words: { scope: "mine" } } });

describe("connections of a grant", () => {
  test("end though nobody told that it was revoked, and though the store was away for a while", async () => {
    const environment = realEnvironment();
    const store = createMemoryStore({ environment });
    let away = true;
    // What is followed is never heard of.
    const keys: KeyStore = { ...store.keys, get: (bucket, key) => (away ? Promise.reject(new LogUnavailable("away")) : store.keys.get(bucket, key)), follow: async () => () => {} };
    const sharing = createSharing({ store: { keys }, environment, limits });
    await store.keys.set("grants", "g_kept", "{}");
    const connections = connected(by("g_gone"), by("g_kept"), ann);
    const stop = sharing.guard(connections);
    expect(connections.left).toEqual([]);
    away = false;
    await until("it was found", 2_000, () => connections.left.length > 0);
    stop();
    expect(connections.left).toEqual(["g_gone access_revoked"]);
  });

  test("end at once where it is heard of", async () => {
    const environment = realEnvironment();
    const store = createMemoryStore({ environment });
    const sharing = createSharing({ store, environment, limits: { ...limits, accessCheckMs: 600_000 } });
    const { grant } = await sharing.grants.give("ann", { words: { scope: "mine" }, label: null, expiresAt: environment.clock.now() + 60_000 });
    const connections = connected(by(grant.id));
    const stop = sharing.guard(connections);
    await until("it follows", 2_000, async () => {
      await store.keys.remove("grants", "g_probe");
      return !sharing.grants.holds("g_probe");
    });
    await sharing.grants.revoke("ann", grant.id);
    await until("it was heard", 2_000, () => connections.left.length > 0);
    stop();
    expect(sharing.grants.holds(grant.id)).toBe(false);
  });
});

describe("what is over", () => {
  test("is swept: tickets that were not used in time or whose token has ended, grants that have ended", async () => {
    const environment = realEnvironment();
    const { keys } = createMemoryStore({ environment });
    const now = environment.clock.now();
    const tickets = createTickets({ keys, environment, limits });
    const [unused, used] = [await tickets.make(ann, { scope: "mine" }), await tickets.make({ ...ann, expiresAt: now + 600_000 }, { scope: "mine" })];
    expect((await tickets.redeem({ ticket: used.ticket, stream: "set", fits: () => true })).watch).toMatchObject({ via: "ticket", words: { scope: "mine" } });
    expect([await sweepTickets(keys, now), await sweepTickets(keys, unused.useBy + 1), await sweepTickets(keys, now + 600_001), (await keys.list("tickets")).length]).toEqual([0, 1, 1, 0]);
    const grants = createGrants({ keys, secret: async () => new Uint8Array(32), environment, limits });
    await grants.give("ann", { words: { scope: "mine" }, label: null, expiresAt: now + 1_000 });
    expect([await sweepGrants(keys, now), await sweepGrants(keys, now + 1_001), (await keys.list("grants")).length]).toEqual([0, 1, 0]);
  });

  test("does not keep anybody from new grants, but too many that hold do", async () => {
    const environment = realEnvironment();
    const { keys } = createMemoryStore({ environment });
    const grants = createGrants({ keys, secret: async () => new Uint8Array(32), environment, limits: { ...limits, grantsPerUser: 1 } });
    const give = (user: string, ms: number): Promise<unknown> => grants.give(user, { words: { scope: "mine" }, label: null, expiresAt: environment.clock.now() + ms });
    await give("ann", -1);
    await give("ann", 60_000);
    await expect(give("ann", 60_000)).rejects.toMatchObject({ code: "rate_limited", extra: { limit: "grants_per_user" } });
    await give("bob", 60_000);
  });
});

test("what words cover", () => {
  const task = { taskId: "t1", owner: "ann", conversation: "c1" };
  expect([{ task_ids: ["t1"] }, { task_ids: ["t2"] }, { conversation_id: "c1" }, { conversation_id: "c2" }, { scope: "mine" as const }, {}].map((words) => coversTask(words, "ann", task))).toEqual([true, false, true, false, true, false]);
  // What is another's is covered by its name alone; whether its giver may watch it is judged besides.
  expect([{ task_ids: ["t1"] }, { conversation_id: "c1" }, { scope: "mine" as const }].map((words) => coversTask(words, "bob", task))).toEqual([true, false, false]);
  expect(coversSet({ conversation_id: "c1" }, { conversation_id: "c1" })).toBe(true);
  expect([coversSet({ conversation_id: "c1" }, { scope: "mine" }), coversSet({ task_ids: ["t1"] }, { conversation_id: "c1" }), coversSet({ conversation_id: "c1" }, { conversation_id: "c1", scope: "mine" })]).toEqual([false, false, false]);
  expect(coversSet({ scope: "mine" }, { conversation_id: "c1", scope: "mine", task_ids: ["t1"] })).toBe(true);
});
