"""A local emulator of the service, to test against.

It is a real HTTP server on loopback. It validates each request against the OpenAPI document and the capability map,
takes tasks through their states, serves a real MP4, and plays scripts of faults:

    from orcarouter import OrcaRouter
    from orcarouter.testing import Emulator, Fault, VirtualClock

    with Emulator([Fault("lookup", status=503, times=2)], clock=VirtualClock()) as server:
        orca = OrcaRouter("sk-orca-test", base_url=server.base_url, clock=server.clock)
        task = orca.videos.create(model="kling/kling-v3", prompt="A kite")
        assert task.wait().video_url                # through the outage, in milliseconds
        assert len(server.tasks) == 1               # what was accepted, and would have been charged
        assert len(server.received("lookup")) > 2

In a test suite the same is a fixture, with script and settings in a mark:

    @pytest.mark.orcarouter_emulator([Fault("submit", fail="the prompt is not allowed")], running=90)
    def test_a_refused_prompt(orcarouter_emulator, monkeypatch):
        monkeypatch.setenv("ORCAROUTER_BASE_URL", orcarouter_emulator.base_url)
        ...

- `Emulator(script, clock=..., port=..., **settings)`: `script` is a list of `Fault` or the name of a YAML or JSON file
  (see `orcarouter.testing.faults`); the settings are the fields of `Settings`: durations, form of errors, API keys,
  credit, lifetime of URLs, and the service's oddities (`Oddity`).
- `server.base_url`, `server.files_url`; `server.requests` (a list of `Received`) and `server.received(group)`;
  `server.tasks`; `server.script.add(...)` for faults that are decided later.
- `RealClock` is the default: tasks take the seconds of the settings. A `VirtualClock` stands still until it is moved, by
  the test (`server.clock.advance(60)`) or by a client that has it as its own; the fixture has one. Pauses inside an
  answer (`delay`, `drip`) move it as well.
- Only a client's own read timeout takes real time, so give it a short one for `Fault(..., stall=True)`.
- Any other client can be tested as well: point it at `server.base_url`, with any key `sk-orca-...`.
- From a shell: `orcarouter emulator [--port N] [--script FILE]`, or `python -m orcarouter.testing`.

Needs the extra `testing`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orcarouter.testing.clock import Clock, RealClock, VirtualClock
    from orcarouter.testing.faults import Fault, Script, read_script
    from orcarouter.testing.recording import Received
    from orcarouter.testing.server import Emulator, serve
    from orcarouter.testing.settings import Check, Finding, Oddity, Settings
    from orcarouter.testing.tasks import Task
    from orcarouter.testing.values import ScriptError

__all__ = [
    "Check",
    "Clock",
    "Emulator",
    "Fault",
    "Finding",
    "Oddity",
    "RealClock",
    "Received",
    "Script",
    "ScriptError",
    "Settings",
    "Task",
    "VirtualClock",
    "read_script",
    "serve",
]

# Late imports: pytest loads this package for its plugin in every environment, also where the extra is missing.
_HOMES = {
    "Check": "settings",
    "Clock": "clock",
    "Emulator": "server",
    "Fault": "faults",
    "Finding": "settings",
    "Oddity": "settings",
    "RealClock": "clock",
    "Received": "recording",
    "Script": "faults",
    "ScriptError": "values",
    "Settings": "settings",
    "Task": "tasks",
    "VirtualClock": "clock",
    "read_script": "faults",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
