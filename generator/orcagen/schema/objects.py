"""Classes: the properties of objects and what is documented about each."""

from __future__ import annotations

from orcagen.openapi import Key, Node
from orcagen.schema.infer import find_pattern, read_constraints, read_value_names
from orcagen.schema.keywords import clean_text
from orcagen.schema.merge import MergedSchema, SchemaMerger
from orcagen.schema.model import (
    ANY,
    BuildType,
    Definition,
    LiteralType,
    ObjectType,
    Property,
    make_union,
)
from orcagen.schema.resolve import SchemaResolver
from orcagen.schema.suggested_names import find_property_owner


def make_object(
    definition: Definition, merged: MergedSchema, merger: SchemaMerger, build: BuildType
) -> ObjectType:
    """The class for a schema with properties."""
    key, components = definition.key, merger.resolver.components
    properties = []
    for name, nodes in merged.properties.items():
        # `false` says that there is no such property (Core 4.3.2); another declaration of it counts more.
        schemas = [n for n in nodes if isinstance(n.value, dict)] or nodes[:1]
        relevant = merger.dedupe(tuple({n.key: n for n in schemas}.values()))
        owner = None
        if len(relevant) == 1:
            declared_in = relevant[0].pointer.rpartition("/properties/")[0]
            if key.role or declared_in != key.pointer:
                owner = find_property_owner(relevant[0], components)
        is_required = name in merged.required
        properties.append(
            _make_property(name, relevant, is_required, owner or key, merger.resolver, build)
        )
    for name in sorted(merged.required - merged.properties.keys()):
        properties.append(Property(name, ANY, True, ""))
    additional = [
        build((n,), find_property_owner(n, components) or key, "additional property")
        for n in (*merged.additional_properties, *merged.pattern_properties)
    ]
    return ObjectType(
        definition.key,
        definition.pointer,
        definition.parent,
        definition.suggested_name,
        definition.title,
        definition.description or clean_text(merged.first("description")),
        definition.deprecated,
        tuple(properties),
        make_union(additional) if additional and ANY not in additional else None,
    )


def _make_property(
    name: str,
    nodes: tuple[Node, ...],
    required: bool,
    parent: Key,
    resolver: SchemaResolver,
    build: BuildType,
) -> Property:
    type_ = build(nodes, parent, name)
    values = [n.value for n in nodes if isinstance(n.value, dict)]
    target = resolver.unwrap(nodes[0])[0].value
    # What stands beside a reference is documentation of this property, and goes before the target's.
    own = nodes[0].value if isinstance(nodes[0].value, dict) else {}
    documented = {**target, **own} if isinstance(target, dict) else own
    patterns = (find_pattern(resolver.unwrap(n)[0].value) for n in nodes)
    constant = None
    if required and isinstance(type_, LiteralType) and type_.open_type is None:
        constant = type_.values[0]
    return Property(
        name=name,
        type=type_,
        required=required,
        description=clean_text(documented.get("description"))
        or clean_text(documented.get("title")),
        value_names=read_value_names(own),
        read_only=any(v.get("readOnly") is True for v in values),
        write_only=any(v.get("writeOnly") is True for v in values),
        deprecated=documented.get("deprecated") is True,
        default=own.get("default"),
        constraints=read_constraints(own),
        constant=constant,
        pattern=next((p for p in patterns if p is not None), None),
    )
