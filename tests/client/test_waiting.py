"""When a task is looked at, what is told, and when a wait ends."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.client.support import KLING, SEEDANCE, ClientClock, Orca, orca, through

from orcarouter import Event, errors
from orcarouter.schedule import Backoff, Durations, Schedule, progress_of
from orcarouter.tasks import STATES
from orcarouter.testing import Emulator, Fault, VirtualClock

SPEC = Path(__file__).parents[2] / "spec" / "openapi.yaml"


def middle() -> float:
    return 0.5


def looks(server: Emulator[VirtualClock]) -> list[float]:
    """When a task was looked at, since its submission."""
    (submitted,) = (each.at for each in server.requests_to("submit"))
    return [each.at - submitted for each in server.requests_to("lookup")]


def test_the_status_words_are_those_of_the_reference() -> None:
    schemas = yaml.safe_load(SPEC.read_text(encoding="utf-8"))["components"]["schemas"]
    declared: dict[str, str] = {}
    for schema in schemas.values():
        declared |= schema.get("x-task-states", {})
    assert dict(STATES) == declared


# The schedule


def test_a_model_of_unknown_duration_is_looked_at_after_five_seconds() -> None:
    schedule = Schedule(random=middle)
    assert schedule.first(0) == 5
    assert schedule.first(2) == 3
    assert schedule.first(60) == 0
    assert [schedule.delay(elapsed) for elapsed in (5, 60, 100, 200, 4000)] == [3, 3, 5, 10, 20]


def test_a_model_of_known_duration_is_first_looked_at_half_way() -> None:
    schedule = Schedule(expected=200, random=middle)
    assert schedule.first(0) == 100
    assert schedule.delay(40) == 60
    assert schedule.delay(100) == 5


def test_an_interval_replaces_the_schedule() -> None:
    schedule = Schedule(expected=200, interval=2)
    assert (schedule.first(0), schedule.first(1.5), schedule.delay(500)) == (2, 0.5, 2)


def test_intervals_vary_by_a_tenth() -> None:
    lowest, highest = Schedule(random=lambda: 0.0), Schedule(random=lambda: 1.0)
    assert lowest.delay(200) == pytest.approx(9)
    assert highest.delay(200) == pytest.approx(11)


def test_pauses_after_failures_double_up_to_a_bound() -> None:
    backoff = Backoff(random=middle)
    assert [backoff.delay(n) for n in (1, 2, 3, 5, 6, 1000)] == [1, 2, 4, 16, 30, 30]


def test_durations_come_from_the_table_until_enough_is_seen() -> None:
    durations = Durations()
    model = str(SEEDANCE["model"])
    assert durations.expected(model) == pytest.approx((30 * 240) ** 0.5)
    assert durations.expected("kling/kling-v3") is None
    for seconds in (50, 70, 900):
        durations.saw(model, seconds)
    assert durations.expected(model) == 70


def test_progress_is_honest() -> None:
    assert progress_of(0, 100, None) == 0
    assert progress_of(50, 100, 99) == pytest.approx(0.45)
    assert progress_of(100, 100, None) == pytest.approx(0.9)
    assert 0.9 < progress_of(200, 100, None) < progress_of(900, 100, None) < 0.95
    assert progress_of(50, None, 30) == 0.3
    assert progress_of(50, None, 100) == 0.95
    assert progress_of(50, None, None) == 0


@pytest.mark.orcarouter_emulator(running=85)
def test_a_known_duration_saves_requests(client: Orca, server: Emulator[VirtualClock]) -> None:
    client.create(SEEDANCE).wait()
    assert looks(server)[0] == pytest.approx(42.4, abs=4.3)
    assert len(looks(server)) < 20


@pytest.mark.orcarouter_emulator(running=600)
def test_what_was_seen_refines_the_schedule(client: Orca, server: Emulator[VirtualClock]) -> None:
    for _ in range(3):
        client.create(KLING).wait()
    before = len(server.requests_to("lookup"))
    client.create(KLING).wait()
    lookups = server.requests_to("lookup")[before:]
    assert lookups[0].at - server.requests_to("submit")[3].at == pytest.approx(300, abs=31)


@pytest.mark.orcarouter_emulator(running=60)
def test_the_services_hint_wins(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("lookup", retry_after=50))
    client.create(KLING).wait()
    first, second = looks(server)[:2]
    assert second - first == pytest.approx(50)


def test_a_duration_is_learned_once_a_task() -> None:
    clock = ClientClock()
    with (
        Emulator(clock=clock.virtual, running=600) as server,
        orca("sync", server, clock) as client,
    ):
        task = client.create(KLING)
        for _ in range(3):
            task.wait()
        durations = client.client._core.durations
        assert durations.expected(str(KLING["model"])) is None


def test_a_resumed_task_is_looked_at_at_once(
    client: Orca, server: Emulator[VirtualClock], clock: ClientClock
) -> None:
    task = client.create(KLING)
    clock.sleep(300)
    clock.pauses.clear()
    client.task(task.handle.resume_token()).wait()
    client.task(task.id).wait()
    assert clock.pauses == []


# The deadline


@pytest.mark.orcarouter_emulator(running=10**6)
@pytest.mark.parametrize("timeout", [0, 1, 30, 600])
def test_a_wait_keeps_to_its_deadline(
    client: Orca, server: Emulator[VirtualClock], clock: ClientClock, timeout: float
) -> None:
    task = client.create(KLING)
    started = clock.monotonic()
    with pytest.raises(errors.WaitTimeout) as caught:
        task.wait(timeout)
    assert clock.monotonic() - started <= timeout
    assert looks(server)[-1] >= 0.9 * timeout - 2  # looked at once more shortly before the end
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert error.may_be_running
    assert error.may_be_billed
    assert "do not submit it again" in error.advice
    assert [moment.state for moment in error.timeline] == ["running"] * len(error.timeline)


class Recording(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Remembers the time that each request was given, in seconds."""

    def __init__(self) -> None:
        self.timeouts: list[float] = []
        self._sync, self._async = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.timeouts.append(request.extensions["timeout"]["read"])
        return self._sync.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.timeouts.append(request.extensions["timeout"]["read"])
        return await self._async.handle_async_request(request)


@pytest.mark.orcarouter_emulator(running=10**6)
def test_a_deadline_shortens_the_requests(server: Emulator[VirtualClock], driver: str) -> None:
    transport = Recording()
    with orca(driver, server, timeout=60, http_client=through(driver, transport)) as client:
        task = client.create(KLING)
        with pytest.raises(errors.WaitTimeout):
            task.wait(100)
    submission, *lookups = transport.timeouts
    assert (submission, lookups[0]) == (60, 60)
    assert lookups == sorted(lookups, reverse=True)
    assert 1 <= lookups[-1] <= 2


def test_waiting_again_after_giving_up(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", duration=100))
    task = client.create(KLING)
    with pytest.raises(errors.WaitTimeout):
        task.wait(20)
    assert task.wait().video_url
    looked = len(server.requests_to("lookup"))
    assert task.wait().video_url
    assert len(server.requests_to("lookup")) == looked
    assert len(server.tasks) == 1


@pytest.mark.parametrize(
    ("timeout", "interval"),
    [(-1, None), (float("nan"), None), (1, 0), (1, -2), (1, 1e200), (1, float("inf"))],
)
def test_impossible_times(client: Orca, timeout: float, interval: float | None) -> None:
    task = client.create(KLING)
    with pytest.raises(ValueError, match="number of seconds"):
        task.wait(timeout, interval=interval)


@pytest.mark.orcarouter_emulator(running=4000)
def test_without_a_deadline_it_waits_for_ever(client: Orca) -> None:
    assert client.create(KLING).wait(None).video_url


# What is told


def test_events_tell_each_look(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", duration=30))
    task = client.create(SEEDANCE)
    server.script.add(Fault("lookup", skip=1, status=503))
    events = task.events(interval=4)
    assert [event.kind for event in events].count("trouble") == 1
    assert [event.kind for event in events][-1] == "end"
    progress = [event.progress for event in events]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert all(each < 1 for each in progress[:-1])
    assert all(event.task_id == task.id for event in events)
    trouble = next(event for event in events if event.kind == "trouble")
    assert "503" in trouble.trouble
    assert trouble.snapshot is not None
    assert trouble.next_look is not None
    assert [event.snapshot.status for event in events if event.changed and event.snapshot] == [
        "IN_PROGRESS",
        "SUCCESS",
    ]


def test_hooks_are_told_as_well(server: Emulator[VirtualClock], driver: str) -> None:
    all_events: list[Event] = []
    own: list[Event] = []
    with orca(driver, server, on_event=all_events.append) as client:
        client.create(KLING).wait(on_event=own.append)
        assert all_events == own
        client.create(KLING).events()
    assert len(all_events) > len(own) > 0


def test_the_timeline_has_the_changes_and_the_outage(
    client: Orca, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("submit", duration=30))
    task = client.create(KLING)
    server.script.add(Fault("lookup", skip=1, status=502, times=3))
    task.wait()
    assert [(moment.state, moment.status[:8]) for moment in task.handle.timeline] == [
        ("running", "queued"),
        ("running", "IN_PROGR"),
        (None, "HTTP 502"),
        ("running", "IN_PROGR"),
        ("succeeded", "SUCCESS"),
    ]


def test_an_unknown_status_is_warned_of_once(
    client: Orca, server: Emulator[VirtualClock], caplog: pytest.LogCaptureFixture
) -> None:
    server.script.add(Fault("lookup", change={"data.status": "PONDERING"}, times=5))
    with caplog.at_level(logging.WARNING, "orcarouter"):
        client.create(KLING).wait()
    warnings = [r.getMessage() for r in caplog.records if "PONDERING" in r.getMessage()]
    assert len(warnings) == 1


@pytest.mark.orcarouter_emulator(quirks=["never_ends"])
def test_a_task_that_never_ends_is_given_up(client: Orca) -> None:
    with pytest.raises(errors.WaitTimeout, match="IN_PROGRESS"):
        client.create(KLING).wait(600)


def test_a_failed_task_says_why(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", fail_reason="content risk control triggered"))
    task = client.create(KLING)
    for _ in range(2):
        with pytest.raises(errors.TaskFailed, match="content risk control triggered") as caught:
            task.wait()
        assert not caught.value.may_be_running
        assert not caught.value.may_be_billed
    assert task.look().failure == "content risk control triggered"


def test_a_look_asks_once(client: Orca, server: Emulator[VirtualClock]) -> None:
    task = client.create(KLING)
    assert task.look().state == "running"
    server.script.add(Fault("lookup", status=503))
    with pytest.raises(errors.LookupFailed) as caught:
        task.look()
    assert isinstance(caught.value.reason, errors.Unreachable)
    assert len(server.requests_to("lookup")) == 2


def test_an_idle_connection_that_was_closed_does_not_fail_a_look(
    client: Orca, server: Emulator[VirtualClock]
) -> None:
    task = client.create(KLING)
    server.script.add(Fault("lookup", disconnect=True))
    assert task.look().state == "running"
    assert len(server.requests_to("lookup")) == 2


@pytest.mark.parametrize(
    "token", ["", "orca1.", "orca1.!!!", "orca1.e30", "orca1.bnVsbA", "a\nb", "x" * 600]
)
def test_tokens_that_are_none(client: Orca, token: str) -> None:
    with pytest.raises(errors.ConfigurationError):
        client.task(token)


def test_a_token_of_another_service(client: Orca) -> None:
    from orcarouter.tokens import ResumeToken

    token: Any = ResumeToken(task_id="t", base_url="https://api.orcarouter.ai/v1")
    with pytest.raises(errors.ConfigurationError, match=r"api\.orcarouter\.ai"):
        client.task(str(token))
    assert ResumeToken.read(str(token)) == token
