"""`OpenAIErrorDetail` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class OpenAIErrorDetail(ApiModel):
    """What was rejected, and why. Check `code`, not `message`.

    Attributes:
        message: Human-readable message; may be in Chinese.
        type: Origin of the error, such as `orcarouter_api_error` for the gateway
            itself.
        code: Short code such as `model_not_found`.
        param: The offending field, if there is one.
    """

    message: str
    type: (
        Literal[
            "orcarouter_api_error",
            "upstream_error",
            "claude_error",
            "gemini_error",
            "rate_limit_error",
            "invalid_request_error",
        ]
        | str
        | Unset
    ) = UNSET
    code: str | float | None | Unset = UNSET
    param: str | None | Unset = UNSET
