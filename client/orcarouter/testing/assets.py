"""The Seedance asset library, in memory."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs

from orcarouter.testing.answers import Refusal

__all__ = ["AssetLibrary"]

_CHECK_SECONDS = 1.0
_T = TypeVar("_T", "_Group", "_Asset")


@attrs.frozen
class _Group:
    parent = ""

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
    failure: str | None

    def status(self, now: float) -> str:
        if now < self.created_at + _CHECK_SECONDS:
            return "Processing"
        return "Active" if self.failure is None else "Failed"


class AssetLibrary:
    """Virtual groups and their assets. An asset is checked for a second, then active or refused."""

    def __init__(self) -> None:
        """Starts empty."""
        self._groups: dict[str, _Group] = {}
        self._assets: dict[str, _Asset] = {}

    def create_group(self, body: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Answer `POST /asset/groups`."""
        group = _Group(f"group-{secrets.token_hex(5)}", body["Name"], now)
        self._groups[group.id] = group
        return {"Id": group.id}

    def list_groups(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer `GET /asset/groups`."""
        # Only virtual groups can be created here, and the service's default is the other kind.
        groups = list(self._groups.values()) if query.get("group_type") == "aigc" else []
        groups = [group for group in groups if query.get("name", "") in group.name]
        items = [
            {
                "Id": group.id,
                "Name": group.name,
                "GroupType": "AIGC",
                "ProjectName": "default",
                "CreateTime": _time(group.created_at),
                "UpdateTime": _time(group.created_at),
            }
            for group in _sorted(groups, query)
        ]
        return _page(items, query)

    def create_asset(
        self, body: Mapping[str, Any], now: float, failure: str | None = None
    ) -> dict[str, Any]:
        """Answer `POST /asset/files`. The check ends with the error code `failure`, if one is given.

        Raises Refusal when the group does not exist.
        """
        if body["GroupId"] not in self._groups:
            raise Refusal(404, "not_found", "no such asset group")
        asset = _Asset(
            f"asset-{secrets.token_hex(5)}",
            body.get("Name", ""),
            body["GroupId"],
            body["AssetType"],
            body["URL"],
            now,
            failure,
        )
        self._assets[asset.id] = asset
        return {"Id": asset.id}

    def list_assets(self, query: Mapping[str, str], now: float) -> dict[str, Any]:
        """Answer `GET /asset/files`."""
        group = query.get("group_id")
        assets = list(self._assets.values()) if group or query.get("group_type") == "aigc" else []
        statuses = query["statuses"].split(",") if "statuses" in query else None
        assets = [
            asset
            for asset in assets
            if (not group or asset.parent == group)
            and query.get("name", "") in asset.name
            and (statuses is None or asset.status(now) in statuses)
        ]
        return _page(
            [_shown(asset, now) | {"Name": asset.name} for asset in _sorted(assets, query)], query
        )

    def get_asset(self, asset_id: str, now: float) -> dict[str, Any]:
        """Answer `GET /asset/files/{aid}`.

        Raises Refusal when the asset does not exist.
        """
        if asset_id not in self._assets:
            raise Refusal(404, "not_found", "no such asset")
        return _shown(self._assets[asset_id], now)


def _shown(asset: _Asset, now: float) -> dict[str, Any]:
    status = asset.status(now)
    changed = asset.created_at if status == "Processing" else asset.created_at + _CHECK_SECONDS
    shown: dict[str, Any] = {
        "Id": asset.id,
        "GroupId": asset.parent,
        "AssetType": asset.kind,
        "Status": status,
        "URL": asset.url,
        "CreateTime": _time(asset.created_at),
        "UpdateTime": _time(changed),
    }
    if status == "Failed":
        shown["Error"] = {"Code": asset.failure, "Message": "the check refused the file"}
    return shown


def _sorted(items: list[_T], query: Mapping[str, str]) -> list[_T]:
    def key(item: _T) -> tuple[str, float]:
        return (item.parent if query.get("sort_by") == "GroupId" else "", item.created_at)

    return sorted(items, key=key, reverse=query.get("sort_order", "Desc") == "Desc")


def _page(items: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    number, size = int(query.get("page_number", "1")), int(query.get("page_size", "10"))
    return {
        "TotalCount": len(items),
        "Items": items[(number - 1) * size : number * size],
        "PageNumber": number,
        "PageSize": size,
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
