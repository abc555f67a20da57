"""Stage 3: schemas to types. Every schema of the document becomes a record, a named alias or a plain type expression.

A schema and what it is combined with (`allOf`, `$ref` with siblings, a union under properties) is read as one view over
several schema objects (`views`); the type comes from the view (`builder`). Nothing here knows Python names: those are the
plan's.
"""

from __future__ import annotations

from orcagen.openapi import Document, References
from orcagen.schema.builder import Builder, limits_of
from orcagen.schema.hints import payload_hint
from orcagen.schema.model import (
    ANY,
    Alias,
    Key,
    ListOf,
    Literals,
    MapOf,
    Named,
    Property,
    Record,
    Ref,
    Scalar,
    TupleOf,
    Type,
    TypeGraph,
    Union,
    members_of,
)
from orcagen.schema.views import Views

__all__ = [
    "ANY",
    "Alias",
    "Key",
    "ListOf",
    "Literals",
    "MapOf",
    "Named",
    "Property",
    "Record",
    "Ref",
    "Scalar",
    "TupleOf",
    "Type",
    "TypeGraph",
    "Union",
    "build",
    "limits_of",
    "members_of",
]


def build(document: Document, references: References) -> TypeGraph:
    """Types for every schema of the document."""
    builder = Builder(Views(document, references))
    for node in () if document.narrowed else document.schemas:
        builder.define_component(node)
    for op in document.operations:
        owner = (op.where.file, op.where.pointer)
        for p in op.parameters:
            builder.place(p.schema, owner, p.name)
        if op.body:
            builder.contents(op.body.contents, owner, "body")
        for r in op.responses:
            success = r.status.startswith("2")
            builder.contents(r.contents, owner, "response" if success else f"response {r.status}")
            for h in r.headers:
                builder.place(h.schema, owner, f"{h.name} header")
    for node in document.payloads:
        builder.place(node, None, payload_hint(node))
    builder.finish()
    components = [(n.file, n.pointer) for n in document.schemas]
    return TypeGraph(builder.named, builder.at, tuple(c for c in components if c in builder.named))
