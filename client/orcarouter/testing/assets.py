"""The Seedance asset library, in memory.

Its keys are in the capitalization of the service, `GroupId` and so on.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from orcagen.mock.handlers import Handler, MockRequest
from orcarouter.testing.responses import ServiceError

__all__ = ["AssetLibrary"]

_CHECK_SECONDS = 1.0  # how long an asset is `Processing`
_Item = dict[str, Any]


class AssetLibrary:
    """Asset groups and their assets. The check of an asset takes one second; then it is `Active` or `Failed`."""

    def __init__(self) -> None:
        """Starts empty."""
        self._groups: dict[str, _Item] = {}
        self._assets: dict[str, _Item] = {}
        self._checked_at: dict[str, float] = {}
        self._failures: dict[str, str] = {}  # the codes with which checks end

    @property
    def handlers(self) -> dict[str, Handler]:
        """Its operations."""
        return {
            "createAssetGroup": self._create_group,
            "listAssetGroups": self._list_groups,
            "createAsset": self._create_asset,
            "listAssets": self._list_assets,
            "getAsset": self._get_asset,
        }

    def _create_group(self, request: MockRequest) -> _Item:
        group_id, time = f"group-{secrets.token_hex(5)}", _format_time(request.time)
        self._groups[group_id] = {
            "Id": group_id,
            "Name": request.body["Name"],
            "GroupType": "AIGC",
            "ProjectName": "default",
            "CreateTime": time,
            "UpdateTime": time,
        }
        return {"Id": group_id}

    def _list_groups(self, request: MockRequest) -> _Item:
        # Only virtual groups can be created here, and the service's default is the other kind.
        groups = self._groups.values() if request.query.get("group_type") == "aigc" else ()
        return _make_page(groups, request.query)

    def _create_asset(self, request: MockRequest) -> _Item:
        asset_id, body = f"asset-{secrets.token_hex(5)}", request.body
        if body["GroupId"] not in self._groups:
            raise ServiceError(404, "no such asset group", "not_found")
        self._assets[asset_id] = {
            "Id": asset_id,
            "GroupId": body["GroupId"],
            "AssetType": body["AssetType"],
            "URL": body["URL"],
            "CreateTime": _format_time(request.time),
            "Name": body.get("Name", ""),
        }
        self._checked_at[asset_id] = request.time + _CHECK_SECONDS
        if request.fault is not None and request.fault.fail_reason is not None:
            self._failures[asset_id] = request.fault.fail_reason
        return {"Id": asset_id}

    def _list_assets(self, request: MockRequest) -> _Item:
        query = request.query
        group = query.get("group_id")
        wanted = query["statuses"].split(",") if "statuses" in query else None
        assets = [self._show(asset, request.time) for asset in self._assets.values()]
        return _make_page(
            (
                asset
                for asset in assets
                if (asset["GroupId"] == group if group else query.get("group_type") == "aigc")
                and (wanted is None or asset["Status"] in wanted)
            ),
            query,
        )

    def _get_asset(self, request: MockRequest) -> _Item:
        asset = self._assets.get(request.path_parameters["aid"])
        if asset is None:
            raise ServiceError(404, "no such asset", "not_found")
        state = self._show(asset, request.time)
        del state["Name"]  # only the list has names
        return state

    def _show(self, asset: _Item, time: float) -> _Item:
        """An asset as the service shows it at a Unix time."""
        checked_at, failure = self._checked_at[asset["Id"]], self._failures.get(asset["Id"])
        if time < checked_at:
            return asset | {"Status": "Processing", "UpdateTime": asset["CreateTime"]}
        state = asset | {"Status": "Active", "UpdateTime": _format_time(checked_at)}
        if failure is not None:
            error = {"Code": failure, "Message": "the check rejected the file"}
            state |= {"Status": "Failed", "Error": error}
        return state


def _make_page(items: Iterable[_Item], query: Mapping[str, str]) -> _Item:
    """A page of items in the order of their creation: those with a part of the name, sorted as the query says."""
    matching = [item for item in items if query.get("name", "") in item["Name"]]
    if query.get("sort_by") == "GroupId":
        matching.sort(key=lambda item: str(item.get("GroupId", "")))
    if query.get("sort_order", "Desc") == "Desc":
        matching.reverse()
    number, size = int(query.get("page_number", "1")), int(query.get("page_size", "10"))
    return {
        "TotalCount": len(matching),
        "Items": matching[(number - 1) * size : number * size],
        "PageNumber": number,
        "PageSize": size,
    }


def _format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
