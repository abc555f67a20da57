"""The emulator: the service and its file host as HTTP servers on loopback."""

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

from orcarouter.testing.clock import Clock, RealClock
from orcarouter.testing.document import load_document
from orcarouter.testing.fault_injection import Connection
from orcarouter.testing.faults import Fault, Script, matches_operation, read_script
from orcarouter.testing.recording import RecordedRequest
from orcarouter.testing.service import Service
from orcarouter.testing.settings import Settings, SettingsKwargs
from orcarouter.testing.tasks import TaskStore

__all__ = ["Emulator", "serve"]

_ScriptSource = str | Path | Mapping[str, Any] | Sequence[Fault | Mapping[str, Any]]
_C = TypeVar("_C", bound=Clock)
_log = logging.getLogger(__name__)
_HOST = "127.0.0.1"


class Emulator(Generic[_C]):
    """An emulated service on loopback; a context manager that starts and stops it.

    As with the real service, the files of the results are on another origin: another port of 127.0.0.1.
    """

    @overload
    def __init__(
        self: Emulator[RealClock],
        script: _ScriptSource = (),
        *,
        clock: None = None,
        port: int = 0,
        **settings: Unpack[SettingsKwargs],
    ) -> None: ...
    @overload
    def __init__(
        self,
        script: _ScriptSource = (),
        *,
        clock: _C,
        port: int = 0,
        **settings: Unpack[SettingsKwargs],
    ) -> None: ...
    def __init__(
        self,
        script: _ScriptSource = (),
        *,
        clock: Any = None,
        port: int = 0,
        **settings: Unpack[SettingsKwargs],
    ) -> None:
        """Bind the ports. Requests are answered after `start()`, or inside `with`.

        `script` is a list of faults, or the name of a script file (see `orcarouter.testing.faults`). `clock` is a
        `RealClock` by default. `port` is the port of the API, 0 for a free one. `settings` are the fields of
        `Settings`; they take precedence over those of the script.

        Raises ScriptError if the script or a setting is invalid, OSError if a file cannot be read or the port is taken.
        """
        faults, script_settings = read_script(script)
        all_settings = Settings.from_mapping(script_settings | settings)
        self.clock: _C = clock if clock is not None else cast("_C", RealClock())
        """The clock that tasks, URLs and delays depend on."""
        self._sockets = [_bind(port), _bind(0)]
        api, files = (f"http://{_HOST}:{bound.getsockname()[1]}" for bound in self._sockets)
        try:
            document = load_document()
            self._service = Service(all_settings, Script(faults), self.clock, document, files)
        except BaseException:
            self._close_sockets()
            raise
        self.base_url = api + document.base_path
        """The URL of the API, including its base path; give it to the client."""
        self.files_url = files
        """The origin of the files of the results."""
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve requests in a background thread. Returns when the server accepts connections.

        Raises RuntimeError if it was started before, or fails to start.
        """
        if self._server is not None:
            raise RuntimeError("an emulator can be started only once")
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
            target=self._server.run, args=(self._sockets,), name="orcarouter-emulator", daemon=True
        )
        self._thread.start()
        while not self._server.ready.wait(timeout=1):
            if not self._thread.is_alive():
                raise RuntimeError("the server stopped before it was ready")

    def stop(self) -> None:
        """Close all connections and stop the server. A no-op if it is not running."""
        if self._server is not None and self._thread is not None and self._thread.is_alive():
            self._server.request_stop()
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
    def requests(self) -> list[RecordedRequest]:
        """The requests so far, in the order of arrival: at most the last 10,000."""
        return list(self._service.requests)

    def requests_to(self, selector: str) -> list[RecordedRequest]:
        """The requests to a group (`submit`, `lookup`, `content`, `models`, `assets`), or to an operationId.

        Raises ScriptError for any other name.
        """
        Fault(selector)
        return [
            request for request in self.requests if matches_operation(selector, request.operation)
        ]

    @property
    def tasks(self) -> TaskStore:
        """The submissions that were accepted, and would have been charged, by task id."""
        return self._service.tasks

    @property
    def settings(self) -> Settings:
        """How the service behaves when no fault applies."""
        return self._service.settings

    @property
    def script(self) -> Script:
        """The faults that are still to be applied; `script.add(...)` appends more at any time."""
        return self._service.script

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_file_host = scope["server"][1] == self._sockets[1].getsockname()[1]
        app: ASGIApp = self._service.files if is_file_host else self._service.api
        try:
            await app(scope, receive, send)
        except ClientDisconnect:
            return  # while sending its request; there is no one to answer
        except Exception:
            # uvicorn's log is off. A bug in the emulator must not look like a 500 of the service.
            _log.exception("the emulator itself failed on %s %s", scope["method"], scope["path"])
            raise

    def _close_sockets(self) -> None:
        for bound in self._sockets:
            bound.close()


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
        self._stop_event = asyncio.Event()
        self.ready.set()

    async def main_loop(self) -> None:
        await self._stop_event.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()

    def request_stop(self) -> None:
        """Stop the server. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._stop_event.set)


def _bind(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only for sockets whose protocol is given explicitly.
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

    `script` is the name of a script file, `port` the port of the API (0 for a free one). When the server is ready,
    `announce` (by default `print`) is called with one line: `Listening on http://127.0.0.1:PORT/v1`.

    Raises ScriptError if the script is invalid, OSError if it cannot be read or the port is taken.
    """
    try:
        with Emulator(script if script is not None else (), port=port) as emulator:
            (announce or partial(print, flush=True))(f"Listening on {emulator.base_url}")
            threading.Event().wait()
    except KeyboardInterrupt:
        return
