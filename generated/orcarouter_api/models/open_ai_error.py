"""The schema `#/components/schemas/OpenAIError` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import OpenAIErrorDetail


@define(kw_only=True)
class OpenAIError(ApiModel):
    """An error response in OpenAI's format.

    Examples:
        >>> OpenAIError.from_dict({
        ...     "error": {
        ...         "message": "invalid api key",
        ...         "type": "orcarouter_api_error",
        ...         "code": None,
        ...         "param": None,
        ...     },
        ... })
    """

    error: OpenAIErrorDetail
    """What was rejected, and why. Check `code`, not `message`."""
