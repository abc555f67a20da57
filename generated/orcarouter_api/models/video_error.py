"""`VideoError` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class VideoError(ApiModel):
    """Why a task failed. A failed Kling task may come without it.

    Attributes:
        code: Short code, often the provider's.
        message: Human-readable message; may be in Chinese.
    """

    code: str | Unset = UNSET
    message: str | Unset = UNSET
