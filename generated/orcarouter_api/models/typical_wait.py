"""The schema `#capabilities.schema.yaml#/$defs/TypicalWait` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Source


@define(kw_only=True)
class TypicalWait(ApiModel):
    """How long a task usually takes, in seconds."""

    min_seconds: int
    """(minimum=0)"""

    max_seconds: int
    """(minimum=0)"""

    source: list[Source]
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
