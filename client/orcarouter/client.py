"""The two clients: `OrcaRouter`, and `AsyncOrcaRouter` for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack

from orcarouter.batch import Outcome, Scheduler, run, run_async
from orcarouter.catalogue import AsyncModels, Models
from orcarouter.clock import Clock, SystemClock
from orcarouter.core import Core
from orcarouter.credentials import find_base_url, find_key
from orcarouter.drivers import AsyncDriver, Driver
from orcarouter.errors import ConfigurationError
from orcarouter.logs import redact_http_logs
from orcarouter.steps import Event
from orcarouter.submission import Patience
from orcarouter.videos import HOUR, AsyncVideos, AsyncVideoTask, Videos, VideoTask
from orcarouter_api import AsyncClient, Client

if TYPE_CHECKING:
    from orcarouter.capabilities import SupportsToDict, ValidationResult

__all__ = ["AsyncOrcaRouter", "Options", "OrcaRouter", "Together"]

T = TypeVar("T", VideoTask, AsyncVideoTask)


class Options(TypedDict, total=False):
    """Keywords of the clients.

    Attributes:
        base_url: The service's address; else `ORCAROUTER_BASE_URL`, else OrcaRouter's own.
        timeout: Seconds for each request. Default: 60.
        patience: How long a submission that surely made no task is tried.
        allow_private: Whether files may come from addresses that are not public. Default: only when the service itself
            is on this machine.
        on_event: Told every event of every wait.
        http_client: An `httpx` (or `httpx2`) client to speak to the service with. It is not closed.
        clock: Another time, for tests.
    """

    base_url: str | None
    timeout: float
    patience: Patience
    allow_private: bool | None
    on_event: Callable[[Event], object] | None
    http_client: Any
    clock: Clock


class Together(TypedDict, total=False):
    """How many tasks are waited for.

    Attributes:
        interval: Seconds between two looks at a task, instead of the schedule of its model.
        limit: How many requests may be in flight at once. Default: 8.
        on_event: Told every event.
    """

    interval: float | None
    limit: int
    on_event: Callable[[Event], object] | None


class _Common:
    def __init__(self, core: Core) -> None:
        self._core = core

    def _scheduler(
        self,
        tasks: Iterable[T],
        timeout: float | None,
        options: Together,
        hook: Callable[[Event], object] | None,
    ) -> Scheduler[T]:
        own = options.get("on_event")

        def tell(event: Event) -> None:
            for each in (hook, own):
                if each is not None:
                    each(event)

        clock = self._core.clock
        deadline = float("inf") if timeout is None else clock.monotonic() + timeout
        scheduler: Scheduler[T] = Scheduler(clock, options.get("limit", 8), deadline, tell)
        # A task that is named twice is waited for once.
        for task in {task.id: task for task in tasks}.values():
            scheduler.add(task, task.waiting(timeout, options.get("interval")))
        return scheduler

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return self._core.base_url

    def check(self, request: Mapping[str, Any] | SupportsToDict) -> ValidationResult:
        """Hold a request against the capability map; nothing is sent."""
        from orcarouter.capabilities import check

        return check(request)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client holds connections and a key; make another one there")


class OrcaRouter(_Common):
    """Makes videos. A context manager.

    The key is the one given, else `ORCAROUTER_API_KEY`, else that of the key file (see `orcarouter.credentials`). One
    client serves many threads. Raises ConfigurationError.
    """

    videos: Videos
    models: Models

    def __init__(self, api_key: str | None = None, **options: Unpack[Options]) -> None:
        key, given, rest = _connection(api_key, options)
        self._api = Client(given, token=key, timeout=rest.timeout, http_client=rest.http_client)
        super().__init__(rest.core(self._api.base_url))
        self._driver = Driver(self._api, self._core.clock, rest.hook)
        self.videos = Videos(self._core, self._driver)
        self.models = Models(self._driver, rest.timeout)

    def as_completed(
        self, tasks: Iterable[VideoTask], timeout: float | None = HOUR, **options: Unpack[Together]
    ) -> Iterator[Outcome[VideoTask]]:
        """Wait for many tasks at once; gives each as it ends, those that fail and those that run out of time as well.

        `timeout` is in seconds from now for all of them, None for ever.
        """
        return run(self._scheduler(tasks, timeout, options, self._driver.hook), self._driver)

    def wait_all(
        self, tasks: Iterable[VideoTask], timeout: float | None = HOUR, **options: Unpack[Together]
    ) -> list[Outcome[VideoTask]]:
        """As `as_completed`, for all of them in their own order."""
        listed = list(tasks)
        outcomes = {each.task.id: each for each in self.as_completed(listed, timeout, **options)}
        return [outcomes[task.id] for task in listed]

    def resume(self, token: str) -> VideoTask:
        """Go on with a task of any process, by its resume token or its id; nothing is asked yet.

        Raises ConfigurationError for a token that cannot be used.
        """
        return self.videos.task(token)

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncOrcaRouter(_Common):
    """Makes videos, for asyncio. An async context manager; otherwise like `OrcaRouter`."""

    videos: AsyncVideos
    models: AsyncModels

    def __init__(self, api_key: str | None = None, **options: Unpack[Options]) -> None:
        key, given, rest = _connection(api_key, options)
        self._api = AsyncClient(
            given, token=key, timeout=rest.timeout, http_client=rest.http_client
        )
        super().__init__(rest.core(self._api.base_url))
        self._driver = AsyncDriver(self._api, self._core.clock, rest.hook)
        self.videos = AsyncVideos(self._core, self._driver)
        self.models = AsyncModels(self._driver, rest.timeout)

    def as_completed(
        self,
        tasks: Iterable[AsyncVideoTask],
        timeout: float | None = HOUR,
        **options: Unpack[Together],
    ) -> AsyncIterator[Outcome[AsyncVideoTask]]:
        """As `OrcaRouter.as_completed`."""
        return run_async(self._scheduler(tasks, timeout, options, self._driver.hook), self._driver)

    async def wait_all(
        self,
        tasks: Iterable[AsyncVideoTask],
        timeout: float | None = HOUR,  # noqa: ASYNC109  # a deadline of the flow, not a cancellation
        **options: Unpack[Together],
    ) -> list[Outcome[AsyncVideoTask]]:
        """As `OrcaRouter.wait_all`."""
        listed = list(tasks)
        ended = [each async for each in self.as_completed(listed, timeout, **options)]
        outcomes = {each.task.id: each for each in ended}
        return [outcomes[task.id] for task in listed]

    def resume(self, token: str) -> AsyncVideoTask:
        """As `OrcaRouter.resume`."""
        return self.videos.task(token)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._driver.aclose()
        await self._api.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


class _Rest:
    """The options that are not about the connection, with their defaults."""

    def __init__(self, options: Options) -> None:
        unknown = options.keys() - Options.__annotations__.keys()
        if unknown:
            raise TypeError(f"no such option: {', '.join(sorted(unknown))}")
        self.timeout = options.get("timeout", 60.0)
        if not self.timeout > 0:
            raise ConfigurationError(
                f"timeout is a number of seconds above 0, not {self.timeout!r}"
            )
        self.http_client = options.get("http_client")
        self.hook = options.get("on_event")
        self._patience = options.get("patience") or Patience(timeout=self.timeout)
        self._allow_private = options.get("allow_private")
        self._clock = options.get("clock") or SystemClock()

    def core(self, base_url: str) -> Core:
        return Core(
            base_url=base_url,
            clock=self._clock,
            request_timeout=self.timeout,
            patience=self._patience,
            allow_private=self._allow_private,
        )


def _connection(api_key: str | None, options: Options) -> tuple[str, str | None, _Rest]:
    redact_http_logs()
    return find_key(api_key), find_base_url(options.get("base_url")), _Rest(options)
