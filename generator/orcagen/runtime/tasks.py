"""Tasks of long-running operations that do I/O, blocking or with asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Self, TypeVar

from .base_task import BaseTask
from .client import sleep, sleep_async
from .polling import Flow, Send, Sleep, TaskEvent
from .task_errors import Naming

V = TypeVar("V")
R_co = TypeVar("R_co", covariant=True)


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
        from .notebook import follow_task

        events = self._drive(self.wait_flow(timeout, interval))
        with Naming(self), follow_task(self, on_event) as notify:
            while True:
                try:
                    event = next(events)
                except StopIteration as end:
                    result: R_co = end.value
                    return result
                if notify is not None:
                    notify(event)

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
            with Naming(self):
                while True:
                    step: Any = (
                        flow.throw(errors.pop()) if errors else flow.send(result)
                    )
                    result = None
                    if not isinstance(step, (Send, Sleep)):
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
        from .notebook import follow_task

        results: list[R_co] = []
        steps = self._drive(self.wait_flow(timeout, interval), results.append)
        try:
            with Naming(self), follow_task(self, on_event) as notify:
                async for event in steps:
                    if notify is not None:
                        notify(event)
        finally:
            await steps.aclose()
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
            with Naming(self):
                while True:
                    step: Any = (
                        flow.throw(errors.pop()) if errors else flow.send(result)
                    )
                    result = None
                    if not isinstance(step, (Send, Sleep)):
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
