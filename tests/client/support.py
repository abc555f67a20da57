"""What the tests of the client share: one face for both drivers, and a client clock that moves the emulator's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from orcarouter import AsyncOrcaRouter, Download, Event, OrcaRouter, Snapshot
from orcarouter.clock import Clock
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
DRIVERS = ("sync", "async")


class ClientClock:
    """The emulator's clock as the client's: each pause of the client moves the service on."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.virtual = clock or VirtualClock()
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.virtual.time()

    def unix(self) -> float:
        return self.virtual.time()

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.virtual.advance(seconds)

    async def pause(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


class Orca:
    """A client of either kind behind blocking methods, so that one test is both."""

    def __init__(self, driver: str, clock: Clock, **options: Any) -> None:
        self.driver = driver
        # Loading certificates, which nothing here needs, takes longer than most of these tests.
        options.setdefault("timeout", 20.0)
        if driver == "sync":
            options.setdefault("http_client", httpx.Client(verify=False))
            self.client: Any = OrcaRouter(KEY, clock=clock, **options)
        else:
            options.setdefault("http_client", httpx.AsyncClient(verify=False))
            self.client = AsyncOrcaRouter(KEY, clock=clock, **options)
        self._http = options["http_client"]
        self._runner = asyncio.Runner() if driver == "async" else None

    def do(self, result: Any) -> Any:
        """What a method of the client gives."""
        return result if self._runner is None else self._runner.run(_awaited(result))

    def create(self, request: Mapping[str, Any] | None = KLING, **options: Any) -> Task:
        return Task(self, self.do(self.client.videos.create(request, **options)))

    def task(self, task_id: str) -> Task:
        return Task(self, self.client.resume(task_id))

    def models(self) -> list[Model]:
        models: list[Model] = self.do(self.client.models.list())
        return models

    def model(self, name: str) -> Model:
        model: Model = self.do(self.client.models.get(name))
        return model

    def close(self) -> None:
        if self._runner is None:
            self.client.close()
            self._http.close()
        else:
            self._runner.run(self.client.aclose())
            self._runner.run(self._http.aclose())
            self._runner.close()


class Task:
    """A handle of either kind."""

    def __init__(self, orca: Orca, handle: Any) -> None:
        self._orca = orca
        self.handle = handle

    @property
    def id(self) -> str:
        return str(self.handle.id)

    def look(self) -> Snapshot:
        snapshot: Snapshot = self._orca.do(self.handle.look())
        return snapshot

    def wait(self, *args: Any, **options: Any) -> Snapshot:
        snapshot: Snapshot = self._orca.do(self.handle.wait(*args, **options))
        return snapshot

    def download(self, path: Path, **options: Any) -> Download:
        done: Download = self._orca.do(self.handle.download(path, **options))
        return done

    def events(self, *args: Any, **options: Any) -> list[Event]:
        events = self.handle.events(*args, **options)
        if self._orca.driver == "sync":
            return list(events)

        async def collect() -> list[Event]:
            return [event async for event in events]

        collected: list[Event] = self._orca.do(collect())
        return collected


async def _awaited(result: Any) -> Any:
    return await result


@contextmanager
def orca(
    driver: str, server: Emulator[VirtualClock], clock: ClientClock | None = None, **options: Any
) -> Iterator[Orca]:
    """A client of the emulator, on its clock."""
    options.setdefault("base_url", server.base_url)
    client = Orca(driver, clock or ClientClock(server.clock), **options)
    try:
        yield client
    finally:
        client.close()


class Flaky(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport whose first requests fail before anything is sent, or as long as `down` says so."""

    def __init__(self, error: Exception, times: int = 0, down: Callable[[], bool] | None = None):
        self.error, self.left, self.attempts = error, times, 0
        self._down = down
        self._sync, self._async = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def _fails(self) -> bool:
        self.attempts += 1
        self.left -= 1
        return self.left >= 0 or (self._down is not None and self._down())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._fails():
            raise self.error
        return self._sync.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._fails():
            raise self.error
        return await self._async.handle_async_request(request)


def through(driver: str, transport: Any) -> httpx.Client | httpx.AsyncClient:
    """An HTTP client over a transport."""
    if driver == "sync":
        return httpx.Client(transport=transport)
    return httpx.AsyncClient(transport=transport)
