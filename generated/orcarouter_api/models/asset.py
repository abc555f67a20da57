"""The schema `#/components/schemas/Asset` of OrcaRouter video API."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import AssetError, AssetStatus


@define(kw_only=True)
class Asset(ApiModel):
    """A file of the asset library, referred to in a Seedance task as `asset://ID`.

    Examples:
        >>> Asset.from_dict({
        ...     "Id": "asset-20261101-d3e4f",
        ...     "Status": "Processing",
        ...     "AssetType": "Image",
        ... })
    """

    id: str = field(metadata={"json_name": "Id"})
    """The asset's id."""

    name: str | Unset = field(default=UNSET, metadata={"json_name": "Name"})
    """The asset's name; only in lists."""

    group_id: str | Unset = field(default=UNSET, metadata={"json_name": "GroupId"})
    """The group it belongs to."""

    asset_type: Literal["Image", "Video", "Audio"] | str | Unset = field(
        default=UNSET, metadata={"json_name": "AssetType"}
    )
    """Kind of file."""

    status: AssetStatus | Unset = field(default=UNSET, metadata={"json_name": "Status"})
    """State of an asset. Only an `Active` one can be used."""

    url: str | Unset = field(default=UNSET, metadata={"json_name": "URL"})
    """Signed URL of the file, valid for about twelve hours."""

    create_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "CreateTime"}
    )
    """When it was added."""

    update_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "UpdateTime"}
    )
    """When it last changed."""

    error: AssetError | Unset = field(default=UNSET, metadata={"json_name": "Error"})
    """Why an asset was rejected."""
