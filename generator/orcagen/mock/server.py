"""The mock as an HTTP server on this machine: in a thread for tests, or until the process is interrupted."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from orcagen.config import Config
from orcagen.diagnostics import InputError
from orcagen.mock.clock import Clock, RealClock
from orcagen.mock.fault_injection import Connection
from orcagen.mock.faults import Fault, Script, ScriptSource, read_faults
from orcagen.mock.files import File, FileHost, FindFile
from orcagen.mock.handlers import Handler, Hooks
from orcagen.mock.recording import RecordedRequest
from orcagen.mock.service import Service
from orcagen.mock.specification import load_specification
from orcagen.mock.task_store import TaskStore
from orcagen.reading import Permissions

_log = logging.getLogger(__name__)
# Schemas nest deeper than Python's default limit of 1000 frames allows; `source` bounds the depth.
_RECURSION_LIMIT = 20_000


class MockServer:
    """The API of a document on loopback; a context manager that starts and stops it.

        with MockServer("petstore.yaml") as server, Client(server.url) as client:
            client.pets.create_pet(body={"name": "Rex"})
        assert server.requests[0].operation == "createPet"

    Attributes:
        url: The URL of the API with its base path; give it to the client.
        files_url: The origin of files, another one than that of the API.
        clock: The clock that tasks, URLs of files and delays depend on.
        diagnostics: What was reported about the document.
    """

    fault_type: ClassVar[type[Fault]] = Fault
    """The class of its faults."""

    def __init__(
        self,
        spec: str | Path,
        *,
        faults: ScriptSource = (),
        seed: int = 0,
        strict_state: bool = False,
        clock: Clock | None = None,
        task_duration: float | None = None,
        handlers: Mapping[str, Handler] | None = None,
        hooks: Hooks | None = None,
        files: Mapping[str, File | bytes | str | Path] | FindFile | None = None,
        url_lifetime: float = 86400.0,
        body_limit: int = 64 << 20,
        host: str = "127.0.0.1",
        port: int = 0,
        overlays: Sequence[str | Path] = (),
        config: Config | None = None,
        permissions: Permissions | None = None,
    ) -> None:
        """Reads the document and binds the ports. Requests are answered after `start()`, or inside `with`.

        `spec` is the path or the URL of an OpenAPI document, `overlays` are applied to it. `faults` are a list of them, or the
        name of a file with a script (see `orcagen.mock.faults`). `seed` chooses the values that are made up. With `strict_state`
        collections are empty, and ids unknown, before something is stored. `clock` is a RealClock by default. `task_duration` is
        how many seconds tasks take, instead of what the document declares, or 2. `handlers` answer operations, by operationId or
        `METHOD /path`; `hooks` take part in all responses. `files` are those that `make_file_url` signs URLs for, by name: their
        content, or where they are; or a function that finds them. `url_lifetime` is how many seconds such a URL is valid.
        A request with a body of more than `body_limit` bytes is refused. `port` 0 takes a free one.

        Raises InputError if the document cannot be read, or the port is taken; ScriptError, a ValueError, for a fault that is
        wrong, or for an operation that the document does not have.
        """
        config = config or Config(overlays=tuple(Path(overlay) for overlay in overlays))
        specification = load_specification(str(spec), config, permissions)
        self.diagnostics = specification.diagnostics
        self.clock: Clock = clock or RealClock()
        self._sockets = [_bind(host, port)]
        try:
            self._sockets.append(_bind(host, 0))
            name = f"[{host}]" if ":" in host else host
            api, self.files_url = (
                f"http://{name}:{bound.getsockname()[1]}" for bound in self._sockets
            )
            self.url = api + specification.base_path
            find = files if callable(files) else dict(files or {}).get
            self._files = FileHost(self.files_url, url_lifetime, find)
            self._service = Service(
                specification,
                seed=seed,
                strict_state=strict_state,
                clock=self.clock,
                task_duration=task_duration,
                handlers=handlers or {},
                hooks=hooks or Hooks(),
                files=self._files,
                body_limit=body_limit,
            )
            self.script.add(*read_faults(faults, self.fault_type, self._service.check_fault))
        except BaseException:
            self._close_sockets()
            raise
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests so far, in the order of arrival: at most the last 10,000."""
        return list(self._service.requests)

    def requests_to(self, on: str) -> list[RecordedRequest]:
        """The requests to an operation, or to several: a name as faults have it in `on`; `getFile` for downloads of files.

        Raises ScriptError for an operation that the document does not have.
        """
        operations = self._service.find_operations(self.fault_type(on))
        return [request for request in self.requests if request.operation in operations]

    @property
    def tasks(self) -> TaskStore[Any]:
        """The declared tasks that were started, by id: at most the last 10,000; `accepted` counts all. Each has `request`, `began`,
        `ends` and `outcome` (see `orcagen.mock.tasks.Task`)."""
        return self._service.tasks.started

    @property
    def script(self) -> Script[Any]:
        """The faults that are still to be applied; `script.add(...)` appends more at any time."""
        return self._service.script

    def add_faults(self, *faults: Fault) -> None:
        """Appends faults to those that are still to be applied."""
        self.script.add(*faults)

    def make_file_url(self, name: str, signed_at: float | None = None) -> str:
        """A URL of one of `files`, another one each time. It is valid for `url_lifetime` seconds from a Unix time, by default now."""
        return self._files.sign(name, self.clock.time() if signed_at is None else signed_at)

    def start(self) -> None:
        """Serves requests in a background thread. Returns when the server accepts connections.

        Raises RuntimeError if it was started before, or fails to start.
        """
        if self._server is not None:
            raise RuntimeError("a mock server can be started only once")
        sys.setrecursionlimit(max(_RECURSION_LIMIT, sys.getrecursionlimit()))
        config = uvicorn.Config(
            self._dispatch,
            interface="asgi3",
            http=Connection,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            # Longer than any test: the server must not close a connection that the client is about to reuse.
            timeout_keep_alive=600,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=(self._sockets,), name="orcagen-mock", daemon=True
        )
        self._thread.start()
        while not self._server.ready.wait(timeout=1):
            if not self._thread.is_alive():
                raise RuntimeError("the server stopped before it was ready")

    def run(self, announce: Callable[[str], object] | None = None) -> None:
        """Serves requests until the process is interrupted (Ctrl-C). When the server is ready, `announce` (by default `print`) is
        called with one line, `Listening on URL`."""
        try:
            with self:
                (announce or partial(print, flush=True))(f"Listening on {self.url}")
                threading.Event().wait()
        except KeyboardInterrupt:
            return

    def stop(self) -> None:
        """Closes all connections and stops the server. Does nothing if it is not running."""
        if self._server is not None and self._thread is not None and self._thread.is_alive():
            self._server.request_stop()
            self._thread.join()
        self._close_sockets()

    def _close_sockets(self) -> None:
        for bound in self._sockets:
            bound.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_file_host = scope["server"][1] == self._sockets[1].getsockname()[1]
        application = self._service.serve_files if is_file_host else self._service.serve
        try:
            await application(scope, receive, send)
        except ClientDisconnect:
            return  # while sending its request; there is no one to reply
        except Exception:
            # uvicorn's log is off. A defect of the mock must not look like a 500 of the API.
            _log.exception("the mock itself failed on %s %s", scope["method"], scope["path"])
            raise


class _Server(uvicorn.Server):
    """A server with an event for readiness that stops at once.

    uvicorn's own polls ten times a second whether to stop, and then waits for clients to disconnect.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self.ready.set()

    async def main_loop(self) -> None:
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()

    def request_stop(self) -> None:
        """Stops the server. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)


def _bind(host: str, port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only for sockets whose protocol is given explicitly.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise InputError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    return bound
