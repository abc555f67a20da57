"""Request bodies: the type of the argument `body`, and how it is written as each media type."""

from __future__ import annotations

from typing import Any

from orcagen import schema
from orcagen.openapi import MediaType, Operation
from orcagen.plan.binary import is_binary, json_type
from orcagen.plan.media_types import (
    STREAM_FORMATS,
    drop_redundant,
    is_json,
    is_json_range,
    is_text,
    is_xml,
    strip_parameters,
)
from orcagen.plan.model import (
    JSON_OBJECT,
    BodyEncoding,
    BodyPlan,
    GenericType,
    StylePlan,
    Type,
)
from orcagen.plan.schemas import expand, is_object
from orcagen.plan.symbols import Symbols, join_types
from orcagen.plan.text import one_line
from orcagen.plan.typed_dicts import TypedDicts
from orcagen.plan.xml import describes_xml
from orcagen.schema import (
    ANY,
    ListType,
    LiteralType,
    ObjectType,
    Property,
    Scalar,
    TupleType,
    TypeGraph,
    TypeRef,
    union_members,
)
from orcagen.schema.model import BYTES, NONE, STR, UPLOAD

_CONTENT = Scalar("Content")  # bytes, text, a path or an open file
_RAW_TYPES: tuple[Type, ...] = (
    _CONTENT,
    GenericType("Iterable", (BYTES,)),
    GenericType("AsyncIterable", (BYTES,)),
)


def plan_body(
    op: Operation, graph: TypeGraph, symbols: Symbols, typed_dicts: TypedDicts
) -> BodyPlan | None:
    """The body of an operation. The first encoding, a JSON one if there is any, is the default."""
    if op.body is None:
        return None
    types: list[Type] = []
    encodings: list[BodyEncoding] = []
    nullable = False
    for content in sorted(drop_redundant(op.body.content), key=_rank):
        encoding = _plan_encoding(content, graph, symbols)
        encodings.append(encoding)
        type_ = graph.types[content.schema.key] if content.schema else ANY
        if encoding.kind == "json":
            nullable = nullable or any(t in (NONE, ANY) for t in expand(graph, type_))
        if encoding.kind == "raw":
            is_plain_text = is_text(content.media_type) and not is_binary(graph, type_)
            types += (STR, BYTES) if is_plain_text else _RAW_TYPES
        elif encoding.kind == "lines":
            item = _find_item(content, graph)
            lines = join_types(_list_types(item, graph, symbols, typed_dicts))
            types += (GenericType(n, (lines,)) for n in ("Iterable", "AsyncIterable"))
            types.append(BYTES)
        elif encoding.kind == "multipart" and type_ == ANY:
            types += (JSON_OBJECT, ListType(ANY))
        else:
            type_ = type_ if encoding.kind == "multipart" else json_type(type_)
            types += _list_types(type_, graph, symbols, typed_dicts)
        if encoding.kind == "xml":
            types += (STR, BYTES)  # a document that is written already
    if _CONTENT in types:
        types = [t for t in types if t not in (BYTES, STR)]
    first = sorted(op.body.content, key=_rank)[0] if encodings[0].kind == "json" else None
    example = first.example if first else None
    media_types = tuple(e.media_type for e in encodings)
    has_range = any("*" in m for m in media_types)
    return BodyPlan(
        type=join_types(types),
        required=op.body.required,
        description=one_line(op.body.description),
        encodings=tuple(encodings),
        media_types=media_types if len(media_types) > 1 or has_range else (),
        any_media_type=has_range,
        nullable=nullable,
        example=example,
    )


def _find_item(content: MediaType, graph: TypeGraph) -> schema.Type:
    """The type of each value of a body with many: that of `itemSchema`, or what `schema` says of the items or of one."""
    node = content.item_schema or content.schema
    type_ = graph.types[node.key] if node else ANY
    if isinstance(type_, ListType) and content.item_schema is None:
        type_ = type_.item
    return json_type(type_)


def _rank(content: MediaType) -> tuple[bool, bool]:
    """JSON first, since it is the default, and ranges last."""
    return not is_json(content.media_type), "*" in content.media_type


def _list_types(
    type_: schema.Type, graph: TypeGraph, symbols: Symbols, typed_dicts: TypedDicts
) -> list[Type]:
    """The types of a structured body: models first, then what callers may give instead of them."""
    members = union_members(type_)
    out = [symbols.resolve(m) for m in members]
    for member in members:
        if (typed_dict := typed_dicts.resolve(member)) is not None:
            out.append(typed_dict)
        elif is_object(graph, member):
            out.append(JSON_OBJECT)
    return out


def _plan_encoding(content: MediaType, graph: TypeGraph, symbols: Symbols) -> BodyEncoding:
    media_type = strip_parameters(content.media_type)
    type_ = graph.types[content.schema.key] if content.schema else ANY
    if is_binary(graph, type_) and not media_type.startswith("multipart/"):
        return BodyEncoding(content.media_type, "raw")
    if STREAM_FORMATS.get(media_type, "sse") != "sse":
        return BodyEncoding(content.media_type, "lines")
    if is_json(media_type):
        return BodyEncoding(content.media_type, "json")
    if is_xml(media_type) and content.schema is not None and describes_xml(graph, type_):
        root = graph.xml[content.schema.key]
        resolved = symbols.resolve(json_type(type_))
        return BodyEncoding(content.media_type, "xml", type=resolved, xml=root)
    if is_json_range(media_type) and _is_structured(graph, type_):
        return BodyEncoding("application/json", "json")
    content_types = {n: e.content_type for n, e in content.encoding.items() if e.content_type}
    styles = {}
    for name, e in content.encoding.items():
        if e.style is not None or e.explode is not None or e.allow_reserved:
            style = e.style or "form"
            explode = style == "form" if e.explode is None else e.explode
            styles[name] = StylePlan(style, explode, e.allow_reserved)
    if media_type == "application/x-www-form-urlencoded":
        return BodyEncoding(content.media_type, "form", content_types=content_types, styles=styles)
    if not media_type.startswith("multipart/"):
        return BodyEncoding(content.media_type, "raw")
    classes = [leaf for leaf in expand(graph, type_) if isinstance(leaf, ObjectType)]
    properties = {p.name: p for class_ in classes for p in class_.properties}
    leaves = {name: _expand_items(graph, p.type) for name, p in properties.items()}
    files = [n for n, types in leaves.items() if UPLOAD in types and STR not in types]
    for name in files:
        if declared := properties[name].media_type:
            content_types.setdefault(name, declared)
    encoded = (n for n, types in leaves.items() if any(_is_value(t) for t in types))
    item = content.item_encoding
    return BodyEncoding(
        "multipart/form-data" if "*" in media_type else content.media_type,
        "multipart",
        tuple(files),
        tuple(encoded),
        content_types,
        styles,
        tuple(e.content_type or "" for e in content.prefix_encoding),
        (item.content_type or "") if item else "",
        xml_parts={
            name: part
            for name, type_ in content_types.items()
            if is_xml(type_)
            and name in properties
            and (part := _plan_xml_part(properties[name], graph, symbols))
        },
        headers={name: e.headers for name, e in content.encoding.items() if e.headers},
    )


def _plan_xml_part(
    p: Property, graph: TypeGraph, symbols: Symbols
) -> tuple[Type, dict[str, Any]] | None:
    """The type of a part that is an XML document, and its root element; None for text. Each item of a list has a part."""
    type_ = p.type.item if isinstance(p.type, ListType) else p.type
    if not describes_xml(graph, type_):
        return None
    xml = p.xml.get("items", {}) if isinstance(p.type, ListType) else p.xml
    name = p.name
    if isinstance(type_, TypeRef) and type_.key in graph.components:
        name = graph.named[type_.key].suggested_name
    root = {k: v for k, v in {"name": name, **xml}.items() if k != "node"}
    return symbols.resolve(json_type(type_)), root


def _is_structured(graph: TypeGraph, type_: schema.Type) -> bool:
    """Whether values are objects or arrays."""
    return any(not isinstance(t, (Scalar, LiteralType)) for t in expand(graph, type_))


def _is_value(type_: schema.Type | ObjectType) -> bool:
    """Whether bytes or tuples of this type are no files."""
    return type_ == BYTES or isinstance(type_, TupleType)


def _expand_items(graph: TypeGraph, type_: schema.Type) -> list[schema.Type | ObjectType]:
    """The types of a part: those of a property, or of the items of a list."""
    out: list[schema.Type | ObjectType] = []
    todo: list[schema.Type] = [type_]
    while todo:  # a list may contain itself
        leaves = [leaf for leaf in expand(graph, todo.pop()) if leaf not in out]
        out += leaves
        todo += [leaf.item for leaf in leaves if isinstance(leaf, ListType)]
    return out
