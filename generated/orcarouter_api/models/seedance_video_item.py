"""The schema `#/components/schemas/SeedanceVideoItem` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import MediaUrl


@define(kw_only=True)
class SeedanceVideoItem(ApiModel):
    """A video, as a reference or to be edited according to the prompt.

    Examples:
        >>> SeedanceVideoItem.from_dict({
        ...     "type": "video_url",
        ...     "video_url": {"url": "https://media.example.com/steps.mp4"},
        ...     "role": "reference_video",
        ... })
    """

    type: Literal["video_url"] = "video_url"
    video_url: MediaUrl
    """Location of a piece of source material."""

    role: Literal["reference_video"] | str | Unset = UNSET
    """Role of the video."""
