"""`TaskStatus` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

TaskStatus: TypeAlias = (
    Literal[
        "NOT_START",
        "SUBMITTED",
        "QUEUED",
        "IN_PROGRESS",
        "SUCCESS",
        "FAILURE",
        "UNKNOWN",
    ]
    | str
)
"""State of a task in the wrapped form. Compare without regard to case; a word that is
not listed means that the task is still running. `x-task-states` says what each word
means, older servers' and providers' words included.
"""

TaskStatusCodec: Codec[TaskStatus] = Codec(TaskStatus)
