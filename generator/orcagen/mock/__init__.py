"""A mock of any API: an HTTP server that answers as an OpenAPI document says.

It validates requests with openapi-core, answers from the document's examples or else from its schemas, keeps what was stored in
collections, runs declared tasks, serves files, plays faults, and records. Handlers and hooks make it behave as one service does. It
needs the extra `mock`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orcagen.diagnostics import InputError
    from orcagen.mock.clock import Clock, RealClock, VirtualClock
    from orcagen.mock.faults import Fault, Script
    from orcagen.mock.files import File
    from orcagen.mock.handlers import Hooks, MockRequest, Problem
    from orcagen.mock.recording import RecordedRequest
    from orcagen.mock.responses import MockResponse
    from orcagen.mock.server import MockServer
    from orcagen.mock.validators import ScriptError

__all__ = [
    "Clock",
    "Fault",
    "File",
    "Hooks",
    "InputError",
    "MockRequest",
    "MockResponse",
    "MockServer",
    "Problem",
    "RealClock",
    "RecordedRequest",
    "Script",
    "ScriptError",
    "VirtualClock",
]

_MODULES = {
    "Clock": "clock",
    "Fault": "faults",
    "File": "files",
    "Hooks": "handlers",
    "MockRequest": "handlers",
    "MockResponse": "responses",
    "MockServer": "server",
    "Problem": "handlers",
    "RealClock": "clock",
    "RecordedRequest": "recording",
    "Script": "faults",
    "ScriptError": "validators",
    "VirtualClock": "clock",
}


def __getattr__(name: str) -> Any:
    # Imported late: pytest loads this package for its plugin, and a missing extra is one sentence.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    diagnostics = import_module("orcagen.diagnostics")
    if name == "InputError":
        return diagnostics.InputError
    try:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        raise diagnostics.InputError(
            f"the mock server needs {error.name}: pip install 'orcagen[mock]'"
        ) from error


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
