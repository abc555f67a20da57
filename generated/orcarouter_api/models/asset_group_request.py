"""The schema `#/components/schemas/AssetGroupRequest` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class AssetGroupRequest(ApiModel):
    """A virtual group to create.

    Examples:
        >>> AssetGroupRequest.from_dict({"Name": "props"})
    """

    name: str = field(metadata={"json_name": "Name"})
    """The group's name. (minLength=1, maxLength=64)"""

    description: str | Unset = field(
        default=UNSET, metadata={"json_name": "Description"}
    )
    """What the group is for. (maxLength=300)"""
