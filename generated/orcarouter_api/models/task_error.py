"""`TaskError` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class TaskError(ApiModel):
    """A refusal in the task form.

    Attributes:
        code: Short code such as `invalid_request`.
        message: For people; may hold the provider's whole answer.
        data: Always null.
    """

    code: str
    message: str
    data: None | Unset = UNSET
