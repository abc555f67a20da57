"""`SeedanceContentItem` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Union

from .._runtime.model import Codec
from .._runtime.unions import UnionCodec

if TYPE_CHECKING:
    from ..models import (
        SeedanceAudioItem,
        SeedanceImageItem,
        SeedanceTextItem,
        SeedanceVideoItem,
    )

SeedanceContentItem: TypeAlias = Union[
    "SeedanceTextItem", "SeedanceImageItem", "SeedanceVideoItem", "SeedanceAudioItem"
]
"""A piece of source material."""

SeedanceContentItemCodec: Codec[SeedanceContentItem] = UnionCodec(
    SeedanceContentItem,
    tag="type",
    tags={
        "SeedanceTextItem": "SeedanceTextItem",
        "SeedanceImageItem": "SeedanceImageItem",
        "SeedanceVideoItem": "SeedanceVideoItem",
        "SeedanceAudioItem": "SeedanceAudioItem",
        "text": "SeedanceTextItem",
        "image_url": "SeedanceImageItem",
        "video_url": "SeedanceVideoItem",
        "audio_url": "SeedanceAudioItem",
    },
)
