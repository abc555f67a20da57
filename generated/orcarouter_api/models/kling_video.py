"""The schema `#/components/schemas/KlingVideo` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class KlingVideo(ApiModel):
    """A reference video for the models with several sources.

    Examples:
        >>> KlingVideo.from_dict({
        ...     "video_url": "https://media.example.com/street.mp4",
        ...     "refer_type": "feature",
        ... })
    """

    video_url: str
    """URL of the video, MP4 or MOV. (minLength=1)"""

    refer_type: Literal["base", "feature"] | str | Unset = UNSET
    """`base`, Kling's default, edits this video and keeps its length; `feature` uses it
    as a reference.
    """

    keep_original_sound: Literal["yes", "no"] | str | Unset = UNSET
    """Whether to keep the video's own sound."""
