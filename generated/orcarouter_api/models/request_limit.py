"""The schema `#capabilities.schema.yaml#/$defs/RequestLimit` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Level, Source


@define(kw_only=True)
class RequestLimit(ApiModel):
    """Limit of the request as a whole, including inline files."""

    max_megabytes: float
    level: Level
    """How severe a violation is. `error`: the request is invalid or will be rejected.
    `warning`: OrcaRouter's pages permit it, but according to the provider's it is
    rejected or ignored, or the sources disagree. `note`: information only.
    """

    source: list[Source]
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
