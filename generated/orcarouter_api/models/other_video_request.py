"""The schema `#/components/schemas/OtherVideoRequest` of OrcaRouter video API."""

from __future__ import annotations

from typing import Any

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class OtherVideoRequest(ApiModel):
    """A task for a model with a prefix that is not described here. The server may know
    it; its parameters are not documented.

    Examples:
        >>> OtherVideoRequest.from_dict({
        ...     "model": "example/new-model",
        ...     "prompt": "A candle burns down",
        ... })
    """

    model: str
    """The model, with any prefix except `kling/`, `byteplus/` and `minimax/`.
    (minLength=1)
    """

    prompt: str
    """What the video shows. Must not be blank. (pattern=\\S)"""

    metadata: dict[str, Any] | Unset = UNSET
    """Parameters, sent unchanged."""
