"""`OtherVideoRequest` of OrcaRouter video API."""

from __future__ import annotations

from typing import Any

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class OtherVideoRequest(ApiModel):
    """A task for a model with a prefix that is not described here. The server may know
    it; its parameters are not documented.

    Attributes:
        model: The model, with any prefix except `kling/`, `byteplus/` and
            `minimax/`. (minLength=1)
        prompt: What the video shows. Must not be blank. (pattern=\\S)
        metadata: Parameters, sent unchanged.
    """

    model: str
    prompt: str
    metadata: dict[str, Any] | Unset = UNSET
