"""The schema `#/components/schemas/VideoSubmission` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import SubmissionStatus


@define(kw_only=True)
class VideoSubmission(ApiModel):
    """The response to a submission. OrcaRouter's own page shows `id` and `task_id`
    together; one of its other examples has `id` alone, so only that is required.

    Examples:
        >>> VideoSubmission.from_dict({
        ...     "id": "task_7Qm2Zr9LxT4cVb8NkPw3HdYs6JfGa1Ue",
        ...     "task_id": "task_7Qm2Zr9LxT4cVb8NkPw3HdYs6JfGa1Ue",
        ...     "model": "kling/kling-v3-omni",
        ...     "progress": 0,
        ...     "created_at": 1791000000,
        ... })
    """

    id: str
    """The id of the task, used to poll it. (minLength=1)"""

    task_id: str | Unset = UNSET
    """The same id."""

    object: str | Unset = UNSET
    """Always `video`."""

    model: str | Unset = UNSET
    """The model as it was sent, prefix included."""

    status: SubmissionStatus | Unset = UNSET
    """State of a task that was just accepted. If it is missing, the task is queued."""

    progress: int | Unset = UNSET
    """Percentage, 0 at this point. (minimum=0, maximum=100)"""

    created_at: int | Unset = UNSET
    """When the task was submitted, in Unix seconds."""
