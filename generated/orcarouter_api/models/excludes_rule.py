"""The schema `#capabilities.schema.yaml#/$defs/ExcludesRule` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Condition, Level, Source


@define(kw_only=True)
class ExcludesRule(ApiModel):
    """When all of `when` hold, none of `forbids` may hold; each that does is a
    violation at its own path.
    """

    rule: Literal["excludes"] = "excludes"
    name: str
    when: list[Condition]
    forbids: list[Condition]
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
