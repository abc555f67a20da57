"""Bodies of OrcaRouter video API as typed dicts, for dict literals."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AssetGroupRequestDict(TypedDict):
    Name: str
    Description: NotRequired[str]


class AssetModerationDict(TypedDict):
    Strategy: NotRequired[Literal["Skip"] | str]


class AssetRequestDict(TypedDict):
    GroupId: str
    URL: str
    AssetType: Literal["Image", "Video", "Audio"]
    Name: NotRequired[str]
    Moderation: NotRequired[AssetModerationDict]


AudioUrl: TypeAlias = str


Image: TypeAlias = str


class KlingImageDict(TypedDict):
    image_url: str
    type: NotRequired[Literal["first_frame", "end_frame"] | str]


class KlingMetadataDict(TypedDict):
    mode: NotRequired[Literal["std", "pro", "4k"]]
    aspect_ratio: NotRequired[Literal["16:9", "9:16", "1:1"]]
    duration: NotRequired[str]
    negative_prompt: NotRequired[str]
    cfg_scale: NotRequired[float]
    image_tail: NotRequired[str]
    image_list: NotRequired[list[KlingImageDict]]
    video_list: NotRequired[list[KlingVideoDict]]
    multi_shot: NotRequired[bool]
    shot_type: NotRequired[Literal["customize", "intelligence"]]
    multi_prompt: NotRequired[list[KlingShotDict]]
    sound: NotRequired[Literal["on", "off"]]
    watermark_info: NotRequired[KlingWatermarkDict]


KlingModelDict: TypeAlias = (
    Literal[
        "kling/kling-v2-master",
        "kling/kling-v2-1-master",
        "kling/kling-v2-5-turbo",
        "kling/kling-v2-6",
        "kling/kling-v3",
        "kling/kling-video-o1",
        "kling/kling-v3-omni",
    ]
    | str
)


class KlingShotDict(TypedDict):
    index: NotRequired[int]
    prompt: NotRequired[str]
    duration: NotRequired[str]


class KlingVideoDict(TypedDict):
    video_url: str
    refer_type: NotRequired[Literal["base", "feature"] | str]
    keep_original_sound: NotRequired[Literal["yes", "no"] | str]


class KlingVideoRequestDict(TypedDict):
    model: KlingModelDict
    prompt: str
    image: NotRequired[str]
    metadata: NotRequired[KlingMetadataDict]


class KlingWatermarkDict(TypedDict):
    enabled: NotRequired[bool]


class MediaUrlDict(TypedDict):
    url: str


class MinimaxMetadataDict(TypedDict):
    first_frame_image: NotRequired[str]
    last_frame_image: NotRequired[str]
    video_urls: NotRequired[list[VideoUrl]]
    video_url: NotRequired[str]
    audio_urls: NotRequired[list[AudioUrl]]
    audio_url: NotRequired[str]
    ratio: NotRequired[Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"] | str]
    callback_url: NotRequired[str]


MinimaxModelDict: TypeAlias = Literal["minimax/minimax-h3"] | str


class MinimaxVideoRequestDict(TypedDict):
    model: MinimaxModelDict
    prompt: str
    duration: NotRequired[int]
    seconds: NotRequired[str]
    size: NotRequired[Literal["768P", "2K"] | str]
    image: NotRequired[str]
    images: NotRequired[list[Image]]
    metadata: NotRequired[MinimaxMetadataDict]


class OtherVideoRequestDict(TypedDict):
    model: str
    prompt: str
    metadata: NotRequired[dict[str, Any]]


class SeedanceAudioItemDict(TypedDict):
    type: Literal["audio_url"]
    audio_url: MediaUrlDict
    role: NotRequired[Literal["reference_audio"] | str]


class SeedanceImageItemDict(TypedDict):
    type: Literal["image_url"]
    image_url: MediaUrlDict
    role: NotRequired[Literal["first_frame", "last_frame", "reference_image"] | str]


class SeedanceMetadataDict(TypedDict):
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


SeedanceModelDict: TypeAlias = (
    Literal[
        "byteplus/dreamina-seedance-2-0-260128",
        "byteplus/seedance-2.0-fast",
        "byteplus/seedance-1-5-pro",
        "byteplus/seedance-1-0-pro",
        "byteplus/seedance-1-0-pro-fast",
        "byteplus/seedance-1-0-lite-i2v",
        "byteplus/seedance-1-0-lite-t2v",
    ]
    | str
)


class SeedanceTextItemDict(TypedDict):
    type: Literal["text"]
    text: str


class SeedanceVideoItemDict(TypedDict):
    type: Literal["video_url"]
    video_url: MediaUrlDict
    role: NotRequired[Literal["reference_video"] | str]


SeedanceContentItemDict: TypeAlias = (
    SeedanceTextItemDict
    | SeedanceImageItemDict
    | SeedanceVideoItemDict
    | SeedanceAudioItemDict
)


class SeedanceVideoRequestDict(TypedDict):
    model: SeedanceModelDict
    prompt: str
    metadata: NotRequired[SeedanceMetadataDict]


VideoRequestDict: TypeAlias = (
    KlingVideoRequestDict
    | SeedanceVideoRequestDict
    | MinimaxVideoRequestDict
    | OtherVideoRequestDict
)


VideoUrl: TypeAlias = str
