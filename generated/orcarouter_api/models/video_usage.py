"""The schema `#/components/schemas/VideoUsage` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoUsage(ApiModel):
    """What the task consumed; Seedance only.

    Examples:
        >>> VideoUsage.from_dict({
        ...     "completion_tokens": 108900,
        ...     "total_tokens": 108900,
        ... })
    """

    completion_tokens: int | Unset = UNSET
    """Tokens of the video."""

    total_tokens: int | Unset = UNSET
    """Total number of tokens."""
