"""Declarations of pagination: this project's extension, those of Speakeasy, Fern and Microsoft, and links to the operation itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from orcagen.openapi.model import Node, Pagination
from orcagen.pointers import escaped

Warn = Callable[[Node, str, str], None]
EXTENSION = "x-orcagen-pagination"
_NOT_PAGINATED = "the operation is not paginated"
_EXPRESSION = re.compile(r"\$response\.(?:body#(/.*)|header\.(.+))")  # of a link's parameter
_KINDS = ("cursor", "page", "offset", "url", "link")
_KEYS = {
    "kind", "items", "cursor", "header", "parameter", "body", "url", "more", "total", "start"
}  # fmt: skip


def read_pagination(node: Node, resolve: Callable[[Node], Node], warn: Warn) -> Pagination | None:
    """What an operation declares; None where it declares nothing, or what cannot be read."""
    readers = {
        EXTENSION: _read_own,
        "x-speakeasy-pagination": _read_speakeasy,
        "x-fern-pagination": _read_fern,
        "x-ms-pageable": _read_microsoft,
    }
    for name, read in readers.items():
        if name not in node.value:
            continue
        extension = node.child(name)
        if extension.value in (None, False):
            return None
        try:
            fields = read(extension.value)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            detail = f": {error}" if type(error) is ValueError else ""
            warn(extension, f"the pagination cannot be read{detail}", _NOT_PAGINATED)
            return None
        return Pagination(node=extension, **fields) if fields else None
    return next(_read_links(node, resolve), None)


def _read_own(value: Any) -> dict[str, Any]:
    if unknown := sorted(map(str, value.keys() - _KEYS)):
        raise ValueError(f"unknown key {unknown[0]!r}; the keys are {', '.join(sorted(_KEYS))}")
    fields = dict(value)
    if fields.get("kind") not in _KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(_KINDS)}")
    for name, item in fields.items():
        if not isinstance(item, int if name == "start" else str) or isinstance(item, bool):
            raise ValueError(f"`{name}` must be {'an integer' if name == 'start' else 'a string'}")
    for name in fields.keys() & {"items", "cursor", "body", "url", "more", "total"}:
        if fields[name] and not fields[name].startswith("/"):
            raise ValueError(f"`{name}` must be a JSON pointer")
    if "body" in fields:
        fields |= {"parameter": fields.pop("body"), "location": "body"}
    if "url" in fields:
        fields["cursor"] = fields.pop("url")
    return fields


def _read_speakeasy(value: Any) -> dict[str, Any]:
    inputs = {i["type"]: i for i in value["inputs"]} if value.get("inputs") else {}
    outputs = value.get("outputs") or {}
    fields: dict[str, Any] = {}
    if "results" in outputs:
        fields["items"] = _to_pointer(outputs["results"])
    if value["type"] == "url":
        return {**fields, "kind": "url", "cursor": _to_pointer(outputs["nextUrl"])}
    if value["type"] == "cursor":
        kind, fields["cursor"] = "cursor", _to_pointer(outputs["nextCursor"])
    elif value["type"] == "offsetLimit":
        kind = "page" if "page" in inputs else "offset"
        if kind == "page" and "numPages" in outputs:
            fields["total"] = _to_pointer(outputs["numPages"])
    else:
        raise ValueError(f"unknown type {value['type']!r}")
    target = inputs[kind]
    fields |= {"kind": kind, "parameter": target["name"]}
    if target.get("in") == "requestBody":
        fields |= {"parameter": "/" + escaped(target["name"]), "location": "body"}
    return fields


def _read_fern(value: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"items": _to_pointer(value["results"])} if "results" in value else {}
    if "has-next-page" in value:
        fields["more"] = _to_pointer(value["has-next-page"])
    for name in ("next_uri", "next_path"):
        if name in value:
            return {**fields, "kind": "url", "cursor": _to_pointer(value[name])}
    if "cursor" in value:
        fields |= {"kind": "cursor", "cursor": _to_pointer(value["next_cursor"])}
        target = value["cursor"]
    else:
        fields["kind"] = "offset" if "step" in value else "page"
        target = value["offset"]
    name = target.removeprefix("$request.")
    return {**fields, "parameter": name}


def _read_microsoft(value: Any) -> dict[str, Any]:
    if value["nextLinkName"] is None:  # one page, always
        return {}
    items = value.get("itemName", "value")
    pointers = ["/" + "/".join(map(escaped, n.split("."))) for n in (items, value["nextLinkName"])]
    return {"kind": "url", "items": pointers[0], "cursor": pointers[1]}


def _read_links(node: Node, resolve: Callable[[Node], Node]) -> Iterator[Pagination]:
    """The links of successes to the operation itself with a parameter from the response (OpenAPI, Link Object)."""
    own = node.value.get("operationId")
    for status, response in _members(node, "responses", resolve):
        for _, link in _members(response, "links", resolve):
            parameters = link.value.get("parameters")
            is_own = str(own or "") == link.value.get("operationId") and status[0] == "2"
            if not is_own or not isinstance(parameters, dict):
                continue
            for name, expression in parameters.items():
                match = _EXPRESSION.fullmatch(str(expression).strip())
                if match:
                    yield Pagination(
                        node=link,
                        kind="cursor",
                        cursor=match[1] or "",
                        header=match[2] or "",
                        parameter=re.sub(r"^(query|header)\.", "", str(name)),
                    )


def _members(node: Node, key: str, resolve: Callable[[Node], Node]) -> Iterator[tuple[str, Node]]:
    """The objects under the names of a map, with references followed."""
    members = node.value.get(key)
    for name in members if isinstance(members, dict) else ():
        if isinstance(members[name], dict):
            member = resolve(node.child(key, name))
            if isinstance(member.value, dict):
                yield str(name), member


def _to_pointer(path: str) -> str:
    """A JSONPath of names and indexes, or Fern's `$response.a.b`, as a JSON pointer."""
    rest = re.sub(r"^\$(response)?", "", path)
    parts = re.findall(r"\.([^.\[\]]+)|\[(-?\d+)\]|\['([^']*)'\]|\[(\*)\]", rest)
    remainder = re.sub(r"\.([^.\[\]]+)|\[(-?\d+)\]|\['([^']*)'\]|\[(\*)\]", "", rest)
    if remainder or any(p[3] for p in parts[:-1]):
        raise ValueError(f"{path!r} is not a path of names and indexes")
    return "".join("/" + escaped(a or b or c) for a, b, c, star in parts if not star)
