"""Clients of APIs that have long-running operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from .base_task import BaseTask
from .errors import ConfigurationError
from .http import Timeout
from .long_running import TaskCall, load_declaration
from .many_tasks import AsyncCompleted, Completed, Schedule
from .polling import Send, TaskEvent
from .response import Response
from .resume_tokens import is_token, read_token
from .starts import INTERRUPT_TIMEOUT, AsyncStartClient, StartClient, Starter
from .tasks import AsyncTask, Task

R = TypeVar("R")
TaskT = TypeVar("TaskT", bound=BaseTask[Any])
SyncT = TypeVar("SyncT", bound=Task[Any])
AsyncT = TypeVar("AsyncT", bound=AsyncTask[Any])


class _Resumer(Starter):
    """What both clients share."""

    def _resume(
        self,
        kind: type[TaskT],
        token: str,
        operation: Callable[..., Any] | None,
        started_at: float | None,
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
            content["started_at"] = started_at
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
        interval: float | None,
        on_event: Callable[[TaskEvent], object] | None,
    ) -> Schedule[TaskT]:
        schedule = Schedule[TaskT](
            timeout, max_concurrency, self._polling, on_event, interval
        )
        schedule.add(tasks)
        return schedule


class TaskClient(_Resumer, StartClient):
    """A client of an API that has long-running operations."""

    @overload
    def start(
        self,
        call: TaskCall[Any, R],
        *,
        timeout: Timeout | None = None,
        interrupt_timeout: float = INTERRUPT_TIMEOUT,
    ) -> Task[R]: ...

    @overload
    def start(
        self,
        call: TaskCall[Any, Any],
        *,
        task_class: type[SyncT],
        timeout: Timeout | None = None,
        interrupt_timeout: float = INTERRUPT_TIMEOUT,
    ) -> SyncT: ...

    def start(
        self,
        call: TaskCall[Any, Any],
        *,
        task_class: Any = Task[Any],
        timeout: Timeout | None = None,
        interrupt_timeout: float = INTERRUPT_TIMEOUT,
    ) -> Any:
        """Send a call that starts a task, and return the task.

        `timeout` is in seconds, for this request, or the library's `Timeout`. Raises as `send` does.

        A call of an operation that is billable is sent again only if it is certain that it started nothing: without a
        connection, and after a 429, as often as the option `retries` has it. If its outcome is unknown, AmbiguousStartError is raised.
        After an interrupt or a cancellation, its response is still read for `interrupt_timeout` seconds: the exception has
        the `task_id` and `resume_token` of a task that it names.
        """
        return self._start(task_class, call, timeout, interrupt_timeout)

    @overload
    def resume(
        self,
        token: str,
        operation: Callable[..., TaskCall[Any, R]],
        *,
        started_at: float | None = None,
    ) -> Task[R]: ...

    @overload
    def resume(
        self,
        token: str,
        operation: Callable[..., TaskCall[Any, Any]],
        *,
        started_at: float | None = None,
        task_class: type[SyncT],
    ) -> SyncT: ...

    @overload
    def resume(self, token: str) -> Task[Any]: ...

    def resume(
        self,
        token: str,
        operation: Callable[..., Any] | None = None,
        *,
        started_at: float | None = None,
        task_class: Any = Task[Any],
    ) -> Any:
        """The task of a resume token, perhaps of another process; sends nothing.

        With the `operation` that started it, a function of `api`, its result has a type, and the service's id can stand for
        the token, if that is all that is needed to poll it; `started_at` is the Unix time of the start, where that is
        known. Raises ConfigurationError for what is neither, and for a task of another service.
        """
        return self._resume(task_class, token, operation, started_at)

    def as_completed(
        self,
        tasks: Iterable[SyncT] = (),
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        interval: float | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> Completed[SyncT]:
        """Wait for many tasks at once: an iterator over them, each when its wait has ended. See `Completed.add`.

        `timeout` is in seconds from now for all of them, `max_concurrency` how many requests are in flight at most,
        `interval` seconds between lookups of one. A 429 (RFC 6585) pauses all of them.
        """
        schedule = self._make_schedule(
            tasks, timeout, max_concurrency, interval, on_event
        )
        return Completed(schedule, self._polling)

    def wait_all(
        self,
        tasks: Iterable[SyncT],
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        interval: float | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> list[SyncT]:
        """Wait for all of these tasks as `as_completed` does, and return them in their order. Raises for none of them:
        `result()` of each does."""
        all_ = list(tasks)
        for _ in self.as_completed(
            all_,
            timeout=timeout,
            max_concurrency=max_concurrency,
            interval=interval,
            on_event=on_event,
        ):
            pass
        return all_

    def _send_once(self, send: Send) -> Response[Any]:
        client = self._copy_for_once(send.base_url)
        return client.send_raw(send.call, timeout=send.timeout)


class AsyncTaskClient(_Resumer, AsyncStartClient):
    """`TaskClient` for asyncio."""

    @overload
    async def start(
        self,
        call: TaskCall[Any, R],
        *,
        timeout: Timeout | None = None,
        interrupt_timeout: float = INTERRUPT_TIMEOUT,
    ) -> AsyncTask[R]: ...

    @overload
    async def start(
        self,
        call: TaskCall[Any, Any],
        *,
        task_class: type[AsyncT],
        timeout: Timeout | None = None,
        interrupt_timeout: float = INTERRUPT_TIMEOUT,
    ) -> AsyncT: ...

    async def start(
        self,
        call: TaskCall[Any, Any],
        *,
        task_class: Any = AsyncTask[Any],
        timeout: Timeout | None = None,
        interrupt_timeout: float = INTERRUPT_TIMEOUT,
    ) -> Any:
        """See `TaskClient.start`."""
        return await self._start(task_class, call, timeout, interrupt_timeout)

    @overload
    def resume(
        self,
        token: str,
        operation: Callable[..., TaskCall[Any, R]],
        *,
        started_at: float | None = None,
    ) -> AsyncTask[R]: ...

    @overload
    def resume(
        self,
        token: str,
        operation: Callable[..., TaskCall[Any, Any]],
        *,
        started_at: float | None = None,
        task_class: type[AsyncT],
    ) -> AsyncT: ...

    @overload
    def resume(self, token: str) -> AsyncTask[Any]: ...

    def resume(
        self,
        token: str,
        operation: Callable[..., Any] | None = None,
        *,
        started_at: float | None = None,
        task_class: Any = AsyncTask[Any],
    ) -> Any:
        """See `TaskClient.resume`."""
        return self._resume(task_class, token, operation, started_at)

    def as_completed(
        self,
        tasks: Iterable[AsyncT] = (),
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        interval: float | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> AsyncCompleted[AsyncT]:
        """See `TaskClient.as_completed`."""
        schedule = self._make_schedule(
            tasks, timeout, max_concurrency, interval, on_event
        )
        return AsyncCompleted(schedule, self._polling)

    async def wait_all(
        self,
        tasks: Iterable[AsyncT],
        *,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        interval: float | None = None,
        on_event: Callable[[TaskEvent], object] | None = None,
    ) -> list[AsyncT]:
        """See `TaskClient.wait_all`."""
        all_ = list(tasks)
        async for _ in self.as_completed(
            all_,
            timeout=timeout,
            max_concurrency=max_concurrency,
            interval=interval,
            on_event=on_event,
        ):
            pass
        return all_

    async def _send_once(self, send: Send) -> Response[Any]:
        client = self._copy_for_once(send.base_url)
        return await client.send_raw(send.call, timeout=send.timeout)
