"""The schema `#/components/schemas/Video` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import VideoError, VideoMetadata, VideoStatus, VideoUsage


@define(kw_only=True)
class Video(ApiModel):
    """The flat form of a task.

    Examples:
        >>> Video.from_dict({
        ...     "id": "task_1",
        ...     "object": "video",
        ...     "status": "queued",
        ...     "progress": 0,
        ...     "created_at": 1791000000,
        ... })
    """

    id: str
    """The task's id."""

    task_id: str | Unset = UNSET
    """The same id; may be missing or empty."""

    object: str | Unset = UNSET
    """Always `video`."""

    model: str | Unset = UNSET
    """The model; may be empty for Kling."""

    status: VideoStatus
    """State of a task in the flat form. Compare case-insensitively; a value that is not
    listed means that the task is still running. `x-task-states` gives the meaning of
    each value.
    """

    progress: int | Unset = UNSET
    """A rough percentage. Do not infer completion from it. (minimum=0, maximum=100)"""

    created_at: int | Unset = UNSET
    """Submitted, in Unix seconds; above 10^12 it is milliseconds, which happens for
    Kling.
    """

    completed_at: int | Unset = UNSET
    """Finished, in Unix seconds. Before the end it may contain the time of the last
    change.
    """

    expires_at: int | Unset = UNSET
    """When the file expires, in Unix seconds; rarely set."""

    seconds: str | Unset = UNSET
    """Length of the video."""

    size: str | Unset = UNSET
    """Size of the picture."""

    prompt: str | Unset = UNSET
    remixed_from_video_id: str | Unset = UNSET
    """The task that this one is based on; not used by the models here."""

    error: VideoError | Unset = UNSET
    """Why a task failed. A failed Kling task may come without it."""

    usage: VideoUsage | Unset = UNSET
    """What the task consumed; Seedance only."""

    metadata: VideoMetadata | Unset = UNSET
    """Where the result is."""
