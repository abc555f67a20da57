"""`AssetPage` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import Asset


@define(kw_only=True)
class AssetPage(ApiModel):
    """One page of assets.

    Attributes:
        total_count: Total number of assets.
        items: The assets of this page.
        page_number: Number of this page, from 1.
        page_size: Assets per page.
    """

    total_count: int | Unset = field(
        default=UNSET, metadata={"json_name": "TotalCount"}
    )
    items: list[Asset] = field(metadata={"json_name": "Items"})
    page_number: int | Unset = field(
        default=UNSET, metadata={"json_name": "PageNumber"}
    )
    page_size: int | Unset = field(default=UNSET, metadata={"json_name": "PageSize"})
