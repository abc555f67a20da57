"""`ModelCapabilities` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

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
    """What one model supports.

    Attributes:
        model: The value of `model` in a request.
        family: Family of models that share a request body.
        request_schema: Name of the request schema in openapi.yaml.
        provider: Who runs the model.
        upstream_model: The provider's own name of the model.
        availability: `available`: documented as available; `listed`: named by the
            reference; `planned`: announced, not available yet. The model list of the
            server is authoritative.
        source: Source of name and availability.
        note: Further remarks on the model.
        typical_wait: How long a task usually takes, in seconds.
        output: The properties of the result.
        request_limit: Limit of the request as a whole, including inline files.
        features: What the model can do, for display and for choosing a model. Not
            used to check requests.
        media: Limits of the files that a request refers to.
        parameters: Limits of single values. If several entries have the same path,
            all apply.
        rules: Limits that combine several values.
    """

    model: str
    family: str
    request_schema: str
    provider: str
    upstream_model: str | Unset = UNSET
    availability: Literal["available", "listed", "planned"] | str
    source: list[Source]
    note: str | Unset = UNSET
    typical_wait: TypicalWait | Unset = UNSET
    output: Output | Unset = UNSET
    request_limit: RequestLimit | Unset = UNSET
    features: list[Feature]
    media: list[MediaLimit]
    parameters: list[ParameterRule]
    rules: list[CombinationRule]
