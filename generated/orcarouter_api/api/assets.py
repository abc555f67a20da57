"""Operations tagged `assets`.

Pre-checked source material for Seedance, referred to as `asset://ID`.
"""

from __future__ import annotations

from typing import Literal

from .. import dicts, models
from .._runtime.call import Call, json_body
from .._runtime.styles import Styled


def create_asset_group(
    *, body: models.AssetGroupRequest | dicts.AssetGroupRequestDict
) -> Call[models.AssetReference]:
    """Create a virtual asset group

    Creates a group for generated or drawn material. Needs the "Advanced Creation
    Rights" permission.
    """
    return Call.of(
        "POST",
        "/asset/groups",
        body=json_body(body),
        responses={
            200: models.AssetReference,
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
    )


def list_asset_groups(
    *,
    group_type: Literal["aigc", "real_human"] | str | None = None,
    page_number: int | None = None,
    page_size: int | None = None,
    name: str | None = None,
    sort_by: Literal["CreateTime", "UpdateTime"] | str | None = None,
    sort_order: Literal["Desc", "Asc"] | str | None = None,
) -> Call[models.AssetGroupPage]:
    """List asset groups

    Args:
        group_type: Kind of group. Default: "real_human".
        page_number: Number of the page, from 1. (minimum=1) Default: 1.
        page_size: Entries per page. (minimum=1) Default: 10.
        name: Only groups whose name contains this (fuzzy match). (minLength=1)
        sort_by: Field to sort by.
        sort_order: Direction of the sort.
    """
    return Call.of(
        "GET",
        "/asset/groups",
        query_params={
            "group_type": group_type,
            "page_number": page_number,
            "page_size": page_size,
            "name": name,
            "sort_by": sort_by,
            "sort_order": sort_order,
        },
        responses={
            200: models.AssetGroupPage,
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
    )


def create_asset(
    *, body: models.AssetRequest | dicts.AssetRequestDict
) -> Call[models.AssetReference]:
    """Add a file to an asset group

    The server downloads the file from a public URL and checks it in the background;
    poll the asset until its status is `Active`. An account can have 100 assets
    unless agreed otherwise.
    """
    return Call.of(
        "POST",
        "/asset/files",
        body=json_body(body),
        responses={
            200: models.AssetReference,
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
    )


def list_assets(
    *,
    group_type: Literal["aigc", "real_human"] | str | None = None,
    group_id: str | None = None,
    statuses: list[models.AssetStatus] | None = None,
    name: str | None = None,
    page_number: int | None = None,
    page_size: int | None = None,
    sort_by: Literal["CreateTime", "UpdateTime", "GroupId"] | str | None = None,
    sort_order: Literal["Desc", "Asc"] | str | None = None,
) -> Call[models.AssetPage]:
    """List assets

    Args:
        group_type: Kind of group. Default: "real_human".
        group_id: Only assets of this group; its type overrides `group_type`.
            (minLength=1)
        statuses: Only assets in one of these states, separated by commas.
        name: Only assets of this name. (minLength=1)
        page_number: Number of the page, from 1. (minimum=1) Default: 1.
        page_size: Entries per page. (minimum=1) Default: 10.
        sort_by: Field to sort by.
        sort_order: Direction of the sort.
    """
    return Call.of(
        "GET",
        "/asset/files",
        query_params={
            "group_type": group_type,
            "group_id": group_id,
            "statuses": Styled(statuses, "form"),
            "name": name,
            "page_number": page_number,
            "page_size": page_size,
            "sort_by": sort_by,
            "sort_order": sort_order,
        },
        responses={
            200: models.AssetPage,
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
    )


def get_asset(aid: str) -> Call[models.Asset]:
    """Get one asset

    Args:
        aid: The asset's id. (minLength=1)
    """
    return Call.of(
        "GET",
        "/asset/files/{aid}",
        path_params={"aid": aid},
        responses={
            200: models.Asset,
            400: models.ErrorBody,
            401: models.ErrorBody,
            403: models.ErrorBody,
            404: models.ErrorBody,
            429: models.ErrorBody,
            500: models.ErrorBody,
            502: models.ErrorBody,
            503: models.ErrorBody,
            "default": models.ErrorBody,
        },
        security=(("bearer",),),
    )
