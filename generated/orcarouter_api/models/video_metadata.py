"""The schema `#/components/schemas/VideoMetadata` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoMetadata(ApiModel):
    """Where the result is."""

    url: str | Unset = UNSET
    """URL of the video once the task has completed; may be empty before."""
