"""Videos with Kling, Seedance and MiniMax models through OrcaRouter.

    from orcarouter import OrcaRouter

    with OrcaRouter() as orca:                          # API key from ORCAROUTER_API_KEY
        task = orca.videos.create(
            model="kling/kling-v3-omni",
            prompt="A lighthouse in a storm, slow push-in",
            metadata={"mode": "pro", "aspect_ratio": "16:9", "duration": "5"},
        )
        print(task.id)                                  # enough to resume from any process
        task.download("lighthouse.mp4")                 # waits for the task first

`AsyncOrcaRouter` is the same for asyncio. `orcarouter.errors` has the exception hierarchy,
`orcarouter.capabilities` the parameters of each model, and `orcarouter.testing` a local emulator of
the service to test against. All this is a layer over `orcarouter_api`, the client generated from the
API reference.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orcarouter._clock import Clock
    from orcarouter._downloads import Download
    from orcarouter._events import Event, Outcome
    from orcarouter._submission import Backoff, PreparedRequest, RetryPolicy
    from orcarouter.capabilities import ValidationResult, Violation, check
    from orcarouter.client import (
        AsyncOrcaRouter,
        BatchOptions,
        ClientOptions,
        OrcaRouter,
        WaitOptions,
    )
    from orcarouter.errors import AmbiguousSubmissionError, OrcaRouterError, TaskError
    from orcarouter.task import Snapshot, StatusChange
    from orcarouter.videos import AsyncVideoTask, VideoTask

__all__ = [
    "AmbiguousSubmissionError",
    "AsyncOrcaRouter",
    "AsyncVideoTask",
    "Backoff",
    "BatchOptions",
    "ClientOptions",
    "Clock",
    "Download",
    "Event",
    "OrcaRouter",
    "OrcaRouterError",
    "Outcome",
    "PreparedRequest",
    "RetryPolicy",
    "Snapshot",
    "StatusChange",
    "TaskError",
    "ValidationResult",
    "VideoTask",
    "Violation",
    "WaitOptions",
    "check",
]

# Imported on first use: `import orcarouter` is fast, and the command line loads only what it needs.
_MODULES = {
    "AmbiguousSubmissionError": "errors",
    "AsyncOrcaRouter": "client",
    "AsyncVideoTask": "videos",
    "Backoff": "_submission",
    "BatchOptions": "client",
    "ClientOptions": "client",
    "Clock": "_clock",
    "Download": "_downloads",
    "Event": "_events",
    "Violation": "capabilities",
    "ValidationResult": "capabilities",
    "OrcaRouter": "client",
    "OrcaRouterError": "errors",
    "Outcome": "_events",
    "PreparedRequest": "_submission",
    "RetryPolicy": "_submission",
    "Snapshot": "task",
    "StatusChange": "task",
    "TaskError": "errors",
    "VideoTask": "videos",
    "WaitOptions": "client",
    "check": "capabilities",
}
_SUBMODULES = ("batch", "capabilities", "errors", "keywords", "notebook", "testing")


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_SUBMODULES})
