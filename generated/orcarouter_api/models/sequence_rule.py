"""The schema `#capabilities.schema.yaml#/$defs/SequenceRule` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Condition, Level, Selector, Source


@define(kw_only=True)
class SequenceRule(ApiModel):
    """When all of `when` hold, the selected integers must be `start`, `start` + 1 and
    so on, in this order.
    """

    rule: Literal["sequence"] = "sequence"
    name: str
    when: list[Condition]
    items: Selector
    """The values at a path, or, where the path ends in `[]`, the items of a list."""

    start: int
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
