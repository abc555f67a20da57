"""The schema `#/components/schemas/OpenAIErrorDetail` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class OpenAIErrorDetail(ApiModel):
    """What was rejected, and why. Check `code`, not `message`.

    Examples:
        >>> OpenAIErrorDetail.from_dict({
        ...     "message": "no such model",
        ...     "type": "orcarouter_api_error",
        ...     "code": "model_not_found",
        ...     "param": None,
        ... })
    """

    message: str
    """Human-readable message; may be in Chinese."""

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
    """Origin of the error, such as `orcarouter_api_error` for the gateway itself."""

    code: str | float | None | Unset = UNSET
    """Short code such as `model_not_found`."""

    param: str | None | Unset = UNSET
    """The offending field, if there is one."""
