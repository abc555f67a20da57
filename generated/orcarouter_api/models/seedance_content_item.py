"""The schema `#/components/schemas/SeedanceContentItem` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

from .._runtime.model import Codec, Discriminator

if TYPE_CHECKING:
    from ..models import (
        SeedanceAudioItem,
        SeedanceImageItem,
        SeedanceTextItem,
        SeedanceVideoItem,
    )

SeedanceContentItem: TypeAlias = Annotated[
    Union[
        "SeedanceTextItem",
        "SeedanceImageItem",
        "SeedanceVideoItem",
        "SeedanceAudioItem",
    ],
    Discriminator(
        "type",
        {
            "SeedanceTextItem": "SeedanceTextItem",
            "SeedanceImageItem": "SeedanceImageItem",
            "SeedanceVideoItem": "SeedanceVideoItem",
            "SeedanceAudioItem": "SeedanceAudioItem",
            "text": "SeedanceTextItem",
            "image_url": "SeedanceImageItem",
            "video_url": "SeedanceVideoItem",
            "audio_url": "SeedanceAudioItem",
        },
    ),
]
"""A piece of source material."""

SeedanceContentItemCodec: Codec[SeedanceContentItem] = Codec(SeedanceContentItem)
