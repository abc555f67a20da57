"""`AssetGroup` of OrcaRouter video API."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class AssetGroup(ApiModel):
    """A group of assets.

    Attributes:
        id: The group's id.
        name: The group's name.
        group_type: `AIGC` for virtual groups, `LivenessFace` for real people.
        project_name: The project that the group belongs to.
        create_time: When it was created.
        update_time: When it last changed.
    """

    id: str = field(metadata={"json_name": "Id"})
    name: str | Unset = field(default=UNSET, metadata={"json_name": "Name"})
    group_type: Literal["AIGC", "LivenessFace"] | str | Unset = field(
        default=UNSET, metadata={"json_name": "GroupType"}
    )
    project_name: str | Unset = field(
        default=UNSET, metadata={"json_name": "ProjectName"}
    )
    create_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "CreateTime"}
    )
    update_time: dt.datetime | Unset = field(
        default=UNSET, metadata={"json_name": "UpdateTime"}
    )
