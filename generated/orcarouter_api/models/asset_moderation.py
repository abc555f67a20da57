"""The schema `#/components/schemas/AssetModeration` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class AssetModeration(ApiModel):
    """How the file is checked.

    Examples:
        >>> AssetModeration.from_dict({"Strategy": "Skip"})
    """

    strategy: Literal["Skip"] | str | Unset = field(
        default=UNSET, metadata={"json_name": "Strategy"}
    )
    """`Skip` skips the content check."""
