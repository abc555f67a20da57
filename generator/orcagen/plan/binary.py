"""Binary data: where it is sent and received raw, and where it is base64 text in JSON.

A schema says `format: binary` (OpenAPI 2.0, 3.0), or `contentMediaType` without `contentEncoding` (3.1, 3.2). As a whole body,
or a part of a multipart one, it is raw. JSON cannot hold raw bytes: there it is text in base64, in both directions.
"""

from __future__ import annotations

from orcagen import schema
from orcagen.plan.schemas import expand
from orcagen.schema import ListType, MapType, TupleType, TypeGraph, UnionType
from orcagen.schema.model import BYTES, NONE, STR, UPLOAD, make_union


def is_binary(graph: TypeGraph, type_: schema.Type) -> bool:
    """Whether a body of this type is raw bytes."""
    leaves = expand(graph, type_)
    return UPLOAD in leaves and all(leaf in (UPLOAD, STR, NONE) for leaf in leaves)


def json_type(type_: schema.Type) -> schema.Type:
    """A type as it is in JSON; those it refers to by name stay."""
    match type_:
        case ListType(item):
            return ListType(json_type(item))
        case MapType(value):
            return MapType(json_type(value))
        case TupleType(items, rest):
            return TupleType(tuple(map(json_type, items)), rest and json_type(rest))
        case UnionType(members):
            # Of a file or text, JSON can hold the text.
            kept = [m for m in members if m != UPLOAD or STR not in members]
            return make_union([json_type(m) for m in kept])
    return BYTES if type_ == UPLOAD else type_
