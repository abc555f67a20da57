"""The schema `#/components/schemas/AssetError` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class AssetError(ApiModel):
    """Why an asset was rejected.

    Examples:
        >>> AssetError.from_dict({
        ...     "Code": "FaceMismatch",
        ...     "Message": "the face is not that of the group",
        ... })
    """

    code: str | Unset = field(default=UNSET, metadata={"json_name": "Code"})
    """Short code; `FaceMismatch` if a face is not that of the group."""

    message: str | Unset = field(default=UNSET, metadata={"json_name": "Message"})
    """Human-readable message."""
