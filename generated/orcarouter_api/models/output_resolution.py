"""The schema `#capabilities.schema.yaml#/$defs/OutputResolution` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Scalar


@define(kw_only=True)
class OutputResolution(ApiModel):
    """Output resolution."""

    path: str
    value: Scalar
    """A JSON string, number or boolean, compared by type and value."""

    resolution: str
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
