"""Many waits at once: one scheduler without I/O, and its two drivers.

At most `limit` requests are in flight. A 429 to any of them holds all of them back for as long as it asks; then one
request goes out at a time, and one more for each that is answered.
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

from orcarouter.clock import Clock
from orcarouter.drivers import AsyncDriver, Driver
from orcarouter.errors import TaskError
from orcarouter.steps import Event, Exchange, Flow, Reply, Report, Sleep
from orcarouter.tasks import Snapshot

__all__ = ["Outcome", "Scheduler", "run", "run_async"]

T = TypeVar("T")
Hook = Callable[[Event], object]


@frozen
class Outcome(Generic[T]):
    """How one wait of many ended: with a state, or with an error."""

    task: T
    snapshot: Snapshot | None = None
    """Of a task that succeeded."""
    error: TaskError | None = None
    """TaskFailed, TaskNotFound, LookupFailed or WaitTimeout."""

    @property
    def ok(self) -> bool:
        """Whether the video is there."""
        return self.error is None


@define(eq=False)
class _Wait(Generic[T]):
    task: T
    flow: Flow[Snapshot]


@define
class Scheduler(Generic[T]):
    """Decides which wait does what next. Times are those of the clock, in seconds."""

    clock: Clock
    limit: int
    deadline: float
    """When all waits end; no pause goes beyond it."""
    hook: Hook | None = None
    unfinished: int = 0
    in_flight: int = 0
    ended: deque[Outcome[T]] = field(factory=deque)
    """Waits that have ended and were not taken up yet."""
    _ready: deque[tuple[_Wait[T], Exchange]] = field(factory=deque)
    _asleep: list[tuple[float, int, _Wait[T]]] = field(factory=list)
    _numbers: count[int] = field(factory=count)
    _allowed: int = field(init=False)
    _paused_until: float = field(init=False, default=float("-inf"))

    def __attrs_post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(f"the limit on requests is at least 1, not {self.limit}")
        self._allowed = self.limit

    def add(self, task: T, flow: Flow[Snapshot]) -> None:
        """Take up another wait."""
        self.unfinished += 1
        self._go_on(_Wait(task, flow), lambda: next(flow))

    def start(self) -> list[tuple[_Wait[T], Exchange]]:
        """The requests to send now; each is to be given back with `answered` or `failed`."""
        now = self.clock.monotonic()
        while self._asleep and self._asleep[0][0] <= now:
            _, _, wait = heapq.heappop(self._asleep)
            self._go_on(wait, lambda wait=wait: wait.flow.send(None))  # type: ignore[misc]
        free = self._allowed - self.in_flight if now >= self._paused_until else 0
        starting = [self._ready.popleft() for _ in range(min(free, len(self._ready)))]
        self.in_flight += len(starting)
        return starting

    def idle(self) -> float | None:
        """How long nothing is to be done unless a request is answered; None if only for that."""
        now = self.clock.monotonic()
        times = [self._asleep[0][0]] if self._asleep else []
        if self._ready and now < self._paused_until:
            times.append(self._paused_until)
        return max(0.0, min(times) - now) if times else None

    def answered(self, wait: _Wait[T], reply: Reply) -> None:
        """Take up the answer to a request."""
        self.in_flight -= 1
        if reply.status < 400:
            self._allowed = min(self.limit, self._allowed + 1)
        self._go_on(wait, lambda: wait.flow.send(reply))

    def failed(self, wait: _Wait[T], error: Exception) -> None:
        """Take up that a request failed."""
        self.in_flight -= 1
        self._go_on(wait, lambda: wait.flow.throw(error))

    def close(self, running: Iterable[_Wait[T]]) -> None:
        """Forget all waits, those with a request in flight included."""
        asleep = [wait for _, _, wait in self._asleep]
        for wait in [*asleep, *(wait for wait, _ in self._ready), *running]:
            wait.flow.close()

    def _go_on(self, wait: _Wait[T], step: Callable[[], Any]) -> None:
        """Advance a wait to its next request or pause, or to its end."""
        try:
            wanted = step()
            while isinstance(wanted, Report):
                if self.hook is not None:
                    self.hook(wanted.event)
                wanted = wait.flow.send(None)
        except StopIteration as done:
            self._end(Outcome(wait.task, snapshot=done.value))
        except TaskError as error:
            self._end(Outcome(wait.task, error=error))
        else:
            if isinstance(wanted, Sleep):
                self._sleep(wait, wanted)
            else:
                assert isinstance(wanted, Exchange)
                self._ready.append((wait, wanted))

    def _sleep(self, wait: _Wait[T], step: Sleep) -> None:
        until = self.clock.monotonic() + step.seconds
        if step.shared:
            self._paused_until = max(self._paused_until, min(until, self.deadline))
            self._allowed = 1
        heapq.heappush(self._asleep, (until, next(self._numbers), wait))

    def _end(self, outcome: Outcome[T]) -> None:
        self.unfinished -= 1
        self.ended.append(outcome)


def run(scheduler: Scheduler[T], driver: Driver) -> Generator[Outcome[T], None, None]:
    """The waits as they end, their requests in threads."""
    requests: SimpleQueue[tuple[_Wait[T], Exchange] | None] = SimpleQueue()
    answers: SimpleQueue[tuple[_Wait[T], Reply | BaseException]] = SimpleQueue()
    running: set[_Wait[T]] = set()
    threads = 0

    def work() -> None:
        while (request := requests.get()) is not None:
            wait, step = request
            try:
                answers.put((wait, driver.perform(step)))
            except BaseException as error:
                answers.put((wait, error))

    try:
        while scheduler.unfinished or scheduler.ended:
            for request in scheduler.start():
                running.add(request[0])
                if len(running) > threads:
                    # Not an executor's: those keep a process that is interrupted until their requests have ended.
                    Thread(target=work, name="orcarouter-lookup", daemon=True).start()
                    threads += 1
                requests.put(request)
            while scheduler.ended:
                yield scheduler.ended.popleft()
            idle = scheduler.idle()
            if running:
                try:
                    wait, answer = answers.get(timeout=idle)
                except Empty:
                    continue
                running.remove(wait)
                _give(scheduler, wait, answer)
            elif idle:
                driver.clock.sleep(idle)
    finally:
        for _ in range(threads):
            requests.put(None)
        scheduler.close(running)


async def run_async(
    scheduler: Scheduler[T], driver: AsyncDriver
) -> AsyncGenerator[Outcome[T], None]:
    """The waits as they end, their requests in asyncio tasks."""
    running: dict[asyncio.Task[Reply], _Wait[T]] = {}
    try:
        while scheduler.unfinished or scheduler.ended:
            for wait, step in scheduler.start():
                running[asyncio.ensure_future(driver.perform(step))] = wait
            while scheduler.ended:
                yield scheduler.ended.popleft()
            idle = scheduler.idle()
            if running:
                done, _ = await asyncio.wait(
                    running, timeout=idle, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    _give(scheduler, running.pop(task), task.exception() or task.result())
            elif idle:
                await driver.clock.pause(idle)
    finally:
        for task in running:
            task.cancel()
        scheduler.close(running.values())


def _give(scheduler: Scheduler[T], wait: _Wait[T], answer: Reply | BaseException) -> None:
    if isinstance(answer, Reply):
        scheduler.answered(wait, answer)
    elif isinstance(answer, Exception):
        scheduler.failed(wait, answer)
    else:
        raise answer
