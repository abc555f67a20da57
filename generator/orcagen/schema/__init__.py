"""Stage 3: schemas to types. Every schema of the document becomes a class, a named alias or a plain type expression.

    model             the result: types, and the named ones among them
    keywords          what one schema object says
    resolve           following references
    merge             allOf, references with siblings: all that applies to one value as one MergedSchema
    infer             types of plain values: formats, enums; constraints
    unions            what is a union alone; unions that contain themselves
    polymorphism      discriminators, and schemas that extend others
    suggested_names   words for schemas without a name
    builder           the driver
    inline            scalars without their names, where they are used

Nothing here knows Python names: those are the plan's.
"""

from __future__ import annotations

from collections.abc import Mapping

from orcagen.openapi import Document, Key, References
from orcagen.schema.builder import TypeBuilder
from orcagen.schema.inline import write_inline
from orcagen.schema.model import (
    ANY,
    Alias,
    Constraint,
    CustomType,
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
from orcagen.schema.resolve import SchemaResolver
from orcagen.schema.suggested_names import suggest_payload_name

__all__ = [
    "ANY",
    "Alias",
    "Constraint",
    "CustomType",
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
    "union_members",
]


def build(
    document: Document, references: References, custom: Mapping[str, CustomType] | None = None
) -> TypeGraph:
    """The types of all schemas of a document; of a filtered one, of those that its operations need.

    `custom` has the user's own classes by the pointer of a schema, the name of a component or `format:NAME`. What is wrong with a schema is reported to the diagnostics of `references`. Raises InputError where a reference cannot be
    resolved.
    """
    contents = [op.body.content for op in document.operations if op.body]
    contents += [r.content for op in document.operations for r in op.responses]
    has_xml = any(
        "xml" in media_type.lower()
        for content in contents
        for m in content
        for media_type in (m.media_type, *(e.content_type or "" for e in m.encoding.values()))
    )
    builder = TypeBuilder(SchemaResolver(document, references), custom or {}, has_xml)
    for node in () if document.is_filtered else document.schemas:
        builder.add_named(node, None, node.name)
    for operation in document.operations:
        parent = operation.node.key
        for parameter in operation.parameters:
            builder.add_schema(parameter.schema, parent, parameter.name, "parameter")
            builder.add_documentation(parameter)
        if operation.body:
            builder.add_content(operation.body.content, parent, "body", "body")
        for response in operation.responses:
            is_success = response.status.startswith("2")
            name = "response" if is_success else f"response {response.status}"
            builder.add_content(response.content, parent, name, "response")
            for header in response.headers:
                builder.add_schema(header.schema, parent, f"{header.name} header", "header")
    for node in (*document.webhook_schemas, *document.table_schemas):
        builder.add_schema(node, None, suggest_payload_name(node))
    builder.finish()
    components = [n.key for n in document.schemas]
    return write_inline(
        TypeGraph(
            builder.named,
            builder.types,
            tuple(c for c in components if c in builder.named),
            builder.xml,
            builder.parameters,
        )
    )
