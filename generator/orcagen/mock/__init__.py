"""A mock of any API: an HTTP server that answers as an OpenAPI document says.

It validates requests with openapi-core, answers from the document's examples or else from its schemas, keeps what was stored in
collections, runs declared tasks, plays faults, and records. It needs the extra `mock`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orcagen.diagnostics import InputError

if TYPE_CHECKING:
    from orcagen.mock.clock import Clock, RealClock, VirtualClock
    from orcagen.mock.faults import Fault
    from orcagen.mock.recording import RecordedRequest
    from orcagen.mock.server import MockServer

__all__ = ["Clock", "Fault", "MockServer", "RealClock", "RecordedRequest", "VirtualClock"]

_MODULES = {
    "Clock": "clock",
    "Fault": "faults",
    "MockServer": "server",
    "RealClock": "clock",
    "RecordedRequest": "recording",
    "VirtualClock": "clock",
}


def __getattr__(name: str) -> Any:
    # Imported late, so that a missing extra is one sentence.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"the mock server needs {error.name}: pip install 'orcagen[mock]'"
        ) from error


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
