"""`Asset` of OrcaRouter video API."""

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

    Attributes:
        id: The asset's id.
        name: The asset's name; only in lists.
        group_id: The group it belongs to.
        asset_type: Kind of file.
        status: State of an asset. Only an `Active` one can be used.
        url: Signed URL of the file, valid for about twelve hours.
        create_time: When it was added.
        update_time: When it last changed.
        error: Why an asset was rejected.
    """

    id: str = field(metadata={"json_name": "Id"})
    name: str | Unset = field(default=UNSET, metadata={"json_name": "Name"})
    group_id: str | Unset = field(default=UNSET, metadata={"json_name": "GroupId"})
    asset_type: Literal["Image", "Video", "Audio"] | str | Unset = field(
        default=UNSET, metadata={"json_name": "AssetType"}
    )
    status: AssetStatus | Unset = field(default=UNSET, metadata={"json_name": "Status"})
    url: str | Unset = field(default=UNSET, metadata={"json_name": "URL"})
    create_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "CreateTime"}
    )
    update_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "UpdateTime"}
    )
    error: AssetError | Unset = field(default=UNSET, metadata={"json_name": "Error"})
