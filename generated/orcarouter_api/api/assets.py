"""Operations tagged `assets`.

Pre-checked source material for Seedance, referred to as `asset://ID`.
"""

from __future__ import annotations

from typing import Any, Literal

from .. import dicts, models
from .._runtime.call import Call, json_body
from .._runtime.links import ResponseLinks
from .._runtime.methods import ClientT, Method, Methods
from .._runtime.response_headers import TypedHeaders, header_field
from .._runtime.styles import Styled


def create_asset_group(
    *, body: models.AssetGroupRequest | dicts.AssetGroupRequestDict
) -> Call[models.AssetReference]:
    """Create a virtual asset group

    Creates a group for generated or drawn material. Needs the "Advanced Creation
    Rights" permission.

    Returns:
        The group's id.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `CreateAssetGroupHeaders`.

    Examples:
        >>> create_asset_group(body={
        ...     "Name": "props",
        ...     "Description": "Things that appear in every episode",
        ... })
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

    Returns:
        One page of groups.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `ListAssetGroupsHeaders`.
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

    Returns:
        The id of the asset, whose check is still running.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `CreateAssetHeaders`.

    Response links: `CreateAssetLinks`.

    Examples:
        >>> create_asset(body={
        ...     "GroupId": "group-20261101-a1b2c",
        ...     "URL": "https://media.example.com/lantern.png",
        ...     "AssetType": "Image",
        ...     "Name": "lantern",
        ... })
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
        links=CreateAssetLinks,
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

    Returns:
        One page of assets.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `ListAssetsHeaders`.
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

    Returns:
        The asset.

    Raises:
        BadRequestError: 400: The gateway or the provider rejected the request before
            a task was created. Some deployments also use this for an unknown task,
            with code `task_not_exist`. Nothing is charged; do not send the same
            request again.
        AuthenticationError: 401: The API key is missing or wrong.
        PermissionDeniedError: 403: Rejected for this key or account: a spend cap,
            the balance, the key's own limit, a model that is not allowed, or the
            free tier. A code that contains `quota` or `credit` is about credit, any
            other about permission.
        NotFoundError: 404: No such model, task, asset or path.
        RateLimitError: 429: The workspace's rate limit, the free quota or the
            provider's capacity is used up. No task was created. Wait for
            `Retry-After`; without it, back off exponentially up to a minute.
        ServerError: 500: Server error. Whether a submission was accepted is not
            known.
        ServerError: 502: Every provider failed. Whether a submission was accepted is
            not known.
        ServerError: 503: An outage, or no provider serves the model at the moment
            (code `model_not_found`). In the first case it is not known whether a
            submission was accepted.
        HTTPStatusError: default: Any other error; the status of a provider may be
            forwarded unchanged.

    Response headers: `GetAssetHeaders`.
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


class CreateAssetGroupHeaders(TypedHeaders):
    """Headers of the responses of `create_asset_group`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class ListAssetGroupsHeaders(TypedHeaders):
    """Headers of the responses of `list_asset_groups`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class CreateAssetHeaders(TypedHeaders):
    """Headers of the responses of `create_asset`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class ListAssetsHeaders(TypedHeaders):
    """Headers of the responses of `list_assets`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class GetAssetHeaders(TypedHeaders):
    """Headers of the responses of `get_asset`."""

    x_orca_request_id: str | None = header_field("X-Orca-Request-Id")
    """Id of this request; quote it to support."""

    retry_after: str | None = header_field("Retry-After")
    """Seconds to wait before the next request. An error of the free tier may give hours
    or omit the header; an HTTP date has been observed too.
    """


class CreateAssetLinks(ResponseLinks):
    """Links of the responses of `create_asset`."""

    def asset(self, **arguments: Any) -> Call[models.Asset]:
        """A call of `get_asset`."""
        call: Call[models.Asset] = self._follow(
            "assets", "get_asset", {"aid": "$response.body#/Id"}, arguments
        )
        return call


class AssetsMethods(Methods[ClientT]):
    """The operations of this module, sent by a client."""

    create_asset_group = Method(create_asset_group)
    list_asset_groups = Method(list_asset_groups)
    create_asset = Method(create_asset)
    list_assets = Method(list_assets)
    get_asset = Method(get_asset)
