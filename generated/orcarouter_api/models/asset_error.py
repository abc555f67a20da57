"""`AssetError` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class AssetError(ApiModel):
    """Why an asset was refused.

    Attributes:
        code: Short code; `FaceMismatch` when a face is not that of the group.
        message: For people.
    """

    code: str | Unset = field(default=UNSET, metadata={"json_name": "Code"})
    message: str | Unset = field(default=UNSET, metadata={"json_name": "Message"})
