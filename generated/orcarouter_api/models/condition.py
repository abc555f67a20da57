"""The schema `#capabilities.schema.yaml#/$defs/Condition` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ItemFilter, Scalar


@define(kw_only=True)
class Condition(ApiModel):
    """A test of a request. `present`: the path selects a value; `absent`: it selects
    none; `in`: at least one selected value is one of `values`; `not_in`: at least
    one selected value is none of them.
    """

    path: str
    where: list[ItemFilter] | Unset = UNSET
    """Only items that meet all of these."""

    test: Literal["present", "absent", "in", "not_in"] | str
    values: list[Scalar] | Unset = UNSET
    """Required for `in` and `not_in`."""

    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
