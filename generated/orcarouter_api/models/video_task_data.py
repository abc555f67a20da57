"""The schema `#/components/schemas/VideoTaskData` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import TaskStatus, VideoTaskProperties


@define(kw_only=True)
class VideoTaskData(ApiModel):
    """The state of a task. The server may send further internal fields, which are of no
    use to a caller; `id` among them is not the id of the task.

    Examples:
        >>> VideoTaskData.from_dict({
        ...     "task_id": "task_1",
        ...     "status": "SUCCESS",
        ...     "progress": "100%",
        ...     "result_url": "https://files.example.com/out/1.mp4",
        ... })
    """

    task_id: str
    """The task's id."""

    status: TaskStatus
    """State of a task in the wrapped form. Compare case-insensitively; a value that is
    not listed means that the task is still running. `x-task-states` gives the
    meaning of each value, including the values of older servers and of providers.
    """

    progress: str | Unset = UNSET
    """A rough percentage such as `30%`; may be empty. Do not infer completion from
    it.
    """

    result_url: str | Unset = UNSET
    """URL of the video once the task has succeeded. Download it soon and without the
    API key. In any other state it may contain text.
    """

    fail_reason: str | Unset = UNSET
    """Why the task failed. Older servers put the video's URL here on success."""

    action: str | Unset = UNSET
    """Kind of task as the server names it, such as `textGenerate`."""

    submit_time: int | Unset = UNSET
    """Submitted, in Unix seconds."""

    start_time: int | Unset = UNSET
    """Started, in Unix seconds; 0 before that."""

    finish_time: int | Unset = UNSET
    """Finished, in Unix seconds; 0 before that."""

    created_at: int | Unset = UNSET
    """Recorded, in Unix seconds."""

    updated_at: int | Unset = UNSET
    """Last changed, in Unix seconds."""

    properties: VideoTaskProperties | Unset = UNSET
    """The parts of the request that the server stored."""

    data: Any = UNSET
    """The provider's own response, unchanged, or null. Seedance's last frame and
    Kling's watermarked copy are only here, if anywhere.
    """

    quota: int | Unset = UNSET
    """Charge in the server's internal units."""
