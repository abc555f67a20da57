"""The schema `#capabilities.schema.yaml#/$defs/ReferencesRule` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Level, Selector, Source


@define(kw_only=True)
class ReferencesRule(ApiModel):
    """Each token in the texts must name an existing item: `{n}` in `token` stands for a
    number from 1 up to the number of selected items.
    """

    rule: Literal["references"] = "references"
    name: str
    texts: list[str]
    """Paths of the texts."""

    token: str
    items: Selector
    """The values at a path, or, where the path ends in `[]`, the items of a list."""

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
