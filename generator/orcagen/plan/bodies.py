"""Request bodies: the type of the argument `body`, and how it is written as each media type."""

from __future__ import annotations

from orcagen.openapi import MediaType, Operation
from orcagen.plan.binary import json_type
from orcagen.plan.media_types import drop_redundant, is_json, is_text, is_xml, strip_parameters
from orcagen.plan.model import (
    JSON_OBJECT,
    BodyEncoding,
    BodyPlan,
    GenericType,
    StylePlan,
    Type,
)
from orcagen.plan.schemas import expand, is_object, sole_object
from orcagen.plan.symbols import Symbols, join_types
from orcagen.plan.text import one_line
from orcagen.plan.typed_dicts import TypedDicts
from orcagen.plan.xml import describes_xml
from orcagen.schema import ANY, ListType, TypeGraph, union_members
from orcagen.schema.model import BYTES, STR, UPLOAD

_RAW_TYPES: tuple[Type, ...] = (
    BYTES,
    STR,
    GenericType("IO", (BYTES,)),
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
    for content in sorted(drop_redundant(op.body.content), key=lambda c: not is_json(c.media_type)):
        encoding = _plan_encoding(content, graph, symbols)
        encodings.append(encoding)
        if encoding.kind == "raw":
            types += (STR, BYTES) if is_text(content.media_type) else _RAW_TYPES
        elif encoding.files is None:
            types.append(JSON_OBJECT)
        else:
            types += _list_types(content, graph, symbols, typed_dicts)
        if encoding.kind == "xml":
            types += (STR, BYTES)  # a document that is written already
    return BodyPlan(
        type=join_types(types),
        required=op.body.required,
        description=one_line(op.body.description),
        encodings=tuple(encodings),
        media_types=tuple(e.media_type for e in encodings) if len(encodings) > 1 else (),
    )


def _list_types(
    content: MediaType, graph: TypeGraph, symbols: Symbols, typed_dicts: TypedDicts
) -> list[Type]:
    """The types of a structured body: models first, then what callers may give instead of them."""
    type_ = graph.types[content.schema.key] if content.schema else ANY
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
    if is_json(media_type):
        return BodyEncoding(content.media_type, "json")
    if is_xml(media_type) and content.schema is not None:
        type_ = graph.types[content.schema.key]
        if describes_xml(graph, type_):
            root = graph.xml[content.schema.key]
            resolved = symbols.resolve(json_type(type_))
            return BodyEncoding(content.media_type, "xml", type=resolved, xml=root)
    content_types = {n: e.content_type for n, e in content.encoding.items() if e.content_type}
    styles = {}
    for name, e in content.encoding.items():
        if e.style is not None or e.explode is not None:
            style = e.style or "form"
            explode = style == "form" if e.explode is None else e.explode
            styles[name] = StylePlan(style, explode)
    if media_type == "application/x-www-form-urlencoded":
        return BodyEncoding(content.media_type, "form", (), content_types, styles)
    if media_type.startswith("multipart/"):
        record = sole_object(graph, graph.types[content.schema.key] if content.schema else ANY)
        if record is None:
            return BodyEncoding(content.media_type, "multipart", files=None)
        files = tuple(p.name for p in record.properties if holds_upload(graph, p.type))
        return BodyEncoding(content.media_type, "multipart", files, content_types, styles)
    return BodyEncoding(content.media_type, "raw")


def holds_upload(graph: TypeGraph, type_: Type) -> bool:
    """Whether a type is binary, or a list of such."""
    todo, seen = [type_], {type_}
    while todo:
        leaves = expand(graph, todo.pop())  # type: ignore[arg-type]
        if UPLOAD in leaves:
            return True
        items = {leaf.item for leaf in leaves if isinstance(leaf, ListType)} - seen
        seen |= items  # a list may contain itself
        todo += items
    return False
