"""The schema `#/components/schemas/KlingModel` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

KlingModel: TypeAlias = (
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
"""A Kling model. Any model may serve text-to-video and image-to-video; only
`kling/kling-video-o1` and
`kling/kling-v3-omni` accept `image_list` and `video_list`.
"""

KlingModelCodec: Codec[KlingModel] = Codec(KlingModel)
