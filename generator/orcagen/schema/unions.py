"""Unions: what is a union and nothing else, and type aliases that contain themselves.

`oneOf` is read as `anyOf` (Core 10.2.1.2, 10.2.1.3): a type cannot express that exactly one variant matches.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve

from orcagen.openapi import Key, Node
from orcagen.schema.keywords import TYPE_KEYWORDS, get_discriminator, json_equal
from orcagen.schema.merge import MergedSchema, SchemaMerger
from orcagen.schema.model import Alias, ObjectType, TypeRef, make_union, union_members
from orcagen.schema.resolve import SchemaResolver


def is_plain_union(merged: MergedSchema) -> bool:
    """Whether the value is one of the variants as they are: a single union, and nothing beside it that constrains them."""
    keywords = ["format", *(k for group in TYPE_KEYWORDS.values() for k in group)]
    return (
        len(merged.unions) == 1
        and merged.values is None
        and all(_is_neutral(source.value.get(k)) for source in merged.sources for k in keywords)
        and (merged.types is None or len(merged.types) > 1 or merged.types == {"object"})
    )


def _is_neutral(value: Any) -> bool:
    """Whether the value of a keyword says as little as its absence: `properties: {}`."""
    return value is None or value is True or value in ({}, [])


def reduce_unions(merged: MergedSchema, merger: SchemaMerger) -> MergedSchema:
    """The schema with the variants that a value can match.

    Of two unions that have variants in common, such as an `anyOf` beside a `oneOf` of the same, those count. A variant that
    is null is dropped where `type` excludes null.
    """
    unions = merged.unions
    if merged.types is not None and not merged.nullable and merged.types != {"null"}:
        unions = [(owner, [v for v in vs if not merger.is_null(v)] or vs) for owner, vs in unions]
    kept: list[tuple[Node, list[Node]]] = []
    for owner, variants in unions:
        for i, (other, others) in enumerate(kept):
            common = [v for v in others if any(_is_same(v, w, merger.resolver) for w in variants)]
            if not all(map(merger.is_null, common)):
                kept[i] = (owner if get_discriminator(owner) is not None else other, common)
                break
        else:
            kept.append((owner, variants))
    return evolve(merged, unions=kept)


def _is_same(variant: Node, other: Node, resolver: SchemaResolver) -> bool:
    return resolver.resolved_key(variant) == resolver.resolved_key(other) or (
        variant.file == other.file and json_equal(variant.value, other.value)
    )


def break_cycles(named: dict[Key, ObjectType | Alias]) -> dict[Key, Alias]:
    """Aliases without the references by which a union is a member of itself: they add no value to it, and Python cannot
    evaluate them. Returns the changed ones. Which reference of a cycle is dropped depends on the cycle alone, so that no
    other schema changes a type."""
    aliases = {k: n for k, n in named.items() if isinstance(n, Alias)}
    edges = {
        key: [m.key for m in union_members(a.type) if isinstance(m, TypeRef) and m.key in aliases]
        for key, a in aliases.items()
    }
    changed: dict[Key, Alias] = {}
    done: set[Key] = set()

    def visit(key: Key, path: tuple[Key, ...], cycle: set[Key]) -> None:
        if key in done:
            return
        path = (*path, key)
        members = union_members(aliases[key].type)
        kept = [m for m in members if not (isinstance(m, TypeRef) and m.key in path)]
        if len(kept) < len(members):
            changed[key] = evolve(aliases[key], type=make_union(kept))
        for member in kept:
            if isinstance(member, TypeRef) and member.key in cycle:
                visit(member.key, path, cycle)
        done.add(key)

    for component in _strongly_connected_components(edges):
        for key in sorted(component):
            visit(key, (), component)
    return changed


def _strongly_connected_components(edges: dict[Key, list[Key]]) -> list[set[Key]]:
    """The keys of a graph, grouped by "each leads to the other" (Tarjan's algorithm)."""
    index: dict[Key, int] = {}
    low: dict[Key, int] = {}  # the smallest index that is reached from a key
    stack: dict[Key, None] = {}
    out: list[set[Key]] = []

    def visit(key: Key) -> None:
        index[key] = low[key] = len(index)
        stack[key] = None
        for target in edges[key]:
            if target not in index:
                visit(target)
            if target in stack:
                low[key] = min(low[key], low[target])
        if low[key] == index[key]:
            component: set[Key] = set()
            while key not in component:
                component.add(stack.popitem()[0])
            out.append(component)

    for key in edges:
        if key not in index:
            visit(key)
    return out
