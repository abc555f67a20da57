"""Waiting for many tasks at once: one scheduler without I/O, and two loops that drive it.

At most `max_concurrency` requests are in flight. A 429 on any of them pauses all of them for as long
as its Retry-After asks. After that the number of concurrent requests starts at one, and grows by one
with each successful response.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from itertools import count
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from orcarouter._io.clock import Clock
from orcarouter._io.effects import Emit, Flow, HTTPResponse, SendRequest, Sleep
from orcarouter._io.runner import AsyncRunner, EventCallback, Runner
from orcarouter.errors import TaskError
from orcarouter.task import Snapshot

__all__ = ["Outcome", "Scheduler", "run", "run_async"]

T = TypeVar("T")


@frozen
class Outcome(Generic[T]):
    """The result of waiting for one of several tasks: either a snapshot or an error."""

    task: T
    snapshot: Snapshot | None = None
    """The last state of a task that succeeded; None otherwise."""
    error: TaskError | None = None
    """TaskFailedError, TaskNotFoundError, LookupFailedError or WaitTimeoutError; None if it
    succeeded."""

    @property
    def ok(self) -> bool:
        """Whether the task succeeded."""
        return self.error is None


@define(eq=False)
class _Wait(Generic[T]):
    task: T
    flow: Flow[Snapshot]


@define
class Scheduler(Generic[T]):
    """Decides which wait sends its request next. Times are seconds of the clock."""

    clock: Clock
    max_concurrency: int
    deadline: float
    """When all waits end; a shared pause never extends beyond it."""
    on_event: EventCallback | None = None
    unfinished: int = 0
    in_flight: int = 0
    outcomes: deque[Outcome[T]] = field(factory=deque)
    """Outcomes that the loop has not yielded yet."""
    _ready: deque[tuple[_Wait[T], SendRequest]] = field(factory=deque)
    # (wake-up time, sequence number, wait): the number keeps the heap from comparing waits.
    _asleep: list[tuple[float, int, _Wait[T]]] = field(factory=list)
    _sequence: count[int] = field(factory=count)
    _allowed: int = field(init=False)
    _paused_until: float = field(init=False, default=float("-inf"))

    def __attrs_post_init__(self) -> None:
        if self.max_concurrency < 1:
            raise ValueError(f"max_concurrency must be at least 1, not {self.max_concurrency}")
        self._allowed = self.max_concurrency

    def add(self, task: T, flow: Flow[Snapshot]) -> None:
        """Add a wait and run it up to its first request or sleep."""
        self.unfinished += 1
        self._advance(_Wait(task, flow), lambda: next(flow))

    def next_requests(self) -> list[tuple[_Wait[T], SendRequest]]:
        """The requests to send now. Pass each result to `on_response` or `on_error`."""
        time = self.clock.monotonic()
        while self._asleep and self._asleep[0][0] <= time:
            _, _, wait = heapq.heappop(self._asleep)
            self._advance(wait, lambda wait=wait: wait.flow.send(None))  # type: ignore[misc]
        free = self._allowed - self.in_flight if time >= self._paused_until else 0
        requests = [self._ready.popleft() for _ in range(min(free, len(self._ready)))]
        self.in_flight += len(requests)
        return requests

    def idle_time(self) -> float | None:
        """Seconds until `next_requests` may have more; None if only a response can change that."""
        time = self.clock.monotonic()
        wake_ups = [self._asleep[0][0]] if self._asleep else []
        if self._ready and time < self._paused_until:
            wake_ups.append(self._paused_until)
        return max(0.0, min(wake_ups) - time) if wake_ups else None

    def on_response(self, wait: _Wait[T], response: HTTPResponse) -> None:
        """Continue a wait with the response to its request."""
        self.in_flight -= 1
        if response.status_code < 400:
            self._allowed = min(self.max_concurrency, self._allowed + 1)
        self._advance(wait, lambda: wait.flow.send(response))

    def on_error(self, wait: _Wait[T], error: Exception) -> None:
        """Continue a wait with the exception of its request."""
        self.in_flight -= 1
        self._advance(wait, lambda: wait.flow.throw(error))

    def close(self, in_flight: Iterable[_Wait[T]]) -> None:
        """Close the flows of all waits, including those with a request in flight."""
        asleep = [wait for _, _, wait in self._asleep]
        for wait in [*asleep, *(wait for wait, _ in self._ready), *in_flight]:
            wait.flow.close()

    def _advance(self, wait: _Wait[T], resume: Callable[[], Any]) -> None:
        """Run a wait to its next request or sleep, or to its end."""
        try:
            effect = resume()
            while isinstance(effect, Emit):
                if self.on_event is not None:
                    self.on_event(effect.event)
                effect = wait.flow.send(None)
        except StopIteration as end:
            self._add_outcome(Outcome(wait.task, snapshot=end.value))
        except TaskError as error:
            self._add_outcome(Outcome(wait.task, error=error))
        else:
            if isinstance(effect, Sleep):
                self._sleep(wait, effect)
            else:
                assert isinstance(effect, SendRequest)  # flows of `polling` yield nothing else
                self._ready.append((wait, effect))

    def _sleep(self, wait: _Wait[T], effect: Sleep) -> None:
        wake_up = self.clock.monotonic() + effect.seconds
        if effect.shared:
            self._paused_until = max(self._paused_until, min(wake_up, self.deadline))
            self._allowed = 1
        heapq.heappush(self._asleep, (wake_up, next(self._sequence), wait))

    def _add_outcome(self, outcome: Outcome[T]) -> None:
        self.unfinished -= 1
        self.outcomes.append(outcome)


def run(scheduler: Scheduler[T], runner: Runner) -> Generator[Outcome[T], None, None]:
    """Yield outcomes as tasks end, sending requests in threads."""
    requests: SimpleQueue[tuple[_Wait[T], SendRequest] | None] = SimpleQueue()
    results: SimpleQueue[tuple[_Wait[T], HTTPResponse | BaseException]] = SimpleQueue()
    in_flight: set[_Wait[T]] = set()
    threads = 0

    def work() -> None:
        while (item := requests.get()) is not None:
            wait, request = item
            try:
                results.put((wait, runner.perform(request)))
            except BaseException as error:
                results.put((wait, error))

    try:
        while scheduler.unfinished or scheduler.outcomes:
            for item in scheduler.next_requests():
                in_flight.add(item[0])
                if len(in_flight) > threads:
                    # Daemon threads, because the interpreter joins those of a ThreadPoolExecutor:
                    # Ctrl-C would wait for the responses.
                    Thread(target=work, name="orcarouter-lookup", daemon=True).start()
                    threads += 1
                requests.put(item)
            while scheduler.outcomes:
                yield scheduler.outcomes.popleft()
            idle_time = scheduler.idle_time()
            if in_flight:
                try:
                    wait, result = results.get(timeout=idle_time)
                except Empty:
                    continue
                in_flight.remove(wait)
                _resume(scheduler, wait, result)
            elif idle_time:
                runner.clock.sleep(idle_time)
    finally:
        for _ in range(threads):
            requests.put(None)
        scheduler.close(in_flight)


async def run_async(
    scheduler: Scheduler[T], runner: AsyncRunner
) -> AsyncGenerator[Outcome[T], None]:
    """Yield outcomes as tasks end, sending requests in asyncio tasks."""
    in_flight: dict[asyncio.Task[HTTPResponse], _Wait[T]] = {}
    try:
        while scheduler.unfinished or scheduler.outcomes:
            for wait, request in scheduler.next_requests():
                in_flight[asyncio.ensure_future(runner.perform(request))] = wait
            while scheduler.outcomes:
                yield scheduler.outcomes.popleft()
            idle_time = scheduler.idle_time()
            if in_flight:
                done, _ = await asyncio.wait(
                    in_flight, timeout=idle_time, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    _resume(scheduler, in_flight.pop(task), task.exception() or task.result())
            elif idle_time:
                await runner.clock.asleep(idle_time)
    finally:
        for task in in_flight:
            task.cancel()
        scheduler.close(in_flight.values())


def _resume(scheduler: Scheduler[T], wait: _Wait[T], result: HTTPResponse | BaseException) -> None:
    if isinstance(result, HTTPResponse):
        scheduler.on_response(wait, result)
    elif isinstance(result, Exception):
        scheduler.on_error(wait, result)
    else:
        raise result
