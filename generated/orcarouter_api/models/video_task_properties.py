"""`VideoTaskProperties` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoTaskProperties(ApiModel):
    """The parts of the request that the server stored.

    Attributes:
        input: The prompt.
        origin_model_name: The model as it was sent.
        upstream_model_name: The provider's name of the model.
    """

    input: str | Unset = UNSET
    origin_model_name: str | Unset = UNSET
    upstream_model_name: str | Unset = UNSET
