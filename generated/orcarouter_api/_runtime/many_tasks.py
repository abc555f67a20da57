"""Many tasks that are waited for at once: a schedule without I/O, and two iterators that do what it says."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .base_task import BaseTask
from .client import sleep, sleep_async
from .polling import Flow, Polling, Send, Sleep, TaskEvent
from .response import Response
from .task_errors import Naming
from .tasks import AsyncTask, Task

if TYPE_CHECKING:
    import asyncio

TaskT = TypeVar("TaskT", bound=BaseTask[Any])
SyncT = TypeVar("SyncT", bound=Task[Any])
AsyncT = TypeVar("AsyncT", bound=AsyncTask[Any])


class _Waiting(Generic[TaskT]):
    """A task that is waited for. `deadline` is by the clock of its client."""

    def __init__(self, task: TaskT, flow: Flow[Any]) -> None:
        self.task, self.flow = task, flow


class Schedule(Generic[TaskT]):
    """Decides which task sends its request next. A 429 on any of them pauses all of them for as long as its Retry-After
    asks; then the number of concurrent requests starts at one, and grows by one with each response that is no error.
    """

    def __init__(
        self,
        timeout: float | None,
        max_concurrency: int | None,
        polling: Polling,
        on_event: Callable[[TaskEvent], object] | None,
        interval: float | None = None,
    ) -> None:
        if timeout is not None and not timeout >= 0:
            raise ValueError(
                f"timeout must be a number of seconds >= 0, or None, not {timeout!r}"
            )
        self._most = (
            polling.max_concurrency if max_concurrency is None else max_concurrency
        )
        if self._most < 1:
            raise ValueError(f"max_concurrency must be at least 1, not {self._most}")
        self._clock = polling.clock
        self._deadline = None if timeout is None else self._clock() + timeout
        self._on_event, self._interval = on_event, interval
        self.done: deque[TaskT] = deque()
        self.unfinished = 0
        self._in_flight = 0
        self._allowed = self._most
        self._paused_until = float("-inf")
        self._new: deque[TaskT] = deque()  # may be appended to by other threads
        self._ready: deque[tuple[_Waiting[TaskT], Send]] = deque()
        # The number keeps the heap from comparing tasks that wake up at the same time.
        self._asleep: list[tuple[float, int, _Waiting[TaskT]]] = []
        self._numbers = count()

    def add(self, tasks: Iterable[TaskT]) -> None:
        self._new.extend(tasks)

    def next_requests(self) -> list[tuple[_Waiting[TaskT], Send]]:
        """The requests to send now. Each result goes to `resume`."""
        while self._new:
            self.unfinished += 1
            task = self._new.popleft()
            left = self._deadline
            if left is not None:
                left = max(0.0, left - self._clock())
            waiting = _Waiting(task, task.wait_flow(left, self._interval))
            self._advance(waiting, None, None)
        time_ = self._clock()
        while self._asleep and self._asleep[0][0] <= time_:
            self._advance(heapq.heappop(self._asleep)[2], None, None)
        free = self._allowed - self._in_flight if time_ >= self._paused_until else 0
        requests = [self._ready.popleft() for _ in range(min(free, len(self._ready)))]
        self._in_flight += len(requests)
        return requests

    def idle_time(self) -> float | None:
        """Seconds until there may be more requests; None if only a response can change that."""
        time_ = self._clock()
        wake_ups = [self._asleep[0][0]] if self._asleep else []
        if self._ready and time_ < self._paused_until:
            wake_ups.append(self._paused_until)
        return max(0.0, min(wake_ups) - time_) if wake_ups else None

    def resume(
        self, waiting: _Waiting[TaskT], response: Any, error: BaseException | None
    ) -> None:
        """Continues with the result of a request."""
        self._in_flight -= 1
        if isinstance(response, Response) and response.status_code < 400:
            self._allowed = min(self._most, self._allowed + 1)
        if error is not None and not isinstance(error, Exception):
            raise error
        self._advance(waiting, response, error)

    def close(self, in_flight: Iterable[_Waiting[TaskT]]) -> None:
        """Ends all waits."""
        asleep = [waiting for _, _, waiting in self._asleep]
        ready = [waiting for waiting, _ in self._ready]
        for waiting in [*asleep, *ready, *in_flight]:
            waiting.flow.close()

    def _advance(
        self, waiting: _Waiting[TaskT], result: Any, error: Exception | None
    ) -> None:
        """Runs a wait to its next request or sleep, or to its end."""
        flow = waiting.flow
        while True:
            try:
                step: Any = flow.throw(error) if error else flow.send(result)
            except StopIteration:  # the task keeps its result,
                self._end_wait(waiting.task)
                return
            except waiting.task.ERRORS:  # or why there is none
                self._end_wait(waiting.task)
                return
            if isinstance(step, (Send, Sleep)):
                break
            result = error = None
            if self._on_event is not None:
                with Naming(waiting.task):
                    self._on_event(step)
        if isinstance(step, Send):
            self._ready.append((waiting, step))
            return
        wake_up = self._clock() + step.seconds
        if step.shared:
            end = wake_up if self._deadline is None else min(wake_up, self._deadline)
            self._paused_until = max(self._paused_until, end)
            self._allowed = 1
        heapq.heappush(self._asleep, (wake_up, next(self._numbers), waiting))

    def _end_wait(self, task: TaskT) -> None:
        self.unfinished -= 1
        self.done.append(task)

    @property
    def is_over(self) -> bool:
        return not (self.unfinished or self.done or self._new)


class Completed(Iterator[SyncT]):
    """An iterator over tasks, each when its wait has ended: `result()` gives its result, or raises why there is none. More
    tasks can be added meanwhile."""

    def __init__(self, schedule: Schedule[SyncT], polling: Polling) -> None:
        self._schedule, self._polling = schedule, polling
        self._tasks = self._run()

    def add(self, *tasks: SyncT) -> None:
        """Wait for these tasks as well, with the same deadline."""
        self._schedule.add(tasks)

    def __next__(self) -> SyncT:
        return next(self._tasks)

    def close(self) -> None:
        """Stop waiting. The tasks go on."""
        self._tasks.close()

    def _run(self) -> Generator[SyncT, None, None]:
        # Daemon threads, because the interpreter joins those of a ThreadPoolExecutor: Ctrl-C would wait for responses.
        from queue import Empty, SimpleQueue
        from threading import Thread

        requests: SimpleQueue[tuple[_Waiting[Any], Send] | None] = SimpleQueue()
        results: SimpleQueue[tuple[_Waiting[Any], Any, BaseException | None]]
        results = SimpleQueue()
        schedule = self._schedule
        in_flight: set[_Waiting[Any]] = set()
        threads = 0

        def work() -> None:
            while (item := requests.get()) is not None:
                waiting, send = item
                try:
                    results.put((waiting, waiting.task.poller.send(send), None))
                except BaseException as error:
                    results.put((waiting, None, error))

        try:
            while not schedule.is_over:
                for item in schedule.next_requests():
                    in_flight.add(item[0])
                    if len(in_flight) > threads:
                        Thread(target=work, name="task-lookup", daemon=True).start()
                        threads += 1
                    requests.put(item)
                while schedule.done:
                    yield schedule.done.popleft()
                idle = schedule.idle_time()
                if in_flight:
                    try:
                        waiting, response, error = results.get(timeout=idle)
                    except Empty:
                        continue
                    in_flight.remove(waiting)
                    schedule.resume(waiting, response, error)
                elif idle:
                    sleep(self._polling.sleep, idle)
        finally:
            for _ in range(threads):
                requests.put(None)
            schedule.close(in_flight)


class AsyncCompleted(AsyncIterator[AsyncT]):
    """`Completed` for asyncio."""

    def __init__(self, schedule: Schedule[AsyncT], polling: Polling) -> None:
        self._schedule, self._polling = schedule, polling
        self._tasks = self._run()

    def add(self, *tasks: AsyncT) -> None:
        """See `Completed.add`."""
        self._schedule.add(tasks)

    async def __anext__(self) -> AsyncT:
        return await self._tasks.__anext__()

    async def aclose(self) -> None:
        """See `Completed.close`."""
        await self._tasks.aclose()

    async def _run(self) -> AsyncGenerator[AsyncT, None]:
        import asyncio

        schedule = self._schedule
        in_flight: dict[asyncio.Task[Any], _Waiting[Any]] = {}
        try:
            while not schedule.is_over:
                for waiting, send in schedule.next_requests():
                    sending = asyncio.ensure_future(waiting.task.poller.send(send))
                    in_flight[sending] = waiting
                while schedule.done:
                    yield schedule.done.popleft()
                idle = schedule.idle_time()
                if in_flight:
                    done, _ = await asyncio.wait(
                        in_flight, timeout=idle, return_when=asyncio.FIRST_COMPLETED
                    )
                    for sent in done:
                        error = sent.exception()
                        response = None if error else sent.result()
                        schedule.resume(in_flight.pop(sent), response, error)
                elif idle:
                    await sleep_async(self._polling.sleep, idle)
        finally:
            for sent in in_flight:
                sent.cancel()
            schedule.close(in_flight.values())
