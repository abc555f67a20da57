"""The schema `#/components/schemas/VideoRequest` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Union

from .._runtime.model import Codec

if TYPE_CHECKING:
    from ..models import (
        KlingVideoRequest,
        MinimaxVideoRequest,
        OtherVideoRequest,
        SeedanceVideoRequest,
    )

VideoRequest: TypeAlias = Union[
    "KlingVideoRequest",
    "SeedanceVideoRequest",
    "MinimaxVideoRequest",
    "OtherVideoRequest",
]
"""A video task. The prefix of `model` determines the schema."""

VideoRequestCodec: Codec[VideoRequest] = Codec(VideoRequest)
