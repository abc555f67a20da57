"""The schema `#/components/schemas/TaskStatus` of OrcaRouter video API."""

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
"""State of a task in the wrapped form. Compare case-insensitively; a value that is not
listed means that the task is still running. `x-task-states` gives the meaning of
each value, including the values of older servers and of providers.
"""

TaskStatusCodec: Codec[TaskStatus] = Codec(TaskStatus)
