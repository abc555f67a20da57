"""`ModelArchitecture` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class ModelArchitecture(ApiModel):
    """The kinds of input and output of a model.

    Attributes:
        input_modalities: Kinds of input.
        output_modalities: Kinds of output.
    """

    input_modalities: list[str] | Unset = UNSET
    output_modalities: list[str] | Unset = UNSET
