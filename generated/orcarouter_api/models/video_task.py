"""The schema `#/components/schemas/VideoTask` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import VideoTaskData


@define(kw_only=True)
class VideoTask(ApiModel):
    """The wrapped form of a task.

    Examples:
        >>> VideoTask.from_dict({
        ...     "code": "success",
        ...     "message": "",
        ...     "data": {"task_id": "task_1", "status": "QUEUED", "progress": "20%"},
        ... })
    """

    code: str | Unset = UNSET
    """`success`, even if the task has failed."""

    message: str | Unset = UNSET
    """Usually empty."""

    data: VideoTaskData
    """The state of a task. The server may send further internal fields, which are of no
    use to a caller; `id` among them is not the id of the task.
    """
