"""A local emulator of the service for tests.

It is a real HTTP server on loopback. It validates each request against the OpenAPI document and the capability table,
lets tasks pass through their states, serves a real MP4, and applies fault scripts:

    from orcarouter import OrcaRouter
    from orcarouter.testing import Emulator, Fault, VirtualClock

    with Emulator([Fault("lookup", status=503, times=2)], clock=VirtualClock()) as server:
        orca = OrcaRouter("sk-orca-test", base_url=server.base_url, clock=server.clock)
        task = orca.videos.create(model="kling/kling-v3", prompt="A kite")
        assert task.wait().video_url                # despite the two errors, and in milliseconds
        assert len(server.tasks) == 1               # what was accepted, and would have been charged
        assert len(server.requests_to("lookup")) > 2

For pytest there is a fixture, with script and settings in a mark:

    @pytest.mark.orcarouter_emulator([Fault("submit", fail_reason="prompt not allowed")], running=90)
    def test_rejected_prompt(orcarouter_emulator, monkeypatch):
        monkeypatch.setenv("ORCAROUTER_BASE_URL", orcarouter_emulator.base_url)
        ...

- `Emulator(script, clock=..., port=..., **settings)`: `script` is a list of `Fault`, or the name of a YAML or JSON file
  (see `orcarouter.testing.faults`). The settings are the fields of `Settings`: durations, error format, API keys,
  credit, lifetime of URLs, and known quirks of the service (`Quirk`).
- `server.base_url` and `server.files_url`; `server.requests` (a list of `RecordedRequest`) and
  `server.requests_to(group)`; `server.tasks`; `server.script.add(...)` for faults that are added later.
- With a `RealClock`, the default, tasks take the seconds of the settings. A `VirtualClock` stands still until the test
  advances it (`server.clock.advance(60)`) or a client that uses it sleeps; the fixture has one. Waiting inside a
  response (`delay`, `trickle_interval`) advances it as well.
- The read timeout of a client is always real time: make it short for `Fault(..., stall=True)`.
- Other clients can be tested too: send their requests to `server.base_url`, with any key `sk-orca-...`.
- In a shell: `orcarouter emulator [--port N] [--script FILE]`, or `python -m orcarouter.testing`.

Requires the extra `testing`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orcagen.mock.clock import Clock, RealClock, VirtualClock
    from orcagen.mock.recording import RecordedRequest
    from orcagen.mock.validators import ScriptError
    from orcarouter.testing.faults import Fault, Script, read_script
    from orcarouter.testing.server import Emulator, serve
    from orcarouter.testing.settings import Check, Quirk, Settings, ViolationLike
    from orcarouter.testing.tasks import Task

__all__ = [
    "Check",
    "Clock",
    "Emulator",
    "Fault",
    "Quirk",
    "RealClock",
    "RecordedRequest",
    "Script",
    "ScriptError",
    "Settings",
    "Task",
    "ViolationLike",
    "VirtualClock",
    "read_script",
    "serve",
]

# Imported late: pytest loads this package for its plugin in every environment, even without the extra.
_MODULES = {
    "orcagen.mock.clock": "Clock RealClock VirtualClock",
    "orcagen.mock.recording": "RecordedRequest",
    "orcagen.mock.validators": "ScriptError",
    "orcarouter.testing.faults": "Fault Script read_script",
    "orcarouter.testing.server": "Emulator serve",
    "orcarouter.testing.settings": "Check Quirk Settings ViolationLike",
    "orcarouter.testing.tasks": "Task",
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names.split():
            try:
                return getattr(import_module(module), name)
            except ModuleNotFoundError as error:
                text = f"the emulator needs {error.name}: pip install 'orcarouter[testing]'"
                raise ModuleNotFoundError(text, name=error.name) from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
