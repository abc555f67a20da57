"""Stage 3: schemas to types. Every schema of the document becomes a record, a named alias or a plain type expression.

A schema and what it is combined with (`allOf`, `$ref` with siblings, a union under properties) is read as one view over
several schema objects (`views`); the type comes from the view (`builder`). Nothing here knows Python names: those are the
plan's.
"""

from __future__ import annotations

from orcagen.openapi import Document, Key, Node, References
from orcagen.schema.builder import Builder, read_constraints
from orcagen.schema.hints import suggest_payload_name
from orcagen.schema.model import (
    ANY,
    Alias,
    Constraint,
    Definition,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Property,
    Scalar,
    TupleType,
    Type,
    TypeGraph,
    TypeRef,
    UnionType,
    union_members,
)
from orcagen.schema.views import SchemaResolver

__all__ = [
    "ANY",
    "Alias",
    "Constraint",
    "Definition",
    "Key",
    "ListType",
    "LiteralType",
    "MapType",
    "ObjectType",
    "Property",
    "Scalar",
    "TupleType",
    "Type",
    "TypeGraph",
    "TypeRef",
    "UnionType",
    "build",
    "read_constraints",
    "union_members",
]


def build(document: Document, references: References, extra: tuple[Node, ...] = ()) -> TypeGraph:
    """Types for every schema of the document, and for the `extra` ones that are not part of it."""
    builder = Builder(SchemaResolver(document, references))
    for node in () if document.is_filtered else document.schemas:
        builder.define_component(node)
    for op in document.operations:
        parent = op.node.key
        for p in op.parameters:
            builder.place(p.schema, parent, p.name)
        if op.body:
            builder.content(op.body.content, parent, "body")
        for r in op.responses:
            success = r.status.startswith("2")
            builder.content(r.content, parent, "response" if success else f"response {r.status}")
            for h in r.headers:
                builder.place(h.schema, parent, f"{h.name} header")
    for node in (*document.webhook_schemas, *extra):
        builder.place(node, None, suggest_payload_name(node))
    builder.finish()
    components = [n.key for n in document.schemas]
    return TypeGraph(builder.named, builder.at, tuple(c for c in components if c in builder.named))
