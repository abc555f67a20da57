"""`VideoStatus` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

VideoStatus: TypeAlias = (
    Literal["queued", "in_progress", "completed", "failed", "unknown"] | str
)
"""State of a task in the flat form. Compare without regard to case; a word that is not
listed means that the task is still running. `x-task-states` says what each word
means.
"""

VideoStatusCodec: Codec[VideoStatus] = Codec(VideoStatus)
