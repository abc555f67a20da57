"""The schema `#/components/schemas/AssetGroup` of OrcaRouter video API."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class AssetGroup(ApiModel):
    """A group of assets.

    Examples:
        >>> AssetGroup.from_dict({
        ...     "Id": "group-20261101-a1b2c",
        ...     "Name": "props",
        ...     "GroupType": "AIGC",
        ... })
    """

    id: str = field(metadata={"json_name": "Id"})
    """The group's id."""

    name: str | Unset = field(default=UNSET, metadata={"json_name": "Name"})
    """The group's name."""

    group_type: Literal["AIGC", "LivenessFace"] | str | Unset = field(
        default=UNSET, metadata={"json_name": "GroupType"}
    )
    """`AIGC` for virtual groups, `LivenessFace` for real people."""

    project_name: str | Unset = field(
        default=UNSET, metadata={"json_name": "ProjectName"}
    )
    """The project that the group belongs to."""

    create_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "CreateTime"}
    )
    """When it was created."""

    update_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "UpdateTime"}
    )
    """When it last changed."""
