"""The schema `#/components/schemas/MinimaxMetadata` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class MinimaxMetadata(ApiModel):
    """MiniMax's remaining parameters. Keys that are not listed are sent unchanged.

    Examples:
        >>> MinimaxMetadata.from_dict({
        ...     "ratio": "21:9",
        ...     "video_urls": ["https://media.example.com/steps.mp4"],
        ... })
    """

    first_frame_image: str | Unset = UNSET
    """(minLength=1)"""

    last_frame_image: str | Unset = UNSET
    """(minLength=1)"""

    video_urls: list[str] | Unset = UNSET
    """Reference videos, MP4 or MOV, at most 15 seconds together. (maxItems=3)"""

    video_url: str | Unset = UNSET
    """One reference video, instead of `video_urls`. (minLength=1)"""

    audio_urls: list[str] | Unset = UNSET
    """Reference sounds, WAV or MP3, at most 15 seconds. (maxItems=3)"""

    audio_url: str | Unset = UNSET
    """One reference sound, instead of `audio_urls`. (minLength=1)"""

    ratio: Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"] | str | Unset = UNSET
    """Aspect ratio of the video; 16:9 by default when generated from text."""

    callback_url: str | Unset = UNSET
    """URL that is called when the task changes. Treat the call as a hint and poll."""
