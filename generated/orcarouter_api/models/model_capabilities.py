"""The schema `#capabilities.schema.yaml#/$defs/ModelCapabilities` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import (
        CombinationRule,
        Feature,
        MediaLimit,
        Output,
        ParameterRule,
        RequestLimit,
        Source,
        TypicalWait,
    )


@define(kw_only=True)
class ModelCapabilities(ApiModel):
    """What one model supports."""

    model: str
    """The value of `model` in a request."""

    family: str
    """Family of models that share a request body."""

    request_schema: str
    """Name of the request schema in openapi.yaml."""

    provider: str
    """Who runs the model."""

    upstream_model: str | Unset = UNSET
    """The provider's own name of the model."""

    availability: Literal["available", "listed", "planned"] | str
    """`available`: documented as available; `listed`: named by the reference;
    `planned`: announced, not available yet. The model list of the server is
    authoritative.
    """

    source: list[Source]
    """Source of name and availability."""

    note: str | Unset = UNSET
    """Further remarks on the model."""

    typical_wait: TypicalWait | Unset = UNSET
    """How long a task usually takes, in seconds."""

    output: Output | Unset = UNSET
    """The properties of the result."""

    request_limit: RequestLimit | Unset = UNSET
    """Limit of the request as a whole, including inline files."""

    features: list[Feature]
    """What the model can do, for display and for choosing a model. Not used to check
    requests.
    """

    media: list[MediaLimit]
    """Limits of the files that a request refers to."""

    parameters: list[ParameterRule]
    """Limits of single values. If several entries have the same path, all apply."""

    rules: list[CombinationRule]
    """Limits that combine several values."""

    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
