"""The schema `#/components/schemas/Model` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ModelArchitecture


@define(kw_only=True)
class Model(ApiModel):
    """A model in the list.

    Examples:
        >>> Model.from_dict({
        ...     "id": "kling/kling-v3-omni",
        ...     "object": "model",
        ...     "created": 1780000000,
        ...     "owned_by": "kling",
        ...     "supported_endpoint_types": ["openai-video"],
        ... })
    """

    id: str
    """The model's name, prefix included."""

    object: str | Unset = UNSET
    """Always `model`."""

    created: int | Unset = UNSET
    """Unix seconds."""

    owned_by: str | Unset = UNSET
    """The provider."""

    supported_endpoint_types: list[str] | Unset = UNSET
    """Where the model can be used; `openai-video` marks video models."""

    context_length: int | Unset = UNSET
    """In tokens; language models only."""

    max_completion_tokens: int | Unset = UNSET
    """In tokens; language models only."""

    architecture: ModelArchitecture | Unset = UNSET
    """The kinds of input and output of a model."""

    name: str | Unset = UNSET
    """Display name."""

    description: str | Unset = UNSET
    """What the model is for."""

    pricing: Any = UNSET
    """Prices; their format is not documented."""
