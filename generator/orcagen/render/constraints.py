"""What `_constraints.py` says of requests, as values of JSON: the setting `validate_requests` asks for it."""

from __future__ import annotations

from typing import Any

from orcagen.plan import Package
from orcagen.plan.model import (
    Argument,
    BodyEncoding,
    Documentation,
    GenericType,
    Type,
    TypedDictType,
)
from orcagen.plan.symbols import join_types
from orcagen.render.types import IN_MODELS
from orcagen.schema import ANY, ListType, LiteralType, MapType, UnionType


def list_parameters(package: Package) -> dict[str, dict[str, dict[str, Any]]]:
    """The constraints of each parameter that has some: by operation, then by location and name."""
    out = {}
    for f in (f for a in package.apis for f in a.functions):
        parameters = {
            f"{a.location} {a.api_name}": constraints
            for a in f.arguments
            if a.encoding == "plain" and (constraints := _list_constraints(a))
        }
        if parameters:
            out[f"{f.method} {f.path}"] = parameters
    return out


def list_bodies(package: Package) -> dict[str, dict[str, str]]:
    """The annotation of each body of JSON or of named parts: by operation and media type."""
    out = {}
    for f in (f for a in package.apis for f in a.functions):
        type_ = None if f.body is None else _drop_mappings(f.body.type)
        if f.body is None or type_ is None or type_ == ANY:
            continue
        annotation = IN_MODELS.format(type_)
        if types := {e.media_type: annotation for e in f.body.encodings if _has_type(e)}:
            out[f"{f.method} {f.path}"] = types
    return out


def list_properties(package: Package) -> dict[str, dict[str, dict[str, Any]]]:
    """The constraints of each property that has some: by class and JSON name."""
    out = {}
    for x in (x for m in package.models for x in m.classes):
        properties = {
            f.json_name: constraints for f in x.fields if (constraints := _list_constraints(f))
        }
        if properties:
            out[x.symbol] = properties
    return out


def _list_constraints(x: Any) -> dict[str, Any]:
    documentation: Documentation = x.documentation
    constraints = {c.keyword: c.value for c in documentation.constraints}
    if isinstance(x, Argument) and isinstance(x.type, LiteralType) and x.type.open_type is None:
        constraints["enum"] = list(x.type.values)
    return constraints


def _has_type(encoding: BodyEncoding) -> bool:
    return encoding.kind in ("json", "form", "multipart")


def _drop_mappings(type_: Type) -> Type | None:
    """The type of a body without the mappings and typed dicts that can be given instead of models; None if nothing is left."""
    match type_:
        case GenericType() | TypedDictType():
            return None
        case ListType(inner) | MapType(inner):
            kept = _drop_mappings(inner)
            return None if kept is None else type(type_)(kept)  # type: ignore[arg-type]
        case UnionType(members):
            types = [kept for m in members if (kept := _drop_mappings(m)) is not None]
            return join_types(types) if types else None
    return type_
