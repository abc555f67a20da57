"""The schema `#/components/schemas/ModelList` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import Model


@define(kw_only=True)
class ModelList(ApiModel):
    """The list of models.

    Examples:
        >>> ModelList.from_dict({"object": "list", "data": []})
    """

    object: str | Unset = UNSET
    """Always `list`."""

    data: list[Model]
    """The models."""
