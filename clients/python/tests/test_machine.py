"""The rules of connecting, one by one, without a socket."""

from __future__ import annotations

from dataclasses import replace

import pytest

from taskwire import TaskwireError
from taskwire.machine import Input, Loss, Machine, MachineSettings, Step, backoff_ms, idle_machine, step

SETTINGS = MachineSettings(transports=("websocket", "sse", "long_poll"), renewable=True)
CUT = Input("lost", loss=Loss())


def refused(code: str, **facts: float) -> Input:
    error = TaskwireError(code, retry_after_ms=facts.get("retry_after_ms"))
    return Input("lost", loss=Loss(error))


def play(*inputs: Input, settings: MachineSettings = SETTINGS, chance: float = 0.5, state: Machine | None = None) -> Step:
    now: Step = (state or idle_machine(settings), ())
    for one in inputs:
        now = step(now[0], one, settings, chance)
    return now


def kinds(found: Step) -> list[str]:
    return [action.kind for action in found[1] if action.kind != "disarm"]


def armed(found: Step) -> dict[str, float]:
    return {action.timer: action.ms for action in found[1] if action.kind == "arm"}


START, FIRST = Input("start"), Input("first_frame")


def test_begins_with_the_first_transport_and_its_budget() -> None:
    found = play(START)
    assert (found[0].phase, found[0].transport) == ("connecting", "websocket")
    assert armed(found) == {"budget": 3_000}


def test_falls_to_the_next_transport_at_once_and_gives_the_last_one_more_time() -> None:
    found = play(START, CUT, Input("timer", timer="budget"))
    assert (found[0].phase, found[0].transport) == ("connecting", "long_poll")
    assert armed(found) == {"budget": 10_000}
    assert play(CUT, state=found[0])[0].phase == "waiting"


@pytest.mark.parametrize("code", ["unavailable", "too_many_connections"])
def test_what_the_service_has_spoken_causes_no_fallback(code: str) -> None:
    state, _ = play(START, refused(code))
    assert (state.phase, state.transport) == ("waiting", "websocket")


@pytest.mark.parametrize("code", ["task_unknown", "cursor_invalid", "scope_missing", "not_taskwire", "protocol_unsupported"])
def test_what_trying_again_does_not_help_ends(code: str) -> None:
    found = play(START, refused(code))
    assert found[0].phase == "ended"
    assert found[1][-1].error is not None
    assert found[1][-1].error.code == code


def test_something_else_that_answers_after_a_good_connection_is_passing() -> None:
    assert play(START, FIRST, CUT, Input("timer", timer="backoff"), refused("not_taskwire"))[0].phase == "waiting"


def test_backs_off_with_full_jitter_up_to_a_ceiling() -> None:
    assert [backoff_ms(attempt, SETTINGS, 0.999999) for attempt in (1, 2, 3, 6, 7, 2_000)] == [500, 1_000, 2_000, 16_000, 20_000, 20_000]
    assert backoff_ms(5, SETTINGS, 0) == 0


def test_waits_at_least_as_long_as_it_is_asked_and_a_wake_does_not_cut_that_short() -> None:
    found = play(START, refused("unavailable", retry_after_ms=7_000))
    assert armed(found) == {"backoff": 7_000}
    assert play(Input("wake"), state=found[0])[0].phase == "waiting"
    assert play(START, FIRST, CUT, Input("wake"))[0].phase == "connecting"


def test_a_healthy_connection_begins_the_backoff_anew() -> None:
    state, _ = play(START, FIRST, CUT, Input("timer", timer="backoff"), FIRST)
    assert state.attempt == 1
    assert play(Input("timer", timer="healthy"), state=state)[0].attempt == 0


def test_remembers_what_worked_but_prefers_what_comes_before_it() -> None:
    assert idle_machine(SETTINGS, ("sse",)).transport == "sse"
    assert idle_machine(SETTINGS, ("sse", "websocket")).transport == "websocket"


def test_a_refused_token_is_replaced_once_where_there_is_a_callback() -> None:
    found = play(START, refused("token_expired"))
    opened = next(action for action in found[1] if action.kind == "open")
    assert opened.fresh_token
    assert opened.transport == "websocket"
    assert play(refused("token_invalid"), state=found[0])[0].phase == "ended"
    assert play(START, refused("token_expired"), settings=replace(SETTINGS, renewable=False))[0].phase == "ended"


def test_a_token_that_ends_on_a_young_connection_waits() -> None:
    assert play(START, FIRST, refused("token_expired"))[0].phase == "waiting"
    assert play(START, FIRST, Input("timer", timer="healthy"), refused("token_expired"))[0].phase == "connecting"


def test_a_token_that_will_end_is_renewed_on_a_web_socket_and_by_a_new_stream_elsewhere() -> None:
    assert kinds(play(START, FIRST, Input("token_expiring"))) == ["renew"]
    sse = replace(SETTINGS, transports=("sse",))
    assert kinds(play(START, FIRST, Input("token_expiring"), settings=sse)) == []
    healthy = play(START, FIRST, Input("timer", timer="healthy"), Input("token_expiring"), settings=sse)
    assert kinds(healthy)[:2] == ["close", "open"]


def test_the_first_hole_is_mended_at_once_and_the_next_one_waits() -> None:
    first = play(START, FIRST, Input("hole"))
    assert first[0].phase == "connecting"
    assert play(FIRST, Input("hole"), state=first[0])[0].phase == "waiting"


def test_silence_of_two_and_a_half_heartbeats_is_a_cut() -> None:
    live = play(START, FIRST, Input("heartbeat", every_ms=1_000))
    assert armed(live) == {"watchdog": 2_500, "ping": 1_000}
    assert armed(play(Input("timer", timer="watchdog", quiet_ms=2_000), state=live[0])) == {"watchdog": 500}
    assert play(Input("timer", timer="watchdog", quiet_ms=2_500), state=live[0])[0].phase == "waiting"


def test_a_full_consumer_holds_the_connection_without_a_timer() -> None:
    held = play(START, FIRST, Input("full"))
    assert held[0].held
    assert armed(held) == {}
    assert play(Input("wake"), state=held[0])[0].phase == "waiting"
    assert play(Input("room"), state=held[0])[0].phase == "connecting"


def test_nothing_happens_after_the_end() -> None:
    ended = play(START, FIRST, Input("stop"))
    assert kinds(ended) == ["close", "end"]
    for one in (START, FIRST, CUT, Input("wake"), Input("hole"), Input("timer", timer="backoff")):
        assert step(ended[0], one, SETTINGS, 0.5) == (ended[0], ())
