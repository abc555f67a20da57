"""The two clients: `OrcaRouter`, and `AsyncOrcaRouter` for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing, closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack, cast

from orcarouter._clock import Clock, SystemClock
from orcarouter._credentials import resolve_api_key, resolve_base_url
from orcarouter._events import Event, Outcome
from orcarouter._logs import redact_http_logs
from orcarouter._network import ClientCert, connect, resolve_allow_private
from orcarouter._session import Session, make_polling
from orcarouter._submission import RetryPolicy
from orcarouter._tasks import BaseServiceTask
from orcarouter.errors import ConfigurationError, TaskError
from orcarouter.models import AsyncModels, Models
from orcarouter.request_methods import RequestLike, typed_check
from orcarouter.videos import DEFAULT_TIMEOUT, AsyncVideos, AsyncVideoTask, Videos, VideoTask
from orcarouter_api import AsyncClient, Client
from orcarouter_api._runtime.transports import CheckedConnections

if TYPE_CHECKING:
    from orcarouter.batch import Batch
    from orcarouter.batch.run import JobSource
    from orcarouter.capabilities import ValidationResult

__all__ = ["AsyncOrcaRouter", "BatchOptions", "ClientOptions", "OrcaRouter", "WaitOptions"]

T = TypeVar("T", VideoTask, AsyncVideoTask)
C = TypeVar("C", Client, AsyncClient)

_MAX_RESPONSE_SIZE = 16 * 2**20  # bytes, of a response that is not a file


class ClientOptions(TypedDict, total=False):
    """Keyword arguments of `OrcaRouter` and `AsyncOrcaRouter`.

    Attributes:
        base_url: The API's base URL. Default: `ORCAROUTER_BASE_URL`, else OrcaRouter's own.
        timeout: Seconds for each of connecting, sending, and waiting for more of a response.
            Default: 60.
        retry_policy: When and how long a submission that created no task is repeated.
        proxy: URL of the proxy: http, https, socks5 or socks5h; "" for none. Default:
            `ORCAROUTER_PROXY`, else `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
        ca_bundle: File or folder with the certificates of trusted authorities (PEM). Default:
            `ORCAROUTER_CA_BUNDLE`, else `SSL_CERT_FILE`, else `SSL_CERT_DIR`, else those of httpx.
        client_cert: File with a client certificate and its key (PEM), or a tuple of two files, and a
            password if the key has one. Default: the file `ORCAROUTER_CLIENT_CERT`, else none.
        allow_private: Whether files may be downloaded from addresses that are not public. Default:
            `ORCAROUTER_ALLOW_PRIVATE` (1 or 0), else only if `base_url` is on this machine, as with
            the emulator.
        http_client: Use this `httpx` (or `httpx2`) client instead of these options; the caller keeps
            ownership and closes it. For files its transports alone are used: its headers, cookies
            and credentials are sent to no other host than the API's.
        on_event: Called with every event of every wait, and before a submission or download is
            repeated.
        clock: The source of time, for tests.
    """

    base_url: str | None
    timeout: float
    retry_policy: RetryPolicy
    proxy: str | None
    ca_bundle: str | Path | None
    client_cert: ClientCert | None
    allow_private: bool | None
    http_client: Any
    on_event: Callable[[Event], object] | None
    clock: Clock


class WaitOptions(TypedDict, total=False):
    """Keyword arguments of `as_completed` and `wait_all`.

    Attributes:
        interval: Seconds between two polls of a task, at most a day (86400). Default: from the
            usual duration of its model.
        max_concurrency: Maximum number of requests in flight, at least 1. Default: 8.
        on_event: Called with every event.
    """

    interval: float | None
    max_concurrency: int
    on_event: Callable[[Event], object] | None


class BatchOptions(TypedDict, total=False):
    """Keyword arguments of `OrcaRouter.batch`. The limits are those of all processes together.

    Attributes:
        name: The name of the batch in the ledger. Default: that of the output folder.
        ledger: The URL of the ledger, such as `postgresql://user@host/database`. Default: a SQLite
            file in the output folder.
        in_flight: Maximum number of tasks that the service works on at once. Default: 20.
        per_minute: Maximum number of submissions within any minute. Default: no limit.
        max_tasks: Maximum number of tasks in all. Default: no limit.
        max_credits: Maximum charge in all, in the units of the service's `quota`. Default: no limit.
        credits_per_task: What a job without `credits` is expected to cost.
        check: Whether each request is checked against the capability map. Default: True.
        interval: Seconds between two lookups of a task, at most ten minutes (600). Default: from the
            usual duration of its model.
        task_timeout: Seconds after which a running task is left to the next run. Default: six hours.
    """

    name: str | None
    ledger: str | None
    in_flight: int | None
    per_minute: int | None
    max_tasks: int | None
    max_credits: float | None
    credits_per_task: float | None
    check: bool
    interval: float | None
    task_timeout: float


class _BaseOrcaRouter:
    _session: Session[Any]

    @property
    def base_url(self) -> str:
        """The API's base URL."""
        base_url: str = self._session.client.base_url
        return base_url

    @typed_check
    def check(self, request: RequestLike | None = None, /, **fields: Any) -> ValidationResult:
        """Validate a request, or its fields, against the capability map; sends nothing.

        Raises InvalidRequestError if a local file cannot be used.
        """
        from orcarouter.capabilities import check

        return check(request, **fields)

    def _make_wait_options(self, timeout: float | None, options: WaitOptions) -> dict[str, Any]:
        """The arguments of the generated client."""
        return {
            "timeout": timeout,
            "interval": options.get("interval"),
            "max_concurrency": options.get("max_concurrency", 8),
            "on_event": self._session.notify(options.get("on_event")),
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a client has connections and an API key: create a new one instead")


class OrcaRouter(_BaseOrcaRouter):
    """Client of the OrcaRouter video API. A context manager, safe to use from several threads.

    The API key is the argument, else `ORCAROUTER_API_KEY`, else the first line of the key file:
    `ORCAROUTER_API_KEY_FILE`, else `~/.config/orcarouter/key`, which only its owner may access.
    Further keyword arguments: `ClientOptions`. Raises ConfigurationError, MissingAPIKeyError.
    """

    videos: Videos
    models: Models
    _session: Session[Client]

    def __init__(self, api_key: str | None = None, **options: Unpack[ClientOptions]) -> None:
        settings = _Settings(api_key, options)
        self._connections = settings.connect(is_async=False)
        client = Client(
            settings.base_url, **settings.make_options(self._connections, is_async=False)
        )
        self._session = settings.make_session(client)
        self.videos = Videos(self._session)
        self.models = Models(client)

    def as_completed(
        self,
        tasks: Iterable[VideoTask],
        timeout: float | None = DEFAULT_TIMEOUT,
        **options: Unpack[WaitOptions],
    ) -> Iterator[Outcome[VideoTask]]:
        """Wait for many tasks concurrently and yield the outcome of each as it ends.

        A task that fails, or has not ended by the timeout, is an outcome with an `error`.
        `timeout` is in seconds from now for all of them, None for no limit.
        """
        # A task that is listed twice is polled once.
        handles = {task.id: task for task in tasks}
        waiting = self._session.client.as_completed(
            [task._task for task in handles.values()],
            **self._make_wait_options(timeout, options),
        )

        def report() -> Iterator[Outcome[VideoTask]]:
            with closing(waiting):
                for task in waiting:
                    yield _make_outcome(handles[task.id], task)

        return report()

    def wait_all(
        self,
        tasks: Iterable[VideoTask],
        timeout: float | None = DEFAULT_TIMEOUT,
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[VideoTask]]:
        """Like `as_completed`, but return the outcomes of all tasks in the order given."""
        tasks = list(tasks)
        outcomes = {each.task.id: each for each in self.as_completed(tasks, timeout, **options)}
        return [outcomes[task.id] for task in tasks]

    def resume(self, token: str) -> VideoTask:
        """A handle of a task of any process, by its resume token or its id; sends nothing.

        Raises ConfigurationError if the token is invalid or belongs to another service.
        """
        return self.videos.task(token)

    def batch(self, jobs: JobSource, out: str | Path, **options: Unpack[BatchOptions]) -> Batch:
        """A batch of jobs, which `Batch.run` or `Batch.as_completed` runs; sends nothing.

        Every job is submitted at most once, whatever happens to this process. Needs the extra
        `batch`.

        Args:
            jobs: A file (JSON Lines, YAML, JSON or CSV), or requests, which may have the keys `id` and
                `credits`. Jobs that the ledger has already are not added again. None: those alone.
            out: The folder for the files, the ledger and the report.
            options: See `BatchOptions`.

        Raises:
            JobsError: Jobs cannot be used; all are reported.
            LedgerError: The ledger cannot be read or written.
            ConfigurationError: An option is invalid, or the extra is not installed.
        """
        from orcarouter.batch import Batch

        return Batch(self, jobs, out, **options)

    def close(self) -> None:
        """Close the connections."""
        if self._connections.http_client is None:
            for http in self._connections.find_open():
                http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncOrcaRouter(_BaseOrcaRouter):
    """Client of the OrcaRouter video API for asyncio. An async context manager.

    Otherwise like `OrcaRouter`.
    """

    videos: AsyncVideos
    models: AsyncModels
    _session: Session[AsyncClient]

    def __init__(self, api_key: str | None = None, **options: Unpack[ClientOptions]) -> None:
        settings = _Settings(api_key, options)
        self._connections = settings.connect(is_async=True)
        client = AsyncClient(
            settings.base_url, **settings.make_options(self._connections, is_async=True)
        )
        self._session = settings.make_session(client)
        self.videos = AsyncVideos(self._session)
        self.models = AsyncModels(client)

    def as_completed(
        self,
        tasks: Iterable[AsyncVideoTask],
        timeout: float | None = DEFAULT_TIMEOUT,
        **options: Unpack[WaitOptions],
    ) -> AsyncIterator[Outcome[AsyncVideoTask]]:
        """See `OrcaRouter.as_completed`."""
        handles = {task.id: task for task in tasks}
        waiting = self._session.client.as_completed(
            [task._task for task in handles.values()],
            **self._make_wait_options(timeout, options),
        )

        async def report() -> AsyncIterator[Outcome[AsyncVideoTask]]:
            async with aclosing(waiting):
                async for task in waiting:
                    yield _make_outcome(handles[task.id], task)

        return report()

    async def wait_all(
        self,
        tasks: Iterable[AsyncVideoTask],
        timeout: float | None = DEFAULT_TIMEOUT,  # noqa: ASYNC109  # the tasks continue after it
        **options: Unpack[WaitOptions],
    ) -> list[Outcome[AsyncVideoTask]]:
        """See `OrcaRouter.wait_all`."""
        tasks = list(tasks)
        completed = [each async for each in self.as_completed(tasks, timeout, **options)]
        outcomes = {each.task.id: each for each in completed}
        return [outcomes[task.id] for task in tasks]

    def resume(self, token: str) -> AsyncVideoTask:
        """See `OrcaRouter.resume`."""
        return self.videos.task(token)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._connections.http_client is None:
            for http in self._connections.find_open():
                await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


class _Settings:
    """The arguments of a client, checked and with defaults filled in."""

    def __init__(self, api_key: str | None, options: ClientOptions) -> None:
        # Before the first request: httpx would log signed URLs.
        redact_http_logs()
        self.api_key = resolve_api_key(api_key)
        self.base_url = resolve_base_url(options.get("base_url"))
        unknown = options.keys() - ClientOptions.__annotations__.keys()
        if unknown:
            raise TypeError(f"unknown keyword argument: {', '.join(sorted(unknown))}")
        self.timeout = options.get("timeout", 60.0)
        if not self.timeout > 0:
            raise ConfigurationError(
                f"timeout must be a number of seconds > 0, not {self.timeout!r}"
            )
        self.allow_private = resolve_allow_private(options.get("allow_private"), self.base_url)
        self.clock = options.get("clock") or SystemClock()
        self._options = options

    def connect(self, *, is_async: bool) -> CheckedConnections:
        """Connections with the options of the network. Raises ConfigurationError."""
        options = self._options
        return connect(
            is_async=is_async,
            http_client=options.get("http_client"),
            proxy=options.get("proxy"),
            ca_bundle=options.get("ca_bundle"),
            client_cert=options.get("client_cert"),
        )

    def make_options(self, connections: CheckedConnections, *, is_async: bool) -> dict[str, Any]:
        """The arguments of the generated client."""
        return {
            "token": self.api_key,
            "timeout": self.timeout,
            "max_response_size": _MAX_RESPONSE_SIZE,
            "polling": make_polling(self.clock, is_async=is_async),
            "allow_private": self.allow_private,
            "http_client": connections,
        }

    def make_session(self, client: C) -> Session[C]:
        """What the parts of a client share."""
        return Session(
            client=client,
            clock=self.clock,
            retry_policy=self._options.get("retry_policy") or RetryPolicy(timeout=self.timeout),
            on_event=self._options.get("on_event"),
        )


def _make_outcome(handle: T, task: BaseServiceTask) -> Outcome[T]:
    error = cast("TaskError | None", task.error)
    return Outcome(handle, snapshot=None if error else task.snapshot, error=error)
