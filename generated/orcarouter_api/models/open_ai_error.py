"""`OpenAIError` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import OpenAIErrorDetail


@define(kw_only=True)
class OpenAIError(ApiModel):
    """A refusal in OpenAI's form.

    Attributes:
        error: What was refused, and why. Decide by `code`, not by `message`.
    """

    error: OpenAIErrorDetail
