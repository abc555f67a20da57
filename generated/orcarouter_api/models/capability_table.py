"""The schema `#capabilities.schema.yaml#/$defs/CapabilityTable` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import ModelCapabilities


@define(kw_only=True)
class CapabilityTable(ApiModel):
    """The whole table."""

    models: list[ModelCapabilities]
    """One entry per model."""

    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
