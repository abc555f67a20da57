"""`VideoTask` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import VideoTaskData


@define(kw_only=True)
class VideoTask(ApiModel):
    """The wrapped form of a task.

    Attributes:
        code: `success`, even if the task has failed.
        message: Usually empty.
        data: The state of a task. The server may send further internal fields, which
            are of no use to a caller; `id` among them is not the id of the task.
    """

    code: str | Unset = UNSET
    message: str | Unset = UNSET
    data: VideoTaskData
