"""The keyword arguments of `videos.create`, `videos.prepare` and `check`, for each family of models.

Written by spec/keywords.py from `orcarouter_api.dicts` and the capability table; do not edit. Unlike those typed dicts,
these have no values besides the known ones, and a `pathlib.Path` may stand for an image or a sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NotRequired, TypeAlias, TypedDict

if TYPE_CHECKING:
    from orcarouter_api import models

KlingModel: TypeAlias = Literal[
    "kling/kling-v2-master",
    "kling/kling-v2-1-master",
    "kling/kling-v2-5-turbo",
    "kling/kling-v2-6",
    "kling/kling-v3",
    "kling/kling-video-o1",
    "kling/kling-v3-omni",
]
"""The models of this family in the document: `models.KlingModel` without others."""


class KlingImageDict(TypedDict):
    """`models.KlingImage` as a dict."""

    image_url: str | Path
    type: NotRequired[Literal["first_frame", "end_frame"]]


class KlingVideoDict(TypedDict):
    """`models.KlingVideo` as a dict."""

    video_url: str
    refer_type: NotRequired[Literal["base", "feature"]]
    keep_original_sound: NotRequired[Literal["yes", "no"]]


class KlingShotDict(TypedDict):
    """`models.KlingShot` as a dict."""

    index: NotRequired[int]
    prompt: NotRequired[str]
    duration: NotRequired[str]


class KlingWatermarkDict(TypedDict):
    """`models.KlingWatermark` as a dict."""

    enabled: NotRequired[bool]


class KlingMetadataDict(TypedDict):
    """`models.KlingMetadata` as a dict."""

    mode: NotRequired[Literal["std", "pro", "4k"]]
    aspect_ratio: NotRequired[Literal["16:9", "9:16", "1:1"]]
    duration: NotRequired[
        Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
    ]
    negative_prompt: NotRequired[str]
    cfg_scale: NotRequired[float]
    image_tail: NotRequired[str | Path]
    image_list: NotRequired[list[KlingImageDict]]
    video_list: NotRequired[list[KlingVideoDict]]
    multi_shot: NotRequired[bool]
    shot_type: NotRequired[Literal["customize", "intelligence"]]
    multi_prompt: NotRequired[list[KlingShotDict]]
    sound: NotRequired[Literal["on", "off"]]
    watermark_info: NotRequired[KlingWatermarkDict]


class KlingVideoRequestDict(TypedDict):
    """`models.KlingVideoRequest` as a dict."""

    model: KlingModel
    prompt: str
    image: NotRequired[str | Path]
    metadata: NotRequired[KlingMetadataDict | models.KlingMetadata]


SeedanceModel: TypeAlias = Literal[
    "byteplus/dreamina-seedance-2-0-260128",
    "byteplus/seedance-2.0-fast",
    "byteplus/seedance-1-5-pro",
    "byteplus/seedance-1-0-pro",
    "byteplus/seedance-1-0-pro-fast",
    "byteplus/seedance-1-0-lite-i2v",
    "byteplus/seedance-1-0-lite-t2v",
]
"""The models of this family in the document: `models.SeedanceModel` without others."""


class SeedanceTextItemDict(TypedDict):
    """`models.SeedanceTextItem` as a dict."""

    type: Literal["text"]
    text: str


class MediaUrlDict(TypedDict):
    """`models.MediaUrl` as a dict."""

    url: str | Path


class SeedanceImageItemDict(TypedDict):
    """`models.SeedanceImageItem` as a dict."""

    type: Literal["image_url"]
    image_url: MediaUrlDict
    role: NotRequired[Literal["first_frame", "last_frame", "reference_image"]]


class SeedanceVideoItemDict(TypedDict):
    """`models.SeedanceVideoItem` as a dict."""

    type: Literal["video_url"]
    video_url: MediaUrlDict
    role: NotRequired[Literal["reference_video"]]


class SeedanceAudioItemDict(TypedDict):
    """`models.SeedanceAudioItem` as a dict."""

    type: Literal["audio_url"]
    audio_url: MediaUrlDict
    role: NotRequired[Literal["reference_audio"]]


class SeedanceMetadataDict(TypedDict):
    """`models.SeedanceMetadata` as a dict."""

    content: NotRequired[
        list[
            SeedanceTextItemDict
            | SeedanceImageItemDict
            | SeedanceVideoItemDict
            | SeedanceAudioItemDict
        ]
    ]
    ratio: NotRequired[Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"]]
    duration: NotRequired[int]
    resolution: NotRequired[Literal["480p", "720p", "1080p"]]
    generate_audio: NotRequired[bool]
    watermark: NotRequired[bool]
    seed: NotRequired[int]
    service_tier: NotRequired[Literal["default", "flex"]]
    return_last_frame: NotRequired[bool]
    callback_url: NotRequired[str]


class SeedanceVideoRequestDict(TypedDict):
    """`models.SeedanceVideoRequest` as a dict."""

    model: SeedanceModel
    prompt: str
    metadata: NotRequired[SeedanceMetadataDict | models.SeedanceMetadata]


MinimaxModel: TypeAlias = Literal["minimax/minimax-h3"]
"""The models of this family in the document: `models.MinimaxModel` without others."""


class MinimaxMetadataDict(TypedDict):
    """`models.MinimaxMetadata` as a dict."""

    first_frame_image: NotRequired[str | Path]
    last_frame_image: NotRequired[str | Path]
    video_urls: NotRequired[list[str]]
    video_url: NotRequired[str]
    audio_urls: NotRequired[Sequence[str | Path]]
    audio_url: NotRequired[str | Path]
    ratio: NotRequired[Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"]]
    callback_url: NotRequired[str]


class MinimaxVideoRequestDict(TypedDict):
    """`models.MinimaxVideoRequest` as a dict."""

    model: MinimaxModel
    prompt: str
    duration: NotRequired[int]
    seconds: NotRequired[Literal["4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]]
    size: NotRequired[Literal["768P", "2K"] | str]
    image: NotRequired[str | Path]
    images: NotRequired[Sequence[str | Path]]
    metadata: NotRequired[MinimaxMetadataDict | models.MinimaxMetadata]
