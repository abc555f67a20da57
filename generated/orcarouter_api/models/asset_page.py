"""The schema `#/components/schemas/AssetPage` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import Asset


@define(kw_only=True)
class AssetPage(ApiModel):
    """One page of assets.

    Examples:
        >>> AssetPage.from_dict({
        ...     "TotalCount": 0,
        ...     "Items": [],
        ...     "PageNumber": 1,
        ...     "PageSize": 10,
        ... })
    """

    total_count: int | Unset = field(
        default=UNSET, metadata={"json_name": "TotalCount"}
    )
    """Total number of assets."""

    items: list[Asset] = field(metadata={"json_name": "Items"})
    """The assets of this page."""

    page_number: int | Unset = field(
        default=UNSET, metadata={"json_name": "PageNumber"}
    )
    """Number of this page, from 1."""

    page_size: int | Unset = field(default=UNSET, metadata={"json_name": "PageSize"})
    """Assets per page."""
