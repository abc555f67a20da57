"""The schema `#/components/schemas/TaskError` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class TaskError(ApiModel):
    """An error response in the task format.

    Examples:
        >>> TaskError.from_dict({
        ...     "code": "invalid_request",
        ...     "message": "prompt is required",
        ...     "data": None,
        ... })
    """

    code: str
    """Short code such as `invalid_request`."""

    message: str
    """Human-readable message; may contain the whole response of the provider."""

    data: None | Unset = UNSET
    """Always null."""
