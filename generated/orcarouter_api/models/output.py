"""The schema `#capabilities.schema.yaml#/$defs/Output` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import OutputResolution, Source


@define(kw_only=True)
class Output(ApiModel):
    """The properties of the result."""

    container: str
    """File format."""

    frames_per_second: int | Unset = UNSET
    url_valid_hours: int | Unset = UNSET
    """How long the URL of the file is valid at the provider."""

    resolutions: list[OutputResolution] | Unset = UNSET
    """Height of the video by the value of a parameter."""

    source: list[Source]
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
