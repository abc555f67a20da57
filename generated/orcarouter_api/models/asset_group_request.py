"""`AssetGroupRequest` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class AssetGroupRequest(ApiModel):
    """A virtual group to create.

    Attributes:
        name: The group's name. (minLength=1, maxLength=64)
        description: What the group is for. (maxLength=300)
    """

    name: str = field(metadata={"json_name": "Name"})
    description: str | Unset = field(
        default=UNSET, metadata={"json_name": "Description"}
    )
