import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TaskwireError } from "../../clients/typescript/src/errors.ts";
import { type Action, backoffMs, idleMachine, type Input, type Machine, MACHINE_DEFAULTS, type MachineSettings, step } from "../../clients/typescript/src/machine.ts";

const AUTO: MachineSettings = { ...MACHINE_DEFAULTS, transports: ["websocket", "sse"], renewable: true };
const SSE_ONLY: MachineSettings = { ...AUTO, transports: ["sse"] };
const FIXED_TOKEN: MachineSettings = { ...AUTO, renewable: false };
const cut: Input = { kind: "lost", loss: { error: null } };
const lostWith = (code: string): Input => ({ kind: "lost", loss: { error: new TaskwireError(code) } });

function play(inputs: readonly Input[], settings = AUTO, chance = 0.5, from: Machine = idleMachine(settings)): { state: Machine; actions: readonly Action[]; all: readonly Action[] } {
  let state = from;
  let actions: readonly Action[] = [];
  const all: Action[] = [];
  for (const input of inputs) {
    ({ state, actions } = step(state, input, settings, chance));
    all.push(...actions);
  }
  return { state, actions, all };
}

const opened = (actions: readonly Action[]) => actions.flatMap((action) => (action.kind === "open" ? [action.transport] : []));
const armed = (actions: readonly Action[], timer: string) => actions.flatMap((action) => (action.kind === "arm" && action.timer === timer ? [action.ms] : []))[0];
const ended = (actions: readonly Action[]) => actions.find((action) => action.kind === "end");

describe("the client's connection", () => {
  test("tries WebSocket first, gives it 3 s to its first frame, then tries SSE at once", () => {
    const begun = play([{ kind: "start" }]);
    expect(opened(begun.all)).toEqual(["websocket"]);
    expect(armed(begun.actions, "budget")).toBe(3_000);
    const fallen = play([{ kind: "start" }, { kind: "timer", timer: "budget", quietMs: 3_000 }]);
    expect(opened(fallen.all)).toEqual(["websocket", "sse"]);
    expect(fallen.state.phase).toBe("connecting");
    expect(armed(fallen.actions, "budget")).toBe(10_000);
  });

  test("waits with back-off when neither transport gets through, then begins with WebSocket again", () => {
    const { state, all, actions } = play([{ kind: "start" }, cut, cut]);
    expect(state.phase).toBe("waiting");
    expect(armed(actions, "backoff")).toBe(250);
    const again = play([{ kind: "start" }, cut, cut, { kind: "timer", timer: "backoff", quietMs: 0 }]);
    expect(opened(again.all).slice(opened(all).length)).toEqual(["websocket"]);
  });

  test("begins with SSE once only SSE has worked, and with WebSocket again where that has worked too", () => {
    const sse = play([{ kind: "start" }, cut, { kind: "first_frame" }, cut, { kind: "timer", timer: "backoff", quietMs: 0 }]);
    expect(opened(sse.all)).toEqual(["websocket", "sse", "sse"]);
    const both = play([{ kind: "start" }, { kind: "first_frame" }, cut, { kind: "timer", timer: "backoff", quietMs: 0 }, cut, { kind: "first_frame" }, cut, { kind: "timer", timer: "backoff", quietMs: 0 }]);
    expect(opened(both.all)).toEqual(["websocket", "websocket", "sse", "websocket"]);
  });

  test.each(["task_unknown", "cursor_invalid", "origin_forbidden", "scope_missing", "token_missing"])("ends on %s and tries no other transport", (code) => {
    const { state, all, actions } = play([{ kind: "start" }, lostWith(code)]);
    expect(state.phase).toBe("ended");
    expect(opened(all)).toEqual(["websocket"]);
    expect(ended(actions)).toMatchObject({ error: { code } });
  });

  test("asks for a new token once when one is refused, and ends when the new one is refused too", () => {
    const once = play([{ kind: "start" }, lostWith("token_expired")]);
    expect(once.actions.find((action) => action.kind === "open")).toMatchObject({ freshToken: true, transport: "websocket" });
    const twice = play([{ kind: "start" }, lostWith("token_expired"), lostWith("token_expired")]);
    expect(twice.state.phase).toBe("ended");
    expect(ended(twice.actions)).toMatchObject({ error: { code: "token_expired" } });
  });

  test("ends at once on a refused token that nobody can replace", () => {
    expect(play([{ kind: "start" }, lostWith("token_expired")], FIXED_TOKEN).state.phase).toBe("ended");
  });

  test("replaces a token that ran out on a healthy connection without a wait, and after a wait on a young one", () => {
    const live: Input[] = [{ kind: "start" }, { kind: "first_frame" }];
    const healthy = play([...live, { kind: "timer", timer: "healthy", quietMs: 0 }, lostWith("token_expired")]);
    expect(healthy.state.phase).toBe("connecting");
    const young = play([...live, lostWith("token_expired")]);
    expect(young.state.phase).toBe("waiting");
    const back = play([{ kind: "timer", timer: "backoff", quietMs: 0 }], AUTO, 0.5, young.state);
    expect(back.actions.find((action) => action.kind === "open")).toMatchObject({ freshToken: true });
  });

  test("renews the token in-band on WebSocket and by opening anew on SSE", () => {
    const live: Input[] = [{ kind: "start" }, { kind: "first_frame" }, { kind: "timer", timer: "healthy", quietMs: 0 }, { kind: "token_expiring" }];
    expect(play(live).actions).toEqual([{ kind: "renew" }]);
    const { actions } = play(live, SSE_ONLY);
    expect(actions.find((action) => action.kind === "open")).toMatchObject({ transport: "sse", freshToken: true });
  });

  test("waits at least as long as the service asks", () => {
    const { actions } = play([{ kind: "start" }, { kind: "first_frame" }, { kind: "lost", loss: { error: null, retryAfterMs: 4_000 } }]);
    expect(armed(actions, "backoff")).toBe(4_000);
    const busy: Input = { kind: "lost", loss: { error: new TaskwireError("too_many_connections", { retryAfterMs: 7_000 }) } };
    expect(armed(play([{ kind: "start" }, busy]).actions, "backoff")).toBe(7_000);
  });

  test("counts failed rounds until a connection has been healthy for 10 s", () => {
    const failing: Input[] = [{ kind: "start" }, cut, cut, { kind: "timer", timer: "backoff", quietMs: 0 }, { kind: "first_frame" }];
    expect(play([...failing, cut]).state.attempt).toBe(2);
    expect(play([...failing, { kind: "timer", timer: "healthy", quietMs: 0 }, cut]).state.attempt).toBe(1);
    expect(armed(play(failing).actions, "healthy")).toBe(10_000);
  });

  test("takes a wire for dead after two and a half heartbeats of silence, not before", () => {
    const live: Input[] = [{ kind: "start" }, { kind: "first_frame" }, { kind: "heartbeat", everyMs: 1_000 }];
    expect(armed(play(live).actions, "watchdog")).toBe(2_500);
    const early = play([...live, { kind: "timer", timer: "watchdog", quietMs: 2_000 }]);
    expect(early.state.phase).toBe("live");
    expect(armed(early.actions, "watchdog")).toBe(500);
    expect(play([...live, { kind: "timer", timer: "watchdog", quietMs: 2_500 }]).state.phase).toBe("waiting");
  });

  test("mends the first hole at once and waits before the next", () => {
    const first = play([{ kind: "start" }, { kind: "first_frame" }, { kind: "hole" }]);
    expect(first.state.phase).toBe("connecting");
    expect(play([{ kind: "first_frame" }, { kind: "hole" }], AUTO, 0.5, first.state).state.phase).toBe("waiting");
  });

  test("closes for a slow consumer and comes back when it has caught up, not by a timer", () => {
    const held = play([{ kind: "start" }, { kind: "first_frame" }, { kind: "full" }]);
    expect(held.state).toMatchObject({ phase: "waiting", held: true });
    expect(armed(held.actions, "backoff")).toBeUndefined();
    expect(play([{ kind: "wake" }], AUTO, 0.5, held.state).state.phase).toBe("waiting");
    const back = play([{ kind: "room" }], AUTO, 0.5, held.state);
    expect(back.state).toMatchObject({ phase: "connecting", attempt: 0 });
  });

  test("a moment of waking cuts the wait short and looks at a quiet wire at once", () => {
    expect(play([{ kind: "start" }, cut, cut, { kind: "wake" }]).state.phase).toBe("connecting");
    expect(armed(play([{ kind: "start" }, { kind: "first_frame" }, { kind: "wake" }]).actions, "watchdog")).toBe(0);
  });

  test("a sign-in page in between ends a first connection, but not one that has worked before", () => {
    expect(play([{ kind: "start" }, lostWith("not_taskwire")]).state.phase).toBe("ended");
    expect(play([{ kind: "start" }, { kind: "first_frame" }, cut, { kind: "timer", timer: "backoff", quietMs: 0 }, lostWith("not_taskwire")]).state.phase).not.toBe("ended");
  });

  test("the back-off grows to its ceiling and uses all of the range below it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 0.999999, noNaN: true }), (attempt, chance) => {
        const ceiling = Math.min(20_000, 500 * 2 ** (attempt - 1));
        expect(backoffMs(attempt, AUTO, chance)).toBe(Math.round(chance * ceiling));
      }),
    );
  });

  const anyInput: fc.Arbitrary<Input> = fc.oneof(
    fc.constantFrom<Input>({ kind: "start" }, { kind: "first_frame" }, { kind: "hole" }, { kind: "full" }, { kind: "room" }, { kind: "wake" }, { kind: "token_expiring" }, cut),
    fc.constantFrom("task_unknown", "token_expired", "unavailable", "network", "not_taskwire").map(lostWith),
    fc.record({ kind: fc.constant("timer" as const), timer: fc.constantFrom("budget", "backoff", "healthy", "watchdog", "ping"), quietMs: fc.integer({ min: 0, max: 60_000 }) }),
    fc.integer({ min: 1, max: 60_000 }).map((everyMs): Input => ({ kind: "heartbeat", everyMs })),
  );

  test("whatever happens, at most one wire is open, and every state but the last has something that leads on", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 60 }), fc.constantFrom(AUTO, SSE_ONLY, FIXED_TOKEN), (inputs, settings) => {
        let state = idleMachine(settings);
        let open = false;
        const timers = new Set<string>();
        for (const input of [{ kind: "start" } as Input, ...inputs]) {
          if (input.kind === "timer") timers.delete(input.timer);
          if (input.kind === "lost" && state.phase !== "connecting" && state.phase !== "live") continue;
          // The driver forgets a wire that is lost; only then may another be opened without a close.
          if (input.kind === "lost") open = false;
          const next = step(state, input, settings, 0.5);
          for (const action of next.actions) {
            if (action.kind === "close") open = false;
            if (action.kind === "open") {
              expect(open).toBe(false);
              open = true;
            }
            if (action.kind === "arm") timers.add(action.timer);
            if (action.kind === "disarm") timers.delete(action.timer);
          }
          state = next.state;
          if (state.phase === "connecting" && input.kind !== "timer") expect(timers.has("budget")).toBe(true);
          if (state.phase === "waiting" && !state.held && input.kind !== "timer") expect(timers.has("backoff")).toBe(true);
          if (state.phase === "ended" || state.phase === "waiting") expect(open).toBe(false);
          if (state.phase === "ended") expect(timers.size).toBe(0);
        }
        const stopped = step(state, { kind: "stop" }, settings, 0.5);
        expect(stopped.state.phase).toBe("ended");
      }),
      { numRuns: 500 },
    );
  });
});
