"""The schema `#capabilities.schema.yaml#/$defs/CountRule` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import Condition, Level, Selector, Source


@define(kw_only=True)
class CountRule(ApiModel):
    """When all of `when` hold, the number of items that the selectors select together
    must lie between `min` and `max`. Without any selected item only `min` is
    checked.
    """

    rule: Literal["count"] = "count"
    name: str
    when: list[Condition]
    items: list[Selector]
    """(minItems=1)"""

    min: int | Unset = UNSET
    max: int | Unset = UNSET
    level: Level
    """How severe a violation is. `error`: the request is invalid or will be rejected.
    `warning`: OrcaRouter's pages permit it, but according to the provider's it is
    rejected or ignored, or the sources disagree. `note`: information only.
    """

    source: list[Source]
    note: str
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
