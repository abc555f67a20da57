"""The schema `#capabilities.schema.yaml#/$defs/Selector` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ItemFilter


@define(kw_only=True)
class Selector(ApiModel):
    """The values at a path, or, where the path ends in `[]`, the items of a list."""

    path: str
    where: list[ItemFilter] | Unset = UNSET
    """Only items that meet all of these."""

    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
