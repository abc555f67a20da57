"""Binary data: where it is sent and received raw, and where it is base64 text in JSON.

A schema says `format: binary` (OpenAPI 2.0, 3.0), or `contentMediaType` without `contentEncoding` (3.1, 3.2). As a whole body,
or a part of a multipart one, it is raw. JSON cannot hold raw bytes: there it is text in base64, in both directions.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve

from orcagen import schema
from orcagen.openapi import Document
from orcagen.plan.media_types import strip_parameters
from orcagen.plan.schemas import expand
from orcagen.schema import (
    Key,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    TupleType,
    TypeGraph,
    TypeRef,
    UnionType,
)
from orcagen.schema.model import BYTES, NONE, STR, UPLOAD, make_union, walk


def is_binary(graph: TypeGraph, type_: schema.Type) -> bool:
    """Whether a body of this type is raw bytes."""
    leaves = expand(graph, type_)
    return UPLOAD in leaves and all(leaf in (UPLOAD, STR, NONE) for leaf in leaves)


def json_type(type_: schema.Type, files: Collection[Key] = ()) -> schema.Type:
    """A type as it is in JSON. Those it refers to by name stay, but for the aliases of files."""
    if isinstance(type_, Scalar):
        return BYTES if type_ == UPLOAD else type_
    match type_:
        case TypeRef(key) if key in files:
            return BYTES
        case ListType(item):
            return ListType(json_type(item, files))
        case MapType(value):
            return MapType(json_type(value, files))
        case TupleType(items, rest):
            in_json = tuple(json_type(i, files) for i in items)
            return TupleType(in_json, rest and json_type(rest, files))
        case UnionType(members):
            # Of a file or text, JSON can hold the text.
            kept = [m for m in members if m != UPLOAD or STR not in members]
            return make_union([json_type(m, files) for m in kept])
    return type_


def encode_in_json(document: Document, graph: TypeGraph) -> TypeGraph:
    """The graph with base64 text instead of files in all named types, but those of multipart bodies."""
    bodies = [op.body for op in document.operations if op.body is not None]
    schemas = [
        node
        for body in bodies
        for c in body.content
        if strip_parameters(c.media_type).startswith("multipart/")
        for node in (c.schema, c.item_schema)
        if node is not None
    ]
    todo = [key for node in schemas for key in _find_keys(graph.types[node.key])]
    in_parts: set[Key] = set()
    while todo:
        key = todo.pop()
        if key not in in_parts:
            in_parts.add(key)
            named = graph.named[key]
            types = (
                [p.type for p in named.properties]
                if isinstance(named, ObjectType)
                else [named.type]
            )
            if isinstance(named, ObjectType) and named.additional_properties is not None:
                types.append(named.additional_properties)
            todo += [k for type_ in types for k in _find_keys(type_)]
    files = {key for key in in_parts if is_binary(graph, TypeRef(key))}
    named_types = {
        key: named if key in in_parts else _encode(named, files)
        for key, named in graph.named.items()
    }
    return evolve(graph, named=named_types)


def _encode(named: ObjectType | schema.Alias, files: Collection[Key]) -> ObjectType | schema.Alias:
    if not isinstance(named, ObjectType):
        type_ = json_type(named.type, files)
        return named if type_ == named.type else evolve(named, type=type_)
    properties = tuple(
        p if (t := json_type(p.type, files)) == p.type else evolve(p, type=t)
        for p in named.properties
    )
    return named if properties == named.properties else evolve(named, properties=properties)


def _find_keys(type_: schema.Type) -> list[Key]:
    """The named types that a type refers to."""
    return [part.key for part in walk(type_) if isinstance(part, TypeRef)]
