"""`SeedanceVideoItem` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import MediaUrl


@define(kw_only=True)
class SeedanceVideoItem(ApiModel):
    """A video, as a reference or to be edited according to the prompt.

    Attributes:
        video_url: Location of a piece of source material.
        role: Role of the video.
    """

    type: Literal["video_url"] = "video_url"
    video_url: MediaUrl
    role: Literal["reference_video"] | str | Unset = UNSET
