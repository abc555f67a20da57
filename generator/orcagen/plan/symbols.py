"""Names for schemas: a symbol and a module for each; and the types of a graph with their references resolved to those."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define

from orcagen import schema
from orcagen.plan import names
from orcagen.plan.model import ModelType, Type
from orcagen.schema import (
    Alias,
    Key,
    ListType,
    MapType,
    TupleType,
    TypeGraph,
    TypeRef,
    UnionType,
)
from orcagen.schema.model import make_union


@define
class Symbols:
    """The symbol and the module of each named schema."""

    symbol: dict[Key, str]
    module: dict[Key, str]

    def resolve(self, type_: schema.Type) -> Type:
        """The type with the symbols of schemas for the references to them."""
        resolved: Type = replace_references(type_, lambda key: ModelType(self.symbol[key]))
        return resolved


def replace_references(type_: schema.Type, make_type: Callable[[Key], Type]) -> Any:
    """The type with `make_type(key)` for each reference to the schema `key`, at any depth.

    Typed Any: the containers of the schema stage hold the plan's types afterwards.
    """
    match type_:
        case TypeRef(key):
            return make_type(key)
        case ListType(item):
            return ListType(replace_references(item, make_type))
        case MapType(value):
            return MapType(replace_references(value, make_type))
        case TupleType(items, rest):
            new_rest = None if rest is None else replace_references(rest, make_type)
            return TupleType(tuple(replace_references(i, make_type) for i in items), new_rest)
        case UnionType(members):
            return make_union([replace_references(m, make_type) for m in members])
    return type_


def join_types(types: Iterable[Type]) -> Type:
    """The union of types, flat and each member once; Any if one of them is."""
    members: list[Any] = list(types)
    return make_union(members)


def find_alias_target(alias: Alias) -> Key | None:
    """The schema that an alias is only another name of."""
    if not isinstance(alias.type, TypeRef) or alias.type.key == alias.key or alias.discriminator:
        return None
    return alias.type.key


def assign_symbols(
    graph: TypeGraph, functions: dict[Key, str], overrides: dict[str, str], root_file: str
) -> Symbols:
    """Names for all schemas of the graph.

    `functions` names the function of each operation: schemas inside an operation are named after it. `overrides` maps JSON
    pointers to names. `root_file` is the document's file: schemas of other files are identified by the path from its folder.
    """
    components = set(graph.components)
    candidates: dict[str, tuple[str, str]] = {}
    keys: dict[str, Key] = {}
    roots: dict[Key, Key] = {}

    def full_name(key: Key) -> str:
        """The suggested name of a schema, with those of its parents in front."""
        named = graph.named.get(key)
        if named is None:
            return functions.get(key, "")
        if key in components or named.parent is None or named.parent == key:
            return named.suggested_name
        return f"{full_name(named.parent)} {named.suggested_name}"

    def find_root(key: Key) -> Key:
        """The schema or the operation that the module of a schema is named after."""
        named = graph.named.get(key)
        if named is None or key in components or named.parent is None or named.parent == key:
            return key
        return find_root(named.parent)

    for key in sorted(graph.named):
        identity = _identify(key, root_file)
        keys[identity] = key
        roots[key] = find_root(key)
        original = full_name(key) if key in components else ""
        pointer = graph.named[key].pointer
        # An override is for the schema at the pointer, not for a type that is made in addition to it.
        is_own = (pointer == key.pointer and not key.role) or (
            Key(key.file, pointer) not in graph.named
        )
        name = names.to_symbol(full_name(key))
        if is_own and pointer in overrides:
            name = names.check_override(overrides[pointer], pointer, names.RESERVED_SYMBOLS)
        candidates[identity] = (original, name)
    # Two spellings of one name for one schema share its symbol.
    twins = {
        key: target
        for key, named in graph.named.items()
        if isinstance(named, Alias)
        and (target := find_alias_target(named)) is not None
        and candidates[_identify(key, root_file)][1] == candidates[_identify(target, root_file)][1]
    }
    for key in twins:
        del candidates[_identify(key, root_file)]
    # Dicts, whose order is that of `candidates`: the order of a set would depend on the hash seed.
    inner = {i: c for i, c in candidates.items() if keys[i] not in components}
    chosen = names.resolve_collisions({i: c for i, c in candidates.items() if i not in inner})
    component_names = set(chosen.values())
    for identity, name in names.resolve_collisions(inner).items():
        if name in component_names:
            name += names.short_hash(identity).upper()
        chosen[identity] = name
    symbol = {keys[i]: name for i, name in chosen.items()}

    module_candidates: dict[str, tuple[str, str]] = {}
    for root in dict.fromkeys(roots[key] for key in symbol):
        name = functions.get(root) or names.to_snake_case(symbol[_follow(root, twins)])
        module_candidates[_identify(root, root_file)] = (
            "",
            names.escape_reserved(name, {*symbol.values(), *names.BUILTINS}),
        )
    modules = names.resolve_collisions(module_candidates, files=True)
    module = {key: modules[_identify(roots[key], root_file)] for key in symbol}
    for key in twins:
        target = _follow(key, twins)
        symbol[key], module[key] = symbol[target], module[target]
    return Symbols(symbol, module)


def _follow(key: Key, twins: dict[Key, Key]) -> Key:
    while key in twins:
        key = twins[key]
    return key


def _identify(key: Key, root_file: str) -> str:
    """A key as text that is the same wherever the document's folder is."""
    file, pointer, role = key
    pointer += f"&{role}" if role else ""
    if file == root_file:
        return "#" + pointer
    if file.startswith(("http://", "https://")) or root_file.startswith(("http://", "https://")):
        return f"{file}#{pointer}"
    folder = "." if root_file == "-" else root_file.rpartition("/")[0] or "/"
    return f"{os.path.relpath(file, folder)}#{pointer}"
