"""Many waits at once: nobody's end is lost, requests are limited, and a 429 holds back all."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from tests.client.support import KLING, ClientClock, Orca, Task, orca, through

from orcarouter import Event, Outcome, errors
from orcarouter.testing import Emulator, Fault, VirtualClock


def together(client: Orca, tasks: Iterable[Task], *args: Any, **options: Any) -> list[Outcome[Any]]:
    outcomes: list[Outcome[Any]] = client.do(
        client.client.wait_all([task.handle for task in tasks], *args, **options)
    )
    return outcomes


def as_completed(client: Orca, tasks: Iterable[Task], **options: Any) -> list[Outcome[Any]]:
    found = client.client.as_completed([task.handle for task in tasks], **options)
    if client.driver == "sync":
        return list(found)

    async def collect() -> list[Outcome[Any]]:
        return [outcome async for outcome in found]

    collected: list[Outcome[Any]] = client.do(collect())
    return collected


def test_each_ends_in_its_own_way(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", fail_reason="content risk control triggered"))
    server.script.add(Fault("submit", duration=10**6))
    failing, endless, good = (client.create(KLING) for _ in range(3))
    unknown = client.task("task_unknown")
    outcomes = together(client, [failing, endless, unknown, good], 600)
    assert [type(each.error) for each in outcomes] == [
        errors.TaskFailed,
        errors.WaitTimeout,
        errors.TaskNotFound,
        type(None),
    ]
    assert [each.task.id for each in outcomes] == [failing.id, endless.id, unknown.id, good.id]
    assert [each.ok for each in outcomes] == [False, False, False, True]
    assert outcomes[3].snapshot is not None
    assert outcomes[3].snapshot.video_url
    assert len(server.requests_to("submit")) == len(server.tasks) == 3


def test_the_first_to_end_comes_first(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", duration=300))
    slow, quick = client.create(KLING), client.create(KLING)
    assert [each.task.id for each in as_completed(client, [slow, quick])] == [quick.id, slow.id]


def test_a_task_named_twice_is_waited_for_once(
    client: Orca, server: Emulator[VirtualClock]
) -> None:
    task = client.create(KLING)
    outcomes = together(client, [task, task])
    assert [each.ok for each in outcomes] == [True, True]
    assert len(server.requests_to("lookup")) == 1


def test_nothing_to_wait_for(client: Orca) -> None:
    assert together(client, []) == []


def test_a_429_holds_back_everybody(
    client: Orca, clock: ClientClock, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("submit", duration=60, times=None))
    tasks = [client.create(KLING) for _ in range(12)]
    server.script.add(Fault("lookup", skip=3, status=429, retry_after=30))
    outcomes = together(client, tasks, limit=2)
    assert all(each.ok for each in outcomes)
    lookups = server.requests_to("lookup")
    (limited,) = (each for each in lookups if each.status == 429)
    after = [each.at for each in lookups if each.at > limited.at]
    assert min(after) >= limited.at + 30 - 1e-6


def test_a_429_for_hours_does_not_hold_back_the_deadline(
    client: Orca, server: Emulator[VirtualClock]
) -> None:
    tasks = [client.create(KLING) for _ in range(3)]
    server.script.add(Fault("lookup", status=429, retry_after=7200, times=None))
    started = server.clock.time()
    outcomes = together(client, tasks, 600, limit=2)
    assert [type(each.error) for each in outcomes] == [errors.WaitTimeout] * 3
    assert server.clock.time() - started <= 602


def test_an_outage_costs_time_and_no_task(client: Orca, server: Emulator[VirtualClock]) -> None:
    tasks = [client.create(KLING) for _ in range(5)]
    server.script.add(Fault("lookup", disconnect=True, times=30))
    server.script.add(Fault("lookup", status=502, times=10))
    assert all(each.ok for each in together(client, tasks))
    assert len(server.tasks) == 5


class Counting(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Counts the requests in flight."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()
        self._sync, self._async = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def _add(self, number: int) -> None:
        with self._lock:
            self.now += number
            self.most = max(self.most, self.now)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._add(1)
        try:
            response = self._sync.handle_request(request)
            response.read()
            return response
        finally:
            self._add(-1)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._add(1)
        try:
            response = await self._async.handle_async_request(request)
            await response.aread()
            return response
        finally:
            self._add(-1)


@pytest.mark.parametrize("limit", [1, 4])
def test_requests_in_flight_are_limited(
    server: Emulator[VirtualClock], driver: str, limit: int
) -> None:
    transport = Counting()
    with orca(driver, server, http_client=through(driver, transport)) as client:
        tasks = [client.create(KLING) for _ in range(20)]
        # Due all at once.
        assert all(each.ok for each in together(client, tasks, interval=5, limit=limit))
    assert transport.most == limit
    assert len(server.requests_to("lookup")) == 20


def test_events_of_all(client: Orca) -> None:
    tasks = [client.create(KLING) for _ in range(3)]
    events: list[Event] = []
    together(client, tasks, on_event=events.append)
    ends = {event.task_id for event in events if event.kind == "end"}
    assert ends == {task.id for task in tasks}


def test_a_limit_below_one_is_refused(client: Orca) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        together(client, [], limit=0)


def test_leaving_the_loop_early_is_harmless(client: Orca, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", duration=300))
    slow, quick = client.create(KLING), client.create(KLING)
    found = client.client.as_completed([slow.handle, quick.handle])
    if client.driver == "sync":
        assert next(found).task.id == quick.id
        found.close()
    else:
        assert client.do(anext(found)).task.id == quick.id
        client.do(found.aclose())
    assert slow.wait().video_url
