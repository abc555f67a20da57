"""The schema `#capabilities.schema.yaml#/$defs/Feature` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import Source


@define(kw_only=True)
class Feature(ApiModel):
    """Feature."""

    feature: (
        Literal[
            "text_to_video",
            "first_frame",
            "first_last_frame",
            "image_references",
            "video_reference",
            "video_edit",
            "audio_reference",
            "multi_shot",
            "native_audio",
            "negative_prompt",
            "elements",
            "voices",
            "camera_control",
            "assets",
        ]
        | str
    )
    support: Literal["supported", "unsupported", "unknown", "undocumented"] | str
    """`undocumented`: the provider has it, OrcaRouter does not document whether it
    forwards it.
    """

    source: list[Source]
    note: str | Unset = UNSET
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
