"""`VideoUsage` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoUsage(ApiModel):
    """What the task consumed; Seedance only.

    Attributes:
        completion_tokens: Tokens of the video.
        total_tokens: Total number of tokens.
    """

    completion_tokens: int | Unset = UNSET
    total_tokens: int | Unset = UNSET
