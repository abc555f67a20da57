"""Tasks of long-running operations: started, waited for, resumed in another process; one or many, blocking or with asyncio."""

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
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from .call import Call
from .client import BaseAsyncClient, BaseSyncClient, sleep, sleep_async
from .errors import ConfigurationError
from .http import Timeout
from .long_running import (
    LongRunning,
    ResponseReader,
    TaskCall,
    load_declaration,
)
from .once import OnceClient
from .parameters import format_scalar
from .polling import (
    BaseTask,
    Flow,
    Poller,
    Polling,
    Send,
    Sleep,
    TaskError,
    TaskEvent,
    is_token,
    read_token,
)
from .response import Response

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
V = TypeVar("V")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
TaskT = TypeVar("TaskT", bound=BaseTask[Any])


class Task(BaseTask[R_co]):
    """A task that `client.start` gave; see `BaseTask`. All methods raise ConfigurationError after a task was pickled."""

    def wait(
        self,
        timeout: float | None = None,
        *,
        interval: float | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> R_co:
        """Poll until the task has ended, and return its result.

        `timeout` is in seconds from now, None for no limit; `interval` is seconds between lookups instead of what the
        operation declares. Failures of lookups are outlived. Raises TaskFailedError, TaskCancelledError, WaitTimeoutError
        (the task goes on: `wait` can be called again), LookupFailedError, TaskNotFoundError, TaskResultError.
        """
        events = self._drive(self.wait_flow(timeout, interval))
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                result: R_co = end.value
                return result
            if on_event is not None:
                on_event(event)

    def events(
        self, timeout: float | None = None, *, interval: float | None = None
    ) -> Generator[TaskEvent, None, R_co]:
        """Poll as `wait` does, and give each step. Raises as `wait` does, after the last."""
        return self._drive(self.wait_flow(timeout, interval))

    def refresh(self) -> Self:
        """Look the task up once. Raises LookupFailedError, TaskNotFoundError."""
        _exhaust(self._drive(self.refresh_flow()))
        return self

    def cancel(self) -> Self:
        """Ask the service to cancel the task, once. It has ended when a lookup says so.

        Raises ConfigurationError if the document has no operation for it, and otherwise as `Client.send` does.
        """
        _exhaust(self._drive(self.cancel_flow()))
        return self

    def _drive(self, flow: Flow[V]) -> Generator[TaskEvent, None, V]:
        """Does what a flow asks for, and gives its events."""
        result: Any = None
        errors: list[Exception] = []
        try:
            while True:
                step: Any = flow.throw(errors.pop()) if errors else flow.send(result)
                result = None
                if isinstance(step, TaskEvent):
                    yield step
                    continue
                try:
                    if isinstance(step, Sleep):
                        sleep(self.poller.polling.sleep, step.seconds)
                    else:
                        result = self.poller.send(step)
                except Exception as error:
                    errors.append(error)
        except StopIteration as end:
            value: V = end.value
            return value
        finally:
            flow.close()


class AsyncTask(BaseTask[R_co]):
    """`Task` for asyncio."""

    async def wait(
        self,
        timeout: float | None = None,
        *,
        interval: float | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> R_co:
        """See `Task.wait`."""
        results: list[R_co] = []
        async for event in self._drive(
            self.wait_flow(timeout, interval), results.append
        ):
            if on_event is not None:
                on_event(event)
        return results[0]

    def events(
        self, timeout: float | None = None, *, interval: float | None = None
    ) -> AsyncGenerator[TaskEvent, None]:
        """See `Task.events`."""
        return self._drive(self.wait_flow(timeout, interval))

    async def refresh(self) -> Self:
        """See `Task.refresh`."""
        async for _ in self._drive(self.refresh_flow()):
            pass
        return self

    async def cancel(self) -> Self:
        """See `Task.cancel`."""
        async for _ in self._drive(self.cancel_flow()):
            pass
        return self

    async def _drive(
        self, flow: Flow[V], on_result: Callable[[V], object] | None = None
    ) -> AsyncGenerator[TaskEvent, None]:
        """See `Task._drive`."""
        result: Any = None
        errors: list[Exception] = []
        try:
            while True:
                step: Any = flow.throw(errors.pop()) if errors else flow.send(result)
                result = None
                if isinstance(step, TaskEvent):
                    yield step
                    continue
                try:
                    if isinstance(step, Sleep):
                        await sleep_async(self.poller.polling.sleep, step.seconds)
                    else:
                        result = await self.poller.send(step)
                except Exception as error:
                    errors.append(error)
        except StopIteration as end:
            if on_result is not None:
                on_result(end.value)
        finally:
            flow.close()


def _exhaust(events: Generator[TaskEvent, None, Any]) -> None:
    for _ in events:
        pass


# Many tasks


class _Waiting(Generic[TaskT]):
    """A task that is waited for. `deadline` is by the clock of its client."""

    def __init__(self, task: TaskT, flow: Flow[Any]) -> None:
        self.task, self.flow = task, flow


class _Schedule(Generic[TaskT]):
    """Decides which task sends its request next. A 429 on any of them pauses all of them for as long as its Retry-After
    asks; then the number of concurrent requests starts at one, and grows by one with each response that is no error.
    """

    def __init__(
        self,
        timeout: float | None,
        max_concurrency: int | None,
        polling: Polling,
        on_event: Callable[[TaskEvent], object] | None,
    ) -> None:
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"timeout must be seconds >= 0, or None, not {timeout!r}")
        self._most = (
            polling.max_concurrency if max_concurrency is None else max_concurrency
        )
        if self._most < 1:
            raise ValueError(f"max_concurrency must be at least 1, not {self._most}")
        self._clock = polling.clock
        self._deadline = None if timeout is None else self._clock() + timeout
        self._on_event = on_event
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
            waiting = _Waiting(task, task.wait_flow(left))
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
        try:
            step: Any = flow.throw(error) if error else flow.send(result)
            while isinstance(step, TaskEvent):
                if self._on_event is not None:
                    self._on_event(step)
                step = flow.send(None)
        except (StopIteration, TaskError):  # the task keeps either
            self.unfinished -= 1
            self.done.append(waiting.task)
            return
        if isinstance(step, Send):
            self._ready.append((waiting, step))
            return
        wake_up = self._clock() + step.seconds
        if step.shared:
            end = wake_up if self._deadline is None else min(wake_up, self._deadline)
            self._paused_until = max(self._paused_until, end)
            self._allowed = 1
        heapq.heappush(self._asleep, (wake_up, next(self._numbers), waiting))

    @property
    def is_over(self) -> bool:
        return not (self.unfinished or self.done or self._new)


class Completed(Iterator[Task[R_co]]):
    """An iterator over tasks, each when its wait has ended: `result()` gives its result, or raises why there is none. More
    tasks can be added meanwhile."""

    def __init__(self, schedule: _Schedule[Any], polling: Polling) -> None:
        self._schedule, self._polling = schedule, polling
        self._tasks = self._run()

    def add(self, *tasks: Task[Any]) -> None:
        """Wait for these tasks as well, with the same deadline."""
        self._schedule.add(tasks)

    def __next__(self) -> Task[R_co]:
        return next(self._tasks)

    def close(self) -> None:
        """Stop waiting. The tasks go on."""
        self._tasks.close()

    def _run(self) -> Generator[Task[R_co], None, None]:
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


class AsyncCompleted(AsyncIterator[AsyncTask[R_co]]):
    """`Completed` for asyncio."""

    def __init__(self, schedule: _Schedule[Any], polling: Polling) -> None:
        self._schedule, self._polling = schedule, polling
        self._tasks = self._run()

    def add(self, *tasks: AsyncTask[Any]) -> None:
        """See `Completed.add`."""
        self._schedule.add(tasks)

    async def __anext__(self) -> AsyncTask[R_co]:
        return await self._tasks.__anext__()

    async def aclose(self) -> None:
        """See `Completed.close`."""
        await self._tasks.aclose()

    async def _run(self) -> AsyncGenerator[AsyncTask[R_co], None]:
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


# Clients


def _find_longest(timeout: Timeout) -> float:
    """The seconds for a whole request: of the library's timeouts, the longest."""
    if isinstance(timeout, (int, float)):
        return timeout
    return max((t for t in timeout.as_dict().values() if t is not None), default=60.0)


class _TaskStarter(OnceClient):
    """What both clients share."""

    _send_once: Callable[[Send], Any]

    @property
    def _polling(self) -> Polling:
        polling: Polling = self._options.get("polling") or Polling()
        return polling

    def _make_poller(self, declared: LongRunning) -> Poller:
        return Poller(
            send=self._send_once,
            polling=self._polling,
            timeout=_find_longest(self._timeout),
            base_url=self.locate(Call("GET", "/", server=declared.server)),
        )

    def _begin(
        self, kind: type[TaskT], call: TaskCall[Any, Any], response: Response[Any]
    ) -> TaskT:
        """The task of a response. Raises the response's error, and DecodingError if it does not say how to go on."""
        if response.error is not None:
            raise response.error
        declared, reply = call.long_running, ResponseReader(response)
        poller = self._make_poller(declared)
        query = f"?{call.query}" if call.query else ""
        url = f"{poller.base_url}{call.path}{query}"
        values: dict[str, Any] = {"$url": url}
        for expression in sorted(declared.expressions):
            value = reply.find((expression,))
            if value is None:
                value = call.find_value(expression, url)
            if value not in (None, ""):
                is_json = isinstance(value, (str, int, float, list, dict))
                values[expression] = value if is_json else format_scalar(value)
        polls = [
            i
            for i, target in enumerate(declared.poll)
            if all(e in values for e in target.expressions)
        ]
        index = polls[0] if polls else 0
        places = declared.id or tuple(declared.poll[index].expressions)
        target = declared.poll[index] if polls else None
        state, _ = declared.find_state(reply, target)
        if target is None and state in (None, "pending"):
            raise response.make_error(
                f"says nothing about how to poll the task: it has no {', or '.join(declared.poll[-1].expressions)}"
            )
        id_ = next((str(values[e]) for e in places if e in values), url)
        task = kind(
            poller,
            declared,
            values,
            id_=id_,
            index=index,
            started_at=poller.polling.time(),
        )
        task.begin(reply, target)
        return task

    def _resume(
        self, kind: type[TaskT], token: str, operation: Callable[..., Any] | None
    ) -> TaskT:
        name = ""
        if operation is not None:
            module: str = getattr(operation, "__module__", "")
            function: str = getattr(operation, "__name__", "")
            name = f"{module.rpartition('.')[2]}.{function}"
        content: dict[str, Any] = {"operation": name}
        if is_token(token):
            content = read_token(token)
        declared = load_declaration(content["operation"])
        if declared is None or (name and name != content["operation"]):
            wanted = f", not of {name}" if name and declared else ""
            raise ConfigurationError(
                f"there is no task of {content['operation'] or 'an unknown operation'}{wanted}"
                if is_token(token)
                else "an id needs the operation that started the task, and that must start one"
            )
        poller = self._make_poller(declared)
        if is_token(token):
            if content["base_url"] != poller.base_url:
                # The credentials must not go to another service, and the id would mean nothing there.
                raise ConfigurationError(
                    f"the task was started at {content['base_url']}, this client is for {poller.base_url}"
                )
        else:
            needed = {*declared.poll[0].expressions}
            if not token or len(needed) != 1:
                raise ConfigurationError(
                    "not a resume token, and the id alone is not enough"
                )
            content |= {"id": token, "values": {needed.pop(): token}, "poll": 0}
        return kind(
            poller,
            declared,
            content["values"],
            id_=content["id"],
            index=content["poll"] if 0 <= content["poll"] < len(declared.poll) else 0,
            started_at=content.get("started_at"),
            resumed=True,
        )

    def _make_schedule(
        self,
        tasks: Iterable[TaskT],
        timeout: float | None,
        max_concurrency: int | None,
        on_event: Callable[[TaskEvent], object] | None,
    ) -> _Schedule[TaskT]:
        schedule = _Schedule[TaskT](timeout, max_concurrency, self._polling, on_event)
        schedule.add(tasks)
        return schedule


class TaskClient(_TaskStarter, BaseSyncClient):
    """A client of an API that has long-running operations."""

    def start(
        self, call: TaskCall[Any, R], *, timeout: Timeout | None = None
    ) -> Task[R]:
        """Send a call that starts a task, and return the task.

        `timeout` is in seconds, for this request, or the library's `Timeout`. Raises as `send` does. A call of an operation that is billable is sent
        once, whatever the option `retries` is: after a TransportError, the task may exist.
        """
        return self._begin(Task[R], call, self.send_raw(call, timeout=timeout))

    @overload
    def resume(
        self, token: str, operation: Callable[..., TaskCall[Any, R]]
    ) -> Task[R]: ...

    @overload
    def resume(self, token: str) -> Task[Any]: ...

    def resume(self, token: str, operation: Callable[..., Any] | None = None) -> Any:
        """The task of a resume token, perhaps of another process; sends nothing.

        With the `operation` that started it, a function of `api`, its result has a type, and the service's id can stand for
        the token, if that is all that is needed to poll it. Raises ConfigurationError for what is neither, and for a task
        of another service.
        """
        return self._resume(Task[Any], token, operation)

    def as_completed(
        self,
        tasks: Iterable[Task[R]] = (),
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> Completed[R]:
        """Wait for many tasks at once: an iterator over them, each when its wait has ended. See `Completed.add`.

        `timeout` is in seconds from now for all of them, `max_concurrency` how many requests are in flight at most. A 429
        (RFC 6585) pauses all of them.
        """
        schedule = self._make_schedule(tasks, timeout, max_concurrency, on_event)
        return Completed(schedule, self._polling)

    def wait_all(
        self,
        tasks: Iterable[Task[R]],
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> list[Task[R]]:
        """Wait for all of these tasks as `as_completed` does, and return them in their order. Raises for none of them:
        `result()` of each does."""
        all_ = list(tasks)
        for _ in self.as_completed(
            all_, timeout=timeout, max_concurrency=max_concurrency, on_event=on_event
        ):
            pass
        return all_

    def _send_once(self, send: Send) -> Response[Any]:
        client = self._copy_for_once(send.base_url)
        return client.send_raw(send.call, timeout=send.timeout)


class AsyncTaskClient(_TaskStarter, BaseAsyncClient):
    """`TaskClient` for asyncio."""

    async def start(
        self, call: TaskCall[Any, R], *, timeout: Timeout | None = None
    ) -> AsyncTask[R]:
        """See `TaskClient.start`."""
        response = await self.send_raw(call, timeout=timeout)
        return self._begin(AsyncTask[R], call, response)

    @overload
    def resume(
        self, token: str, operation: Callable[..., TaskCall[Any, R]]
    ) -> AsyncTask[R]: ...

    @overload
    def resume(self, token: str) -> AsyncTask[Any]: ...

    def resume(self, token: str, operation: Callable[..., Any] | None = None) -> Any:
        """See `TaskClient.resume`."""
        return self._resume(AsyncTask[Any], token, operation)

    def as_completed(
        self,
        tasks: Iterable[AsyncTask[R]] = (),
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> AsyncCompleted[R]:
        """See `TaskClient.as_completed`."""
        schedule = self._make_schedule(tasks, timeout, max_concurrency, on_event)
        return AsyncCompleted(schedule, self._polling)

    async def wait_all(
        self,
        tasks: Iterable[AsyncTask[R]],
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> list[AsyncTask[R]]:
        """See `TaskClient.wait_all`."""
        all_ = list(tasks)
        async for _ in self.as_completed(
            all_, timeout=timeout, max_concurrency=max_concurrency, on_event=on_event
        ):
            pass
        return all_

    async def _send_once(self, send: Send) -> Response[Any]:
        client = self._copy_for_once(send.base_url)
        return await client.send_raw(send.call, timeout=send.timeout)
