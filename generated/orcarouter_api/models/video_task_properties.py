"""The schema `#/components/schemas/VideoTaskProperties` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoTaskProperties(ApiModel):
    """The parts of the request that the server stored.

    Examples:
        >>> VideoTaskProperties.from_dict({
        ...     "input": "Make it snow",
        ...     "origin_model_name": "kling/kling-video-o1",
        ... })
    """

    input: str | Unset = UNSET
    """The prompt."""

    origin_model_name: str | Unset = UNSET
    """The model as it was sent."""

    upstream_model_name: str | Unset = UNSET
    """The provider's name of the model."""
