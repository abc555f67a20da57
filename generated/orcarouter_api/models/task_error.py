"""`TaskError` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class TaskError(ApiModel):
    """An error response in the task format.

    Attributes:
        code: Short code such as `invalid_request`.
        message: Human-readable message; may contain the whole response of the
            provider.
        data: Always null.
    """

    code: str
    message: str
    data: None | Unset = UNSET
