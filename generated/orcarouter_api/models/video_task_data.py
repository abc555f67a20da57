"""`VideoTaskData` of OrcaRouter video API."""

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

    Attributes:
        task_id: The task's id.
        status: State of a task in the wrapped form. Compare case-insensitively; a
            value that is not listed means that the task is still running.
            `x-task-states` gives the meaning of each value, including the values of
            older servers and of providers.
        progress: A rough percentage such as `30%`; may be empty. Do not infer
            completion from it.
        result_url: URL of the video once the task has succeeded. Download it soon
            and without the API key. In any other state it may contain text.
        fail_reason: Why the task failed. Older servers put the video's URL here on
            success.
        action: Kind of task as the server names it, such as `textGenerate`.
        submit_time: Submitted, in Unix seconds.
        start_time: Started, in Unix seconds; 0 before that.
        finish_time: Finished, in Unix seconds; 0 before that.
        created_at: Recorded, in Unix seconds.
        updated_at: Last changed, in Unix seconds.
        properties: The parts of the request that the server stored.
        data: The provider's own response, unchanged, or null. Seedance's last frame
            and Kling's watermarked copy are only here, if anywhere.
        quota: Charge in the server's internal units.
    """

    task_id: str
    status: TaskStatus
    progress: str | Unset = UNSET
    result_url: str | Unset = UNSET
    fail_reason: str | Unset = UNSET
    action: str | Unset = UNSET
    submit_time: int | Unset = UNSET
    start_time: int | Unset = UNSET
    finish_time: int | Unset = UNSET
    created_at: int | Unset = UNSET
    updated_at: int | Unset = UNSET
    properties: VideoTaskProperties | Unset = UNSET
    data: Any = UNSET
    quota: int | Unset = UNSET
