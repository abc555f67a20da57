"""Aliases that are written inline: where the name of a plain string, number or boolean is used, it says less than `str`."""

from __future__ import annotations

from attrs import evolve

from orcagen.openapi import Key
from orcagen.schema.model import (
    ANY,
    NONE,
    Alias,
    CustomType,
    ObjectType,
    Scalar,
    Type,
    TypeGraph,
    TypeRef,
    replace_references,
    union_members,
    walk,
)


def write_inline(graph: TypeGraph) -> TypeGraph:
    """The graph with the types of scalars in place of the references to their aliases. An alias that is only another name of
    one refers to it still."""
    inline: dict[Key, Type] = {}
    for key in graph.named:
        if (type_ := _find_scalar(key, graph)) is not None:
            inline[key] = type_
    if not inline:
        return graph

    def replace(type_: Type) -> Type:
        if not any(isinstance(part, TypeRef) and part.key in inline for part in walk(type_)):
            return type_
        replaced: Type = replace_references(type_, lambda key: inline.get(key) or TypeRef(key))
        return replaced

    def replace_inside(named: ObjectType | Alias) -> ObjectType | Alias:
        if isinstance(named, Alias):
            is_name = isinstance(named.type, TypeRef)
            type_ = named.type if is_name else replace(named.type)
            return evolve(named, type=type_, is_inline=named.key in inline)
        extra = named.additional_properties
        return evolve(
            named,
            properties=tuple(
                p if (type_ := replace(p.type)) is p.type else evolve(p, type=type_)
                for p in named.properties
            ),
            additional_properties=None if extra is None else replace(extra),
        )

    return evolve(
        graph,
        named={key: replace_inside(named) for key, named in graph.named.items()},
        types={key: replace(type_) for key, type_ in graph.types.items()},
    )


def _find_scalar(key: Key, graph: TypeGraph) -> Type | None:
    """The scalar that an alias stands for, directly or by the names of others; None for all other schemas. It may be nullable."""
    named, seen = graph.named[key], {key}
    while isinstance(named, Alias) and isinstance(named.type, TypeRef):
        if named.type.key in seen:
            return None
        seen.add(named.type.key)
        named = graph.named[named.type.key]
    if not isinstance(named, Alias):
        return None
    members = [m for m in union_members(named.type) if m != NONE]
    is_plain = (
        len(members) == 1 and isinstance(members[0], (Scalar, CustomType)) and members[0] != ANY
    )
    return named.type if is_plain else None
