"""The emulator as a server on loopback."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack, cast, overload

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from orcarouter.testing.app import Service
from orcarouter.testing.clock import Clock, RealClock
from orcarouter.testing.document import load_document
from orcarouter.testing.faults import Fault, Script, concerns, read_script
from orcarouter.testing.recording import Received
from orcarouter.testing.settings import Options, Settings
from orcarouter.testing.tasks import TaskStore
from orcarouter.testing.wire import Connection

__all__ = ["Emulator", "serve"]

_Script = str | Path | Mapping[str, Any] | Sequence[Fault | Mapping[str, Any]]
_C = TypeVar("_C", bound=Clock)
_log = logging.getLogger(__name__)
_HOST = "127.0.0.1"


class Emulator(Generic[_C]):
    """The service on loopback; a context manager.

    Its results lie on an origin of their own, as with the real service: another port of the same address.
    """

    @overload
    def __init__(
        self: Emulator[RealClock],
        script: _Script = (),
        *,
        clock: None = None,
        port: int = 0,
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(
        self, script: _Script = (), *, clock: _C, port: int = 0, **options: Unpack[Options]
    ) -> None: ...
    def __init__(
        self,
        script: _Script = (),
        *,
        clock: Any = None,
        port: int = 0,
        **options: Unpack[Options],
    ) -> None:
        """Bind the ports; requests are answered from `start` on, or inside `with`.

        `script` is a list of faults or the name of a script file (see `orcarouter.testing.faults`). `port` is 0 for
        a free one. `options` are the fields of `Settings`; they win over those of the script. Without a `clock` the
        time is real.

        Raises ScriptError, and OSError when a file cannot be read or the port is taken.
        """
        faults, from_script = read_script(script)
        settings = Settings.of(from_script | options)
        self.clock: _C = clock if clock is not None else cast("_C", RealClock())
        """Its time."""
        self._sockets = [_bind(port), _bind(0)]
        api, files = (f"http://{_HOST}:{each.getsockname()[1]}" for each in self._sockets)
        try:
            document = load_document()
            self._service = Service(settings, Script(faults), self.clock, document, files)
        except BaseException:
            self._close_sockets()
            raise
        self.base_url = api + document.base_path
        """Where the API is, base path included."""
        self.files_url = files
        """Where results are."""
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Answer requests, in a thread of its own. Returns when the server is ready.

        Raises RuntimeError when it was started before, or does not get ready.
        """
        if self._server is not None:
            raise RuntimeError("an emulator runs only once")
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
            # Longer than any test: the server never closes a connection that a client is about to use again.
            timeout_keep_alive=600,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=(self._sockets,), name="orcarouter-emulator", daemon=True
        )
        self._thread.start()
        while not self._server.ready.wait(timeout=1):
            if not self._thread.is_alive():
                raise RuntimeError("the server ended before it was ready")

    def stop(self) -> None:
        """Close all connections and end the server. Harmless when it does not run."""
        if self._server is not None and self._thread is not None and self._thread.is_alive():
            self._server.end()
            self._thread.join()
        self._close_sockets()

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

    @property
    def requests(self) -> list[Received]:
        """Every request so far, in the order of arrival."""
        return self._service.requests

    def received(self, group: str) -> list[Received]:
        """The requests of `submit`, `lookup`, `content`, `models`, `assets`, or of an operationId."""
        return [request for request in self.requests if concerns(group, request.operation)]

    @property
    def tasks(self) -> TaskStore:
        """The accepted, and so charged, submissions by task id."""
        return self._service.tasks

    @property
    def settings(self) -> Settings:
        """How the service behaves where no fault comes in."""
        return self._service.settings

    @property
    def script(self) -> Script:
        """The faults still to come; `script.add(...)` adds more at any time."""
        return self._service.script

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        files = scope["server"][1] == self._sockets[1].getsockname()[1]
        app: ASGIApp = self._service.files if files else self._service.api
        try:
            await app(scope, receive, send)
        except ClientDisconnect:
            return  # in the middle of its own request
        except Exception:
            # uvicorn's own log is off: a mistake of the emulator must not pass for the service's 500.
            _log.exception("the emulator itself failed on %s %s", scope["method"], scope["path"])
            raise

    def _close_sockets(self) -> None:
        for each in self._sockets:
            each.close()


class _Server(uvicorn.Server):
    """Says when it is ready, and ends at once, where uvicorn looks ten times a second and waits for clients."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self.ready.set()

    async def main_loop(self) -> None:
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()

    def end(self) -> None:
        """End it, from any thread."""
        self._loop.call_soon_threadsafe(self._end.set)


def _bind(port: int) -> socket.socket:
    # asyncio switches Nagle's algorithm off only where the protocol is named.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((_HOST, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"port {port}: {error.strerror}") from None
    return bound


def serve(
    script: str | Path | None = None,
    *,
    port: int = 0,
    announce: Callable[[str], object] | None = None,
) -> None:
    """Run an emulator until the process is interrupted (Ctrl-C).

    `announce`, by default print, gets one line when it is ready: `Listening on http://127.0.0.1:PORT/v1`.
    Raises ScriptError, OSError.
    """
    try:
        with Emulator(script if script is not None else (), port=port) as emulator:
            (announce or partial(print, flush=True))(f"Listening on {emulator.base_url}")
            threading.Event().wait()
    except KeyboardInterrupt:
        return
