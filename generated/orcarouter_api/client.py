"""Clients of OrcaRouter video API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypedDict, Unpack

from ._runtime.client import (
    BaseAsyncClient,
    BaseSyncClient,
    EventHooks,
    SecurityScheme,
    Server,
)
from ._runtime.downloads import AsyncDownloadClient, DownloadClient
from ._runtime.http import Timeout
from ._runtime.methods import ClientT, load_methods
from ._runtime.polling import Polling
from ._runtime.progress import Progress, ProgressClient
from ._runtime.retries import Retries
from ._runtime.task_clients import AsyncTaskClient, TaskClient

if TYPE_CHECKING:
    from ssl import SSLContext

    from .api.assets import AssetsMethods
    from .api.models import ModelsMethods
    from .api.video import VideoMethods

SERVERS: tuple[Server, ...] = (Server("https://api.orcarouter.ai/v1"),)
SCHEMES: dict[str, SecurityScheme] = {
    "bearer": SecurityScheme("token", "bearer"),
}


class Options(TypedDict, total=False):
    """Keyword arguments of the clients.

    Attributes:
        token: The bearer token, or a callable that returns it. An OrcaRouter API
            key, sent as `Authorization: Bearer sk-orca-...`.
        timeout: Seconds for a whole call; for the body of a stream, those for each
            part. Or an `httpx.Timeout`. Default: 60.
        max_response_size: Bytes, decompressed, that `send` reads of a body at most;
            `stream` has no limit. Default: 1 GiB.
        strict: Whether a body that does not fit the document is a DecodingError.
            Default: False, and it is kept as it came.
        headers: Sent with every request.
        server_variables: Values for the variables in the URLs of the servers.
        retries: When to send a call again; see `Retries`. Default: every call is
            sent once.
        polling: When to look tasks up; see `Polling`.
        event_hooks: Functions to call with each request and response; see
            `EventHooks`.
        on_upload: Called with each piece of a request body: the bytes so far, and
            how many there are, if that is known.
        on_download: The same for response bodies.
        allow_private: Whether `download` may use addresses that are not public,
            other than that of `base_url`. Default: only if that is not public.
        http2: Whether HTTP/2 is offered; needs the extra `http2` of the HTTP
            library.
        proxy: The URL of a proxy (http, https, socks5). Default: those of the
            environment.
        verify: A file or folder of trusted certificates (PEM), an SSLContext, or
            False for no verification.
        client_cert: A file with the client's certificate and its key (PEM), or those
            two and a password.
        http_client: An `httpx` (or `httpx2`) client to send with. The caller owns
            and closes it.
    """

    token: str | Callable[[], str | Awaitable[str]] | None
    timeout: Timeout
    max_response_size: int
    strict: bool
    headers: Mapping[str, str] | None
    server_variables: Mapping[str, str] | None
    retries: Retries | None
    polling: Polling | None
    event_hooks: EventHooks
    on_upload: Progress | None
    on_download: Progress | None
    allow_private: bool | None
    http2: bool
    proxy: str | None
    verify: bool | str | SSLContext
    client_cert: str | tuple[str, ...] | None
    http_client: Any


class Tags(Generic[ClientT]):
    """The tags of the document, with their operations as methods."""

    assets: AssetsMethods[ClientT] = load_methods("assets", "AssetsMethods")
    """Pre-checked source material for Seedance, referred to as `asset://ID`."""
    models: ModelsMethods[ClientT] = load_methods("models", "ModelsMethods")
    """The models that the key may use."""
    video: VideoMethods[ClientT] = load_methods("video", "VideoMethods")
    """Submit and poll video tasks."""


class Client(ProgressClient, TaskClient, DownloadClient, Tags[BaseSyncClient]):
    """Sends requests: by methods, one per operation, or as calls. A context manager.

    `base_url` is an http(s) URL, by default the document's first server; `Options` lists
    the keyword arguments.
    """

    SERVERS = SERVERS
    SCHEMES = SCHEMES
    OPTIONS = frozenset(Options.__annotations__)

    def __init__(self, base_url: str | None = None, **options: Unpack[Options]) -> None:
        super().__init__(base_url, options)

    def with_options(
        self, base_url: str | None = None, **options: Unpack[Options]
    ) -> Self:
        """A copy with other options, on the same connections."""
        return self._copy(base_url, options)


class AsyncClient(
    ProgressClient, AsyncTaskClient, AsyncDownloadClient, Tags[BaseAsyncClient]
):
    """`Client` for asyncio."""

    SERVERS = SERVERS
    SCHEMES = SCHEMES
    OPTIONS = frozenset(Options.__annotations__)

    def __init__(self, base_url: str | None = None, **options: Unpack[Options]) -> None:
        super().__init__(base_url, options)

    def with_options(
        self, base_url: str | None = None, **options: Unpack[Options]
    ) -> Self:
        """A copy with other options, on the same connections."""
        return self._copy(base_url, options)
