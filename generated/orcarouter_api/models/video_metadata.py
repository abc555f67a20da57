"""The schema `#/components/schemas/VideoMetadata` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoMetadata(ApiModel):
    """Where the result is.

    Examples:
        >>> VideoMetadata.from_dict({"url": "https://files.example.com/out/1.mp4"})
    """

    url: str | Unset = UNSET
    """URL of the video once the task has completed; may be empty before."""
