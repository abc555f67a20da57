"""`Video` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import VideoError, VideoMetadata, VideoStatus, VideoUsage


@define(kw_only=True)
class Video(ApiModel):
    """The flat form of a task.

    Attributes:
        id: The task's id.
        task_id: The same id; may be missing or empty.
        object: Always `video`.
        model: The model; may be empty for Kling.
        status: State of a task in the flat form. Compare case-insensitively; a value
            that is not listed means that the task is still running. `x-task-states`
            gives the meaning of each value.
        progress: A rough percentage. Do not infer completion from it. (minimum=0,
            maximum=100)
        created_at: Submitted, in Unix seconds; above 10^12 it is milliseconds, which
            happens for Kling.
        completed_at: Finished, in Unix seconds. Before the end it may contain the
            time of the last change.
        expires_at: When the file expires, in Unix seconds; rarely set.
        seconds: Length of the video.
        size: Size of the picture.
        prompt: The prompt.
        remixed_from_video_id: The task that this one is based on; not used by the
            models here.
        error: Why a task failed. A failed Kling task may come without it.
        usage: What the task consumed; Seedance only.
        metadata: Where the result is.
    """

    id: str
    task_id: str | Unset = UNSET
    object: str | Unset = UNSET
    model: str | Unset = UNSET
    status: VideoStatus
    progress: int | Unset = UNSET
    created_at: int | Unset = UNSET
    completed_at: int | Unset = UNSET
    expires_at: int | Unset = UNSET
    seconds: str | Unset = UNSET
    size: str | Unset = UNSET
    prompt: str | Unset = UNSET
    remixed_from_video_id: str | Unset = UNSET
    error: VideoError | Unset = UNSET
    usage: VideoUsage | Unset = UNSET
    metadata: VideoMetadata | Unset = UNSET
