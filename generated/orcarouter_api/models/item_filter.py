"""The schema `#capabilities.schema.yaml#/$defs/ItemFilter` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import Scalar


@define(kw_only=True)
class ItemFilter(ApiModel):
    """Restricts the items of the last list (`[]`) of a path, which are objects: `key`
    has one of `values`, or, with
    `or_absent`, the key is missing.
    """

    key: str
    values: list[Scalar]
    or_absent: bool | Unset = UNSET
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
