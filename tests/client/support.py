"""Helpers of the client's tests: one interface to both clients, and a clock shared with the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from attrs import field, frozen

from orcarouter import AsyncOrcaRouter, Download, Event, OrcaRouter, Snapshot
from orcarouter._clock import Clock
from orcarouter.testing import Emulator, VirtualClock
from orcarouter_api.models import Model

KEY = "sk-orca-the-secret-of-these-tests"

KLING: dict[str, Any] = {
    "model": "kling/kling-v2-6",
    "prompt": "A kite over a beach",
    "metadata": {"mode": "pro", "aspect_ratio": "16:9", "duration": "5"},
}
SEEDANCE: dict[str, Any] = {
    "model": "byteplus/dreamina-seedance-2-0-260128",
    "prompt": "A tram turns a corner",
    "metadata": {
        "ratio": "16:9",
        "duration": 6,
        "resolution": "720p",
        "generate_audio": False,
        "return_last_frame": True,
    },
}
CLIENT_KINDS = ("sync", "async")


@frozen
class HTTPResponse:
    """A response of the service."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    """Values by name in lower case."""
    content: bytes = field(repr=False)


class ClientClock:
    """The emulator's clock as the client's: when the client sleeps, the emulator's time advances."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.virtual = clock or VirtualClock()
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.virtual.time()

    def time(self) -> float:
        return self.virtual.time()

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.virtual.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


class AnyClient:
    """Either client behind blocking methods, so that one test covers both."""

    def __init__(self, client_kind: str, clock: Clock, **options: Any) -> None:
        self.client_kind = client_kind
        # Without verify: loading certificates takes longer than most of these tests.
        options.setdefault("timeout", 20.0)
        if client_kind == "sync":
            options.setdefault("http_client", httpx.Client(verify=False))
            self.client: Any = OrcaRouter(KEY, clock=clock, **options)
        else:
            options.setdefault("http_client", httpx.AsyncClient(verify=False))
            self.client = AsyncOrcaRouter(KEY, clock=clock, **options)
        self._http = options["http_client"]
        self._runner = asyncio.Runner() if client_kind == "async" else None

    def run(self, result: Any) -> Any:
        """The result of a method of the client, awaited if necessary."""
        return result if self._runner is None else self._runner.run(_await(result))

    def create(self, request: Mapping[str, Any] | None = KLING, **options: Any) -> Task:
        return Task(self, self.run(self.client.videos.create(request, **options)))

    def task(self, task_id: str) -> Task:
        return Task(self, self.client.resume(task_id))

    def models(self) -> list[Model]:
        models: list[Model] = self.run(self.client.models.list())
        return models

    def model(self, name: str) -> Model:
        model: Model = self.run(self.client.models.get(name))
        return model

    def close(self) -> None:
        if self._runner is None:
            self.client.close()
            if self._http is not None:
                self._http.close()
        else:
            self._runner.run(self.client.aclose())
            if self._http is not None:
                self._runner.run(self._http.aclose())
            self._runner.close()


class Task:
    """A task handle of either client behind blocking methods."""

    def __init__(self, client: AnyClient, handle: Any) -> None:
        self._client = client
        self.handle = handle

    @property
    def id(self) -> str:
        return str(self.handle.id)

    def refresh(self) -> Snapshot:
        snapshot: Snapshot = self._client.run(self.handle.refresh())
        return snapshot

    def wait(self, *args: Any, **options: Any) -> Snapshot:
        snapshot: Snapshot = self._client.run(self.handle.wait(*args, **options))
        return snapshot

    def download(self, path: Path, **options: Any) -> Download:
        file: Download = self._client.run(self.handle.download(path, **options))
        return file

    def events(self, *args: Any, **options: Any) -> list[Event]:
        events = self.handle.events(*args, **options)
        if self._client.client_kind == "sync":
            return list(events)

        async def collect() -> list[Event]:
            return [event async for event in events]

        collected: list[Event] = self._client.run(collect())
        return collected


async def _await(result: Any) -> Any:
    return await result


@contextmanager
def open_client(
    client_kind: str,
    server: Emulator[VirtualClock],
    clock: ClientClock | None = None,
    **options: Any,
) -> Iterator[AnyClient]:
    """A client for the emulator that shares its clock."""
    options.setdefault("base_url", server.base_url)
    client = AnyClient(client_kind, clock or ClientClock(server.clock), **options)
    try:
        yield client
    finally:
        client.close()


class FlakyTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that raises `error` for the first `times` requests, and while `down()` is true."""

    def __init__(self, error: Exception, times: int = 0, down: Callable[[], bool] | None = None):
        self.error, self.remaining, self.attempts = error, times, 0
        self._down = down
        self._sync, self._async = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def _fails(self) -> bool:
        self.attempts += 1
        self.remaining -= 1
        return self.remaining >= 0 or (self._down is not None and self._down())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._fails():
            raise self.error
        return self._sync.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._fails():
            raise self.error
        return await self._async.handle_async_request(request)


def make_http_client(client_kind: str, transport: Any) -> httpx.Client | httpx.AsyncClient:
    """An HTTP client that uses a transport."""
    if client_kind == "sync":
        return httpx.Client(transport=transport)
    return httpx.AsyncClient(transport=transport)
