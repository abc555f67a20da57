"""`Model` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ModelArchitecture


@define(kw_only=True)
class Model(ApiModel):
    """A model in the list.

    Attributes:
        id: The model's name, prefix included.
        object: Always `model`.
        created: Unix seconds.
        owned_by: The provider.
        supported_endpoint_types: Where the model can be used; `openai-video` marks
            video models.
        context_length: In tokens; language models only.
        max_completion_tokens: In tokens; language models only.
        architecture: The kinds of input and output of a model.
        name: Display name.
        description: What the model is for.
        pricing: Prices; their format is not documented.
    """

    id: str
    object: str | Unset = UNSET
    created: int | Unset = UNSET
    owned_by: str | Unset = UNSET
    supported_endpoint_types: list[str] | Unset = UNSET
    context_length: int | Unset = UNSET
    max_completion_tokens: int | Unset = UNSET
    architecture: ModelArchitecture | Unset = UNSET
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    pricing: Any = UNSET
