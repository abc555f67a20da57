"""The schema `#/components/schemas/AssetRequest` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import AssetModeration


@define(kw_only=True)
class AssetRequest(ApiModel):
    """A file to add to a group.

    Examples:
        >>> AssetRequest.from_dict({
        ...     "GroupId": "group-20261101-a1b2c",
        ...     "URL": "https://media.example.com/lantern.png",
        ...     "AssetType": "Image",
        ... })
    """

    group_id: str = field(metadata={"json_name": "GroupId"})
    """(minLength=1)"""

    url: str = field(metadata={"json_name": "URL"})
    """Public URL from which the server downloads the file. (minLength=1)"""

    asset_type: Literal["Image", "Video", "Audio"] | str = field(
        metadata={"json_name": "AssetType"}
    )
    """Kind of file."""

    name: str | Unset = field(default=UNSET, metadata={"json_name": "Name"})
    """The asset's name."""

    moderation: AssetModeration | Unset = field(
        default=UNSET, metadata={"json_name": "Moderation"}
    )
    """How the file is checked."""
