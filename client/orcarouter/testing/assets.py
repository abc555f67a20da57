"""The Seedance asset library, in memory.

Its keys are in the capitalization of the service, `GroupId` and so on.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs

from orcarouter.testing.responses import ServiceError

__all__ = ["AssetLibrary"]

_CHECK_SECONDS = 1.0  # how long an asset is `Processing`
_T = TypeVar("_T", "_Group", "_Asset")


@attrs.frozen
class _Group:
    parent = ""  # groups are not nested; assets are sorted by this attribute

    id: str
    name: str
    created_at: float


@attrs.frozen
class _Asset:
    id: str
    name: str
    parent: str
    kind: str
    url: str
    created_at: float
    failure: str | None  # the error code with which its check ends

    def status_at(self, timestamp: float) -> str:
        if timestamp < self.created_at + _CHECK_SECONDS:
            return "Processing"
        return "Active" if self.failure is None else "Failed"


class AssetLibrary:
    """Asset groups and their assets. The check of an asset takes one second; then it is `Active` or `Failed`.

    `timestamp` is a Unix time in seconds; bodies and queries must have been validated.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self._groups: dict[str, _Group] = {}
        self._assets: dict[str, _Asset] = {}

    def create_group(self, body: Mapping[str, Any], timestamp: float) -> dict[str, Any]:
        """The response to `POST /asset/groups`."""
        group = _Group(f"group-{secrets.token_hex(5)}", body["Name"], timestamp)
        self._groups[group.id] = group
        return {"Id": group.id}

    def list_groups(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The response to `GET /asset/groups`."""
        # Only virtual groups can be created here, and the service's default is the other kind.
        groups = list(self._groups.values()) if query.get("group_type") == "aigc" else []
        groups = [group for group in groups if query.get("name", "") in group.name]
        items = [
            {
                "Id": group.id,
                "Name": group.name,
                "GroupType": "AIGC",
                "ProjectName": "default",
                "CreateTime": _format_time(group.created_at),
                "UpdateTime": _format_time(group.created_at),
            }
            for group in _sort(groups, query)
        ]
        return _make_page(items, query)

    def create_asset(
        self, body: Mapping[str, Any], timestamp: float, failure: str | None = None
    ) -> dict[str, Any]:
        """The response to `POST /asset/files`. With `failure`, the check of the asset ends with that error code.

        Raises ServiceError if the group does not exist.
        """
        if body["GroupId"] not in self._groups:
            raise ServiceError(404, "not_found", "no such asset group")
        asset = _Asset(
            f"asset-{secrets.token_hex(5)}",
            body.get("Name", ""),
            body["GroupId"],
            body["AssetType"],
            body["URL"],
            timestamp,
            failure,
        )
        self._assets[asset.id] = asset
        return {"Id": asset.id}

    def list_assets(self, query: Mapping[str, str], timestamp: float) -> dict[str, Any]:
        """The response to `GET /asset/files`."""
        group = query.get("group_id")
        assets = list(self._assets.values()) if group or query.get("group_type") == "aigc" else []
        wanted_statuses = query["statuses"].split(",") if "statuses" in query else None
        assets = [
            asset
            for asset in assets
            if (not group or asset.parent == group)
            and query.get("name", "") in asset.name
            and (wanted_statuses is None or asset.status_at(timestamp) in wanted_statuses)
        ]
        items = [
            # Only the list has names.
            _asset_to_dict(asset, timestamp) | {"Name": asset.name}
            for asset in _sort(assets, query)
        ]
        return _make_page(items, query)

    def get_asset(self, asset_id: str, timestamp: float) -> dict[str, Any]:
        """The response to `GET /asset/files/{aid}`.

        Raises ServiceError if the asset does not exist.
        """
        if asset_id not in self._assets:
            raise ServiceError(404, "not_found", "no such asset")
        return _asset_to_dict(self._assets[asset_id], timestamp)


def _asset_to_dict(asset: _Asset, timestamp: float) -> dict[str, Any]:
    status = asset.status_at(timestamp)
    updated_at = asset.created_at if status == "Processing" else asset.created_at + _CHECK_SECONDS
    result: dict[str, Any] = {
        "Id": asset.id,
        "GroupId": asset.parent,
        "AssetType": asset.kind,
        "Status": status,
        "URL": asset.url,
        "CreateTime": _format_time(asset.created_at),
        "UpdateTime": _format_time(updated_at),
    }
    if status == "Failed":
        result["Error"] = {"Code": asset.failure, "Message": "the check rejected the file"}
    return result


def _sort(items: list[_T], query: Mapping[str, str]) -> list[_T]:
    def key(item: _T) -> tuple[str, float]:
        return (item.parent if query.get("sort_by") == "GroupId" else "", item.created_at)

    return sorted(items, key=key, reverse=query.get("sort_order", "Desc") == "Desc")


def _make_page(items: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    number, size = int(query.get("page_number", "1")), int(query.get("page_size", "10"))
    return {
        "TotalCount": len(items),
        "Items": items[(number - 1) * size : number * size],
        "PageNumber": number,
        "PageSize": size,
    }


def _format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
