"""The schema `#capabilities.schema.yaml#/$defs/ExclusiveRule` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Group, Level, Source


@define(kw_only=True)
class ExclusiveRule(ApiModel):
    """At most one of the groups may be in use; a group is in use when any of its
    conditions holds.
    """

    rule: Literal["exclusive"] = "exclusive"
    name: str
    groups: list[Group]
    """(minItems=2)"""

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
