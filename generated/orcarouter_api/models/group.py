"""The schema `#capabilities.schema.yaml#/$defs/Group` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Condition


@define(kw_only=True)
class Group(ApiModel):
    """Group."""

    name: str
    any_of: list[Condition]
    """(minItems=1)"""

    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
