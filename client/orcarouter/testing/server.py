"""The emulator: the service and its file host as HTTP servers on loopback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Unpack

from orcagen.mock import InputError
from orcagen.mock.clock import Clock, RealClock
from orcagen.mock.faults import ScriptSource
from orcagen.mock.server import MockServer
from orcagen.mock.task_store import TaskStore
from orcarouter.testing.document import list_models, load_document
from orcarouter.testing.faults import Fault, read_script
from orcarouter.testing.service import Service
from orcarouter.testing.settings import Settings, SettingsKwargs
from orcarouter.testing.tasks import Task

__all__ = ["Emulator", "serve"]

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # type checkers have it

    _C = TypeVar("_C", bound=Clock, default=RealClock)
else:
    from typing import TypeVar

    _C = TypeVar("_C")


class Emulator(MockServer, Generic[_C]):
    """An emulated service on loopback; a context manager that starts and stops it.

    As with the real service, the files of the results are on another origin: another port of 127.0.0.1.
    """

    fault_type = Fault
    clock: _C

    def __init__(
        self,
        script: ScriptSource = (),
        *,
        clock: _C | None = None,
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
        self.settings = Settings.from_mapping(script_settings | settings)
        """How the service behaves when no fault applies."""
        document = load_document()
        service = Service(self.settings, list_models(document), self.make_file_url)
        self._tasks = service.tasks
        try:
            super().__init__(
                document.path,
                faults=faults,
                clock=clock,
                handlers=service.handlers,
                hooks=service.hooks,
                files=service.find_file,
                url_lifetime=self.settings.url_lifetime,
                body_limit=self.settings.body_limit,
                port=port,
            )
        except InputError as error:
            if isinstance(cause := error.__cause__, OSError):
                raise OSError(cause.errno, f"port {port}: {cause.strerror}") from None
            raise
        self.base_url = self.url
        """The URL of the API, including its base path; give it to the client."""

    @property
    def tasks(self) -> TaskStore[Task]:
        """The submissions that were accepted, and would have been charged, by task id."""
        return self._tasks


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
    emulator = Emulator(script if script is not None else (), port=port)
    emulator.run(announce)
