"""Videos with Kling, Seedance and MiniMax models through OrcaRouter.

    from orcarouter import OrcaRouter

    with OrcaRouter() as orca:                          # the key from ORCAROUTER_API_KEY
        task = orca.videos.create(
            model="kling/kling-v3-omni",
            prompt="A lighthouse in a storm, slow push-in",
            metadata={"mode": "pro", "aspect_ratio": "16:9", "duration": "5"},
        )
        print(task.id)                                  # enough to go on from any process
        task.download("lighthouse.mp4")                 # waits for it, too

`AsyncOrcaRouter` is the same for asyncio. What can go wrong is in `orcarouter.errors`; what each model takes, in
`orcarouter.capabilities`; a local server to test against, in `orcarouter.testing`. The bindings beneath, generated from
the API reference, are `orcarouter_api`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orcarouter.batch import Outcome
    from orcarouter.capabilities import ValidationResult, Violation, check
    from orcarouter.client import AsyncOrcaRouter, OrcaRouter
    from orcarouter.downloads import Download
    from orcarouter.errors import OrcaRouterError, SubmissionUnknown, TaskError
    from orcarouter.steps import Event
    from orcarouter.submission import Patience
    from orcarouter.tasks import Moment, Snapshot
    from orcarouter.videos import AsyncVideoTask, VideoTask

__all__ = [
    "AsyncOrcaRouter",
    "AsyncVideoTask",
    "Download",
    "Event",
    "Moment",
    "OrcaRouter",
    "OrcaRouterError",
    "Outcome",
    "Patience",
    "Snapshot",
    "SubmissionUnknown",
    "TaskError",
    "ValidationResult",
    "VideoTask",
    "Violation",
    "check",
]

# Late imports: `import orcarouter` costs nothing, and the command line loads what it needs.
_HOMES = {
    "AsyncOrcaRouter": "client",
    "AsyncVideoTask": "videos",
    "Download": "downloads",
    "Event": "steps",
    "Moment": "tasks",
    "OrcaRouter": "client",
    "OrcaRouterError": "errors",
    "Outcome": "batch",
    "Patience": "submission",
    "Snapshot": "tasks",
    "SubmissionUnknown": "errors",
    "TaskError": "errors",
    "ValidationResult": "capabilities",
    "VideoTask": "videos",
    "Violation": "capabilities",
    "check": "capabilities",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
