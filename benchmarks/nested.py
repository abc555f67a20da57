"""A document with unions inside unions, and values of it."""

from __future__ import annotations

import json
from typing import Any

_REF = "#/components/schemas/"


def document() -> dict[str, Any]:
    """A query with a filter: conditions, and groups of filters. Only the constants tell the two groups apart."""
    variants = [{"$ref": f"{_REF}{name}"} for name in ("All", "Some", "Condition")]
    schemas: dict[str, Any] = {
        "Query": {"type": "object", "properties": {"filter": {"$ref": f"{_REF}Filter"}}},
        "Filter": {"oneOf": variants},
        "All": _group("all"),
        "Some": _group("some"),
        "Condition": {
            "type": "object",
            "required": ["field"],
            "properties": {"field": {"type": "string"}},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Nested unions", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }


def query(depth: int) -> bytes:
    """A query whose filter has groups in groups, `depth` of them, with two filters each."""
    value: dict[str, Any] = {"field": "a"}
    for i in range(depth):
        value = {"kind": ("all", "some")[i % 2], "filters": [value, {"field": "b"}]}
    return json.dumps({"filter": value}).encode()


def _group(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["filters"],
        "properties": {
            "filters": {"type": "array", "items": {"$ref": f"{_REF}Filter"}},
            "kind": {"const": kind},
        },
    }
