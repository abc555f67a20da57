"""The schema `#/components/schemas/VideoStatus` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

VideoStatus: TypeAlias = (
    Literal["queued", "in_progress", "completed", "failed", "unknown"] | str
)
"""State of a task in the flat form. Compare case-insensitively; a value that is not
listed means that the task is still running. `x-task-states` gives the meaning of
each value.
"""

VideoStatusCodec: Codec[VideoStatus] = Codec(VideoStatus)
