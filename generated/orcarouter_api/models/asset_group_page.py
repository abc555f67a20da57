"""The schema `#/components/schemas/AssetGroupPage` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import AssetGroup


@define(kw_only=True)
class AssetGroupPage(ApiModel):
    """One page of groups.

    Examples:
        >>> AssetGroupPage.from_dict({
        ...     "TotalCount": 0,
        ...     "Items": [],
        ...     "PageNumber": 1,
        ...     "PageSize": 10,
        ... })
    """

    total_count: int | Unset = field(
        default=UNSET, metadata={"json_name": "TotalCount"}
    )
    """Total number of groups."""

    items: list[AssetGroup] = field(metadata={"json_name": "Items"})
    """The groups of this page."""

    page_number: int | Unset = field(
        default=UNSET, metadata={"json_name": "PageNumber"}
    )
    """Number of this page, from 1."""

    page_size: int | Unset = field(default=UNSET, metadata={"json_name": "PageSize"})
    """Groups per page."""
