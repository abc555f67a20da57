"""Waiting for many tasks: each outcome is reported, requests are limited, a 429 pauses all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from tests.client.support import KLING, AnyClient, ClientClock, Task, make_http_client, open_client

from orcarouter import Event, Outcome, errors
from orcarouter.testing import Emulator, Fault, VirtualClock


def wait_all(
    client: AnyClient, tasks: Iterable[Task], *args: Any, **options: Any
) -> list[Outcome[Any]]:
    outcomes: list[Outcome[Any]] = client.run(
        client.client.wait_all([task.handle for task in tasks], *args, **options)
    )
    return outcomes


def as_completed(client: AnyClient, tasks: Iterable[Task], **options: Any) -> list[Outcome[Any]]:
    outcomes = client.client.as_completed([task.handle for task in tasks], **options)
    if client.client_kind == "sync":
        return list(outcomes)

    async def collect() -> list[Outcome[Any]]:
        return [outcome async for outcome in outcomes]

    collected: list[Outcome[Any]] = client.run(collect())
    return collected


def test_each_task_has_its_own_outcome(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    server.script.add(Fault("submit", fail_reason="content risk control triggered"))
    server.script.add(Fault("submit", duration=10**6))
    failing, endless, succeeding = (client.create(KLING) for _ in range(3))
    unknown = client.task("task_unknown")
    outcomes = wait_all(client, [failing, endless, unknown, succeeding], 600)
    assert [type(each.error) for each in outcomes] == [
        errors.TaskFailedError,
        errors.WaitTimeoutError,
        errors.TaskNotFoundError,
        type(None),
    ]
    assert [each.task.id for each in outcomes] == [
        failing.id,
        endless.id,
        unknown.id,
        succeeding.id,
    ]
    assert [each.ok for each in outcomes] == [False, False, False, True]
    assert outcomes[3].snapshot is not None
    assert outcomes[3].snapshot.video_url
    assert len(server.requests_to("submit")) == len(server.tasks) == 3


def test_outcomes_come_in_order_of_completion(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("submit", duration=300))
    slow, quick = client.create(KLING), client.create(KLING)
    assert [each.task.id for each in as_completed(client, [slow, quick])] == [quick.id, slow.id]


def test_a_task_listed_twice_is_polled_once(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    task = client.create(KLING)
    outcomes = wait_all(client, [task, task])
    assert [each.ok for each in outcomes] == [True, True]
    assert len(server.requests_to("lookup")) == 1


def test_empty_list_of_tasks(client: AnyClient) -> None:
    assert wait_all(client, []) == []


def test_a_429_pauses_all_requests(
    client: AnyClient, clock: ClientClock, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("submit", duration=60, times=None))
    tasks = [client.create(KLING) for _ in range(12)]
    server.script.add(Fault("lookup", skip=3, status=429, retry_after=30))
    outcomes = wait_all(client, tasks, max_concurrency=2)
    assert all(each.ok for each in outcomes)
    lookups = server.requests_to("lookup")
    (limited,) = (each for each in lookups if each.status == 429)
    after = [each.at for each in lookups if each.at > limited.at]
    assert min(after) >= limited.at + 30 - 1e-6


def test_a_long_retry_after_does_not_extend_the_deadline(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    tasks = [client.create(KLING) for _ in range(3)]
    server.script.add(Fault("lookup", status=429, retry_after=7200, times=None))
    started = server.clock.time()
    outcomes = wait_all(client, tasks, 600, max_concurrency=2)
    assert [type(each.error) for each in outcomes] == [errors.WaitTimeoutError] * 3
    assert server.clock.time() - started <= 602


def test_a_batch_survives_an_outage(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    tasks = [client.create(KLING) for _ in range(5)]
    server.script.add(Fault("lookup", disconnect=True, times=30))
    server.script.add(Fault("lookup", status=502, times=10))
    assert all(each.ok for each in wait_all(client, tasks))
    assert len(server.tasks) == 5


class CountingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Counts the requests in flight."""

    def __init__(self) -> None:
        self.in_flight = self.max_in_flight = 0
        self._lock = threading.Lock()
        self._sync, self._async = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def _add(self, number: int) -> None:
        with self._lock:
            self.in_flight += number
            self.max_in_flight = max(self.max_in_flight, self.in_flight)

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
def test_max_concurrency_limits_requests_in_flight(
    server: Emulator[VirtualClock], client_kind: str, limit: int
) -> None:
    transport = CountingTransport()
    with open_client(
        client_kind, server, http_client=make_http_client(client_kind, transport)
    ) as client:
        tasks = [client.create(KLING) for _ in range(20)]
        # With a fixed interval, all polls are due at the same time.
        assert all(each.ok for each in wait_all(client, tasks, interval=5, max_concurrency=limit))
    assert transport.max_in_flight == limit
    assert len(server.requests_to("lookup")) == 20


def test_events_of_all_tasks_are_reported(client: AnyClient) -> None:
    tasks = [client.create(KLING) for _ in range(3)]
    events: list[Event] = []
    wait_all(client, tasks, on_event=events.append)
    ends = {event.task_id for event in events if event.kind == "end"}
    assert ends == {task.id for task in tasks}


def test_max_concurrency_below_one_is_invalid(client: AnyClient) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        wait_all(client, [], max_concurrency=0)


def test_tasks_can_be_waited_for_after_leaving_the_loop(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("submit", duration=300))
    slow, quick = client.create(KLING), client.create(KLING)
    outcomes = client.client.as_completed([slow.handle, quick.handle])
    if client.client_kind == "sync":
        assert next(outcomes).task.id == quick.id
        outcomes.close()
    else:
        assert client.run(anext(outcomes)).task.id == quick.id
        client.run(outcomes.aclose())
    assert slow.wait().video_url
