"""Polling: when a task is polled, which events there are, and when a wait ends."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from attrs import evolve
from tests.client.support import (
    KLING,
    SEEDANCE,
    AnyClient,
    ClientClock,
    make_http_client,
    open_client,
)

from orcarouter import Backoff, Event, errors
from orcarouter._session import POLLING
from orcarouter._tasks import DECLARED, find_usual_duration
from orcarouter.task import TASK_STATES
from orcarouter.testing import Emulator, Fault, VirtualClock
from orcarouter_api import Polling
from orcarouter_api._runtime.durations import Durations, estimate_progress

SPEC = Path(__file__).parents[2] / "spec" / "openapi.yaml"


def no_jitter() -> float:
    return 0.5


def poll_times(server: Emulator[VirtualClock]) -> list[float]:
    """Seconds from the submission to each lookup."""
    (submitted_at,) = (each.at for each in server.requests_to("submit"))
    return [each.at - submitted_at for each in server.requests_to("lookup")]


def test_status_values_match_the_api_reference() -> None:
    schemas = yaml.safe_load(SPEC.read_text(encoding="utf-8"))["components"]["schemas"]
    declared: dict[str, str] = {}
    for schema in schemas.values():
        declared |= schema.get("x-task-states", {})
    assert dict(TASK_STATES) == declared


# The schedule


def first_delay(polling: Polling, elapsed: float, expected: float | None = None) -> float:
    return polling.first_delay(DECLARED, elapsed, expected)


def next_delay(polling: Polling, elapsed: float, expected: float | None = None) -> float:
    return polling.next_delay(DECLARED, elapsed, expected)


def test_a_task_of_unknown_duration_is_first_polled_after_five_seconds() -> None:
    polling = evolve(POLLING, random=no_jitter)
    assert first_delay(polling, 0) == 5
    assert first_delay(polling, 2) == 3
    assert first_delay(polling, 60) == 0
    assert [next_delay(polling, elapsed) for elapsed in (5, 60, 100, 200, 4000)] == [
        3,
        3,
        5,
        10,
        20,
    ]


def test_a_task_of_known_duration_is_first_polled_half_way() -> None:
    polling = evolve(POLLING, random=no_jitter)
    assert first_delay(polling, 0, 200) == 100
    assert next_delay(polling, 40, 200) == 60
    assert next_delay(polling, 100, 200) == 5


def test_an_interval_replaces_the_schedule() -> None:
    polling = evolve(POLLING, interval=2)
    delays = first_delay(polling, 0, 200), first_delay(polling, 1.5, 200)
    assert (*delays, next_delay(polling, 500, 200)) == (2, 0.5, 2)


def test_intervals_have_ten_percent_jitter() -> None:
    lowest, highest = evolve(POLLING, random=lambda: 0.0), evolve(POLLING, random=lambda: 1.0)
    assert next_delay(lowest, 200) == pytest.approx(9)
    assert next_delay(highest, 200) == pytest.approx(11)


def test_backoff_doubles_up_to_the_maximum() -> None:
    backoff = Backoff(random=no_jitter)
    assert [backoff.delay(n) for n in (1, 2, 3, 5, 6, 1000)] == [1, 2, 4, 16, 30, 30]


def test_durations_come_from_the_table_until_enough_are_observed() -> None:
    durations = Durations()
    model = str(SEEDANCE["model"])
    assert find_usual_duration(durations, model) == pytest.approx((30 * 240) ** 0.5)
    assert find_usual_duration(durations, "kling/kling-v3") is None
    for seconds in (50, 70, 900):
        durations.record(model, seconds)
    assert find_usual_duration(durations, model) == 70


def test_progress_estimate() -> None:
    assert estimate_progress(0, 100, None) == 0
    assert estimate_progress(50, 100, 99) == pytest.approx(0.45)
    assert estimate_progress(100, 100, None) == pytest.approx(0.9)
    assert 0.9 < estimate_progress(200, 100, None) < estimate_progress(900, 100, None) < 0.95
    assert estimate_progress(50, None, 30) == 0.3
    assert estimate_progress(50, None, 100) == 0.95
    assert estimate_progress(50, None, None) == 0


@pytest.mark.orcarouter_emulator(running=85)
def test_a_known_duration_saves_requests(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    client.create(SEEDANCE).wait()
    assert poll_times(server)[0] == pytest.approx(42.4, abs=4.3)
    assert len(poll_times(server)) < 20


@pytest.mark.orcarouter_emulator(running=600)
def test_observed_durations_refine_the_schedule(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    for _ in range(3):
        client.create(KLING).wait()
    before = len(server.requests_to("lookup"))
    client.create(KLING).wait()
    lookups = server.requests_to("lookup")[before:]
    assert lookups[0].at - server.requests_to("submit")[3].at == pytest.approx(300, abs=31)


@pytest.mark.orcarouter_emulator(running=60)
def test_retry_after_takes_precedence_over_the_schedule(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("lookup", retry_after=50))
    client.create(KLING).wait()
    first, second = poll_times(server)[:2]
    assert second - first == pytest.approx(50)


def test_a_duration_is_recorded_once_per_task() -> None:
    clock = ClientClock()
    with (
        Emulator(clock=clock.virtual, running=600) as server,
        open_client("sync", server, clock) as client,
    ):
        task = client.create(KLING)
        for _ in range(3):
            task.wait()
        durations = client.client._session.client._durations
        assert durations.usual(str(KLING["model"])) is None


def test_a_resumed_task_is_polled_at_once(
    client: AnyClient, server: Emulator[VirtualClock], clock: ClientClock
) -> None:
    task = client.create(KLING)
    clock.sleep(300)
    clock.sleeps.clear()
    client.task(task.handle.resume_token()).wait()
    client.task(task.id).wait()
    assert clock.sleeps == []


# The deadline


@pytest.mark.orcarouter_emulator(running=10**6)
@pytest.mark.parametrize("timeout", [0, 1, 30, 600])
def test_a_wait_ends_by_its_deadline(
    client: AnyClient, server: Emulator[VirtualClock], clock: ClientClock, timeout: float
) -> None:
    task = client.create(KLING)
    started = clock.monotonic()
    with pytest.raises(errors.WaitTimeoutError) as caught:
        task.wait(timeout)
    assert clock.monotonic() - started <= timeout
    assert poll_times(server)[-1] >= 0.9 * timeout - 2  # a last poll shortly before the deadline
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert error.may_be_running
    assert error.may_be_billed
    assert "do not submit it again" in error.advice
    assert [change.state for change in error.timeline] == ["running"] * len(error.timeline)


class RecordingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Records the read timeout of each request, in seconds."""

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
def test_a_deadline_shortens_request_timeouts(
    server: Emulator[VirtualClock], client_kind: str
) -> None:
    transport = RecordingTransport()
    with open_client(
        client_kind, server, timeout=60, http_client=make_http_client(client_kind, transport)
    ) as client:
        task = client.create(KLING)
        with pytest.raises(errors.WaitTimeoutError):
            task.wait(100)
    submission, *lookups = transport.timeouts
    assert (submission, lookups[0]) == (60, 60)
    assert lookups == sorted(lookups, reverse=True)
    assert 1 <= lookups[-1] <= 2


def test_waiting_again_after_a_timeout(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", duration=100))
    task = client.create(KLING)
    with pytest.raises(errors.WaitTimeoutError):
        task.wait(20)
    assert task.wait().video_url
    lookups = len(server.requests_to("lookup"))
    assert task.wait().video_url
    assert len(server.requests_to("lookup")) == lookups
    assert len(server.tasks) == 1


@pytest.mark.parametrize(
    ("timeout", "interval"),
    [(-1, None), (float("nan"), None), (1, 0), (1, -2), (1, 1e200), (1, float("inf"))],
)
def test_invalid_timeouts_and_intervals(
    client: AnyClient, timeout: float, interval: float | None
) -> None:
    task = client.create(KLING)
    with pytest.raises(ValueError, match="number of seconds"):
        task.wait(timeout, interval=interval)


@pytest.mark.orcarouter_emulator(running=4000)
def test_a_wait_without_a_timeout(client: AnyClient) -> None:
    assert client.create(KLING).wait(None).video_url


# Events, timeline, logs


def test_each_lookup_is_an_event(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", duration=30))
    task = client.create(SEEDANCE)
    server.script.add(Fault("lookup", skip=1, status=503))
    events = task.events(interval=4)
    assert [event.kind for event in events].count("lookup_failed") == 1
    assert [event.kind for event in events][-1] == "end"
    progress = [event.progress for event in events]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert all(each < 1 for each in progress[:-1])
    assert all(event.task_id == task.id for event in events)
    failed = next(event for event in events if event.kind == "lookup_failed")
    assert "503" in failed.error
    assert failed.snapshot is not None
    assert failed.next_poll_in is not None
    assert [event.snapshot.status for event in events if event.changed and event.snapshot] == [
        "IN_PROGRESS",
        "SUCCESS",
    ]


def test_event_callbacks_of_client_and_call(
    server: Emulator[VirtualClock], client_kind: str
) -> None:
    client_events: list[Event] = []
    call_events: list[Event] = []
    with open_client(client_kind, server, on_event=client_events.append) as client:
        client.create(KLING).wait(on_event=call_events.append)
        assert client_events == call_events
        client.create(KLING).events()
    assert len(client_events) > len(call_events) > 0


def test_the_timeline_has_status_changes_and_failed_lookups(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("submit", duration=30))
    task = client.create(KLING)
    server.script.add(Fault("lookup", skip=1, status=502, times=3))
    task.wait()
    assert [(change.state, change.status[:8]) for change in task.handle.timeline] == [
        ("running", "queued"),
        ("running", "IN_PROGR"),
        (None, "HTTP 502"),
        ("running", "IN_PROGR"),
        ("succeeded", "SUCCESS"),
    ]


def test_an_unknown_status_is_logged_once(
    client: AnyClient, server: Emulator[VirtualClock], caplog: pytest.LogCaptureFixture
) -> None:
    server.script.add(Fault("lookup", change={"data.status": "PONDERING"}, times=5))
    with caplog.at_level(logging.WARNING, "orcarouter"):
        client.create(KLING).wait()
    warnings = [r.getMessage() for r in caplog.records if "PONDERING" in r.getMessage()]
    assert len(warnings) == 1


@pytest.mark.orcarouter_emulator(quirks=["never_ends"])
def test_a_task_that_never_ends_times_out(client: AnyClient) -> None:
    with pytest.raises(errors.WaitTimeoutError, match="IN_PROGRESS"):
        client.create(KLING).wait(600)


def test_a_failed_task_has_its_reason(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", fail_reason="content risk control triggered"))
    task = client.create(KLING)
    for _ in range(2):
        with pytest.raises(
            errors.TaskFailedError, match="content risk control triggered"
        ) as caught:
            task.wait()
        assert not caught.value.may_be_running
        assert not caught.value.may_be_billed
    assert task.refresh().failure == "content risk control triggered"


def test_refresh_sends_one_request(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    task = client.create(KLING)
    assert task.refresh().state == "running"
    server.script.add(Fault("lookup", status=503))
    with pytest.raises(errors.LookupFailedError) as caught:
        task.refresh()
    assert isinstance(caught.value.reason, errors.APIConnectionError)
    assert len(server.requests_to("lookup")) == 2


def test_a_closed_pooled_connection_does_not_fail_a_lookup(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    task = client.create(KLING)
    server.script.add(Fault("lookup", disconnect=True))
    assert task.refresh().state == "running"
    assert len(server.requests_to("lookup")) == 2


@pytest.mark.parametrize(
    "token", ["", "orca1.", "orca1.!!!", "orca1.e30", "orca1.bnVsbA", "a\nb", "x" * 600]
)
def test_invalid_tokens(client: AnyClient, token: str) -> None:
    with pytest.raises(errors.ConfigurationError):
        client.task(token)


def test_a_token_of_another_service(client: AnyClient) -> None:
    from orcarouter._tokens import ResumeToken

    token: Any = ResumeToken(task_id="t", base_url="https://api.orcarouter.ai/v1")
    with pytest.raises(errors.ConfigurationError, match=r"api\.orcarouter\.ai"):
        client.task(str(token))
    assert ResumeToken.parse(str(token)) == token
