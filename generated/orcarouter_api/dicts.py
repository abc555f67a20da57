"""Request bodies of OrcaRouter video API as typed dicts, for dict literals."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, Union

from . import models


class AssetGroupRequestDict(TypedDict):
    """`models.AssetGroupRequest` as a dict."""

    Name: str
    Description: NotRequired[str]


class AssetModerationDict(TypedDict):
    """`models.AssetModeration` as a dict."""

    Strategy: NotRequired[Literal["Skip"] | str]


class AssetRequestDict(TypedDict):
    """`models.AssetRequest` as a dict."""

    GroupId: str
    URL: str
    AssetType: Literal["Image", "Video", "Audio"] | str
    Name: NotRequired[str]
    Moderation: NotRequired[AssetModerationDict]


class KlingImageDict(TypedDict):
    """`models.KlingImage` as a dict."""

    image_url: str
    type: NotRequired[Literal["first_frame", "end_frame"] | str]


class KlingMetadataDict(TypedDict):
    """`models.KlingMetadata` as a dict."""

    mode: NotRequired[Literal["std", "pro", "4k"] | str]
    aspect_ratio: NotRequired[Literal["16:9", "9:16", "1:1"] | str]
    duration: NotRequired[str]
    negative_prompt: NotRequired[str]
    cfg_scale: NotRequired[float]
    image_tail: NotRequired[str]
    image_list: NotRequired[list[KlingImageDict]]
    video_list: NotRequired[list[KlingVideoDict]]
    multi_shot: NotRequired[bool]
    shot_type: NotRequired[Literal["customize", "intelligence"] | str]
    multi_prompt: NotRequired[list[KlingShotDict]]
    sound: NotRequired[Literal["on", "off"] | str]
    watermark_info: NotRequired[KlingWatermarkDict]


class KlingShotDict(TypedDict):
    """`models.KlingShot` as a dict."""

    index: NotRequired[int]
    prompt: NotRequired[str]
    duration: NotRequired[str]


class KlingVideoDict(TypedDict):
    """`models.KlingVideo` as a dict."""

    video_url: str
    refer_type: NotRequired[Literal["base", "feature"] | str]
    keep_original_sound: NotRequired[Literal["yes", "no"] | str]


class KlingVideoRequestDict(TypedDict):
    """`models.KlingVideoRequest` as a dict."""

    model: models.KlingModel
    prompt: str
    image: NotRequired[str]
    metadata: NotRequired[KlingMetadataDict]


class KlingWatermarkDict(TypedDict):
    """`models.KlingWatermark` as a dict."""

    enabled: NotRequired[bool]


class MediaUrlDict(TypedDict):
    """`models.MediaUrl` as a dict."""

    url: str


class MinimaxMetadataDict(TypedDict):
    """`models.MinimaxMetadata` as a dict."""

    first_frame_image: NotRequired[str]
    last_frame_image: NotRequired[str]
    video_urls: NotRequired[list[str]]
    video_url: NotRequired[str]
    audio_urls: NotRequired[list[str]]
    audio_url: NotRequired[str]
    ratio: NotRequired[Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"] | str]
    callback_url: NotRequired[str]


class MinimaxVideoRequestDict(TypedDict):
    """`models.MinimaxVideoRequest` as a dict."""

    model: models.MinimaxModel
    prompt: str
    duration: NotRequired[int]
    seconds: NotRequired[str]
    size: NotRequired[Literal["768P", "2K"] | str]
    image: NotRequired[str]
    images: NotRequired[list[str]]
    metadata: NotRequired[MinimaxMetadataDict]


class OtherVideoRequestDict(TypedDict):
    """`models.OtherVideoRequest` as a dict."""

    model: str
    prompt: str
    metadata: NotRequired[dict[str, Any]]


class SeedanceAudioItemDict(TypedDict):
    """`models.SeedanceAudioItem` as a dict."""

    type: Literal["audio_url"]
    audio_url: MediaUrlDict
    role: NotRequired[Literal["reference_audio"] | str]


SeedanceContentItemDict: TypeAlias = Union[
    "SeedanceTextItemDict",
    "SeedanceImageItemDict",
    "SeedanceVideoItemDict",
    "SeedanceAudioItemDict",
]


class SeedanceImageItemDict(TypedDict):
    """`models.SeedanceImageItem` as a dict."""

    type: Literal["image_url"]
    image_url: MediaUrlDict
    role: NotRequired[Literal["first_frame", "last_frame", "reference_image"] | str]


class SeedanceMetadataDict(TypedDict):
    """`models.SeedanceMetadata` as a dict."""

    content: NotRequired[list[SeedanceContentItemDict]]
    ratio: NotRequired[
        Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"] | str
    ]
    duration: NotRequired[int]
    resolution: NotRequired[Literal["480p", "720p", "1080p"] | str]
    generate_audio: NotRequired[bool]
    watermark: NotRequired[bool]
    seed: NotRequired[int]
    service_tier: NotRequired[Literal["default", "flex"] | str]
    return_last_frame: NotRequired[bool]
    callback_url: NotRequired[str]


class SeedanceTextItemDict(TypedDict):
    """`models.SeedanceTextItem` as a dict."""

    type: Literal["text"]
    text: str


class SeedanceVideoItemDict(TypedDict):
    """`models.SeedanceVideoItem` as a dict."""

    type: Literal["video_url"]
    video_url: MediaUrlDict
    role: NotRequired[Literal["reference_video"] | str]


class SeedanceVideoRequestDict(TypedDict):
    """`models.SeedanceVideoRequest` as a dict."""

    model: models.SeedanceModel
    prompt: str
    metadata: NotRequired[SeedanceMetadataDict]


VideoRequestDict: TypeAlias = Union[
    "KlingVideoRequestDict",
    "SeedanceVideoRequestDict",
    "MinimaxVideoRequestDict",
    "OtherVideoRequestDict",
]
