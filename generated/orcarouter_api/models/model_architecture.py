"""The schema `#/components/schemas/ModelArchitecture` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class ModelArchitecture(ApiModel):
    """The kinds of input and output of a model.

    Examples:
        >>> ModelArchitecture.from_dict({
        ...     "input_modalities": ["text", "image"],
        ...     "output_modalities": ["video"],
        ... })
    """

    input_modalities: list[str] | Unset = UNSET
    """Kinds of input."""

    output_modalities: list[str] | Unset = UNSET
    """Kinds of output."""
