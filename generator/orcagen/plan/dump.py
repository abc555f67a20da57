"""A plan as values of JSON, for people and for other programs."""

from __future__ import annotations

from typing import Any

import attrs

from orcagen.plan.model import Constant, GenericType, ModelType, TypedDictType
from orcagen.schema import CustomType, ListType, LiteralType, MapType, Scalar, TupleType, UnionType

_WITH_KIND = (
    Constant, CustomType, GenericType, ListType, LiteralType, MapType, ModelType, Scalar, TupleType, TypedDictType, UnionType,
)  # fmt: skip


def dump(value: Any) -> Any:
    """A package, or any part of it. Types are objects that name their kind: `{"kind": "ListType", "item": ...}`."""
    if attrs.has(type(value)):
        fields = {a.name: dump(getattr(value, a.name)) for a in attrs.fields(type(value))}
        return {"kind": type(value).__name__, **fields} if isinstance(value, _WITH_KIND) else fields
    if isinstance(value, dict):
        return {str(key): dump(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
