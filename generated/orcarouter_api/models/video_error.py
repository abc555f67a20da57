"""The schema `#/components/schemas/VideoError` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoError(ApiModel):
    """Why a task failed. A failed Kling task may come without it.

    Examples:
        >>> VideoError.from_dict({
        ...     "code": "InternalServiceError",
        ...     "message": "try later",
        ... })
    """

    code: str | Unset = UNSET
    """Short code, often the provider's."""

    message: str | Unset = UNSET
    """Human-readable message; may be in Chinese."""
