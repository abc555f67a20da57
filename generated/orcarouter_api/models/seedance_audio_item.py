"""The schema `#/components/schemas/SeedanceAudioItem` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import MediaUrl


@define(kw_only=True)
class SeedanceAudioItem(ApiModel):
    """A sound, as a reference. Requires an image or a video as well.

    Examples:
        >>> SeedanceAudioItem.from_dict({
        ...     "type": "audio_url",
        ...     "audio_url": {"url": "https://media.example.com/waltz.mp3"},
        ...     "role": "reference_audio",
        ... })
    """

    type: Literal["audio_url"] = "audio_url"
    audio_url: MediaUrl
    """Location of a piece of source material."""

    role: Literal["reference_audio"] | str | Unset = UNSET
    """Role of the sound."""
