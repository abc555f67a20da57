"""`SequenceRule` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Condition, Level, Selector, Source


@define(kw_only=True)
class SequenceRule(ApiModel):
    """When all of `when` hold, the selected integers must be `start`, `start` + 1 and
    so on, in this order.

    Attributes:
        items: The values at a path, or, where the path ends in `[]`, the items of a
            list.
        level: What a violation is: `error`, the request is wrong or will be refused;
            `warning`, OrcaRouter's pages permit it and the provider is said to
            refuse or ignore it, or the sources disagree; `note`, worth knowing.
    """

    rule: Literal["sequence"] = "sequence"
    name: str
    when: list[Condition]
    items: Selector
    start: int
    level: Level
    source: list[Source]
    note: str
