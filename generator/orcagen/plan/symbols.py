"""Names for schemas: a symbol and a module for each; and the types of a graph with their references resolved to those."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define

from orcagen import schema
from orcagen.diagnostics import InputError
from orcagen.openapi import Document
from orcagen.plan import names
from orcagen.plan.model import ModelType, Type
from orcagen.schema import Alias, Key, TypeGraph, TypeRef
from orcagen.schema.model import make_union, replace_references
from orcagen.source.loader import relative_path


@define
class Symbols:
    """The symbol and the module of each named schema."""

    symbol: dict[Key, str]
    module: dict[Key, str]

    def resolve(self, type_: schema.Type) -> Type:
        """The type with the symbols of schemas for the references to them."""
        resolved: Type = replace_references(type_, lambda key: ModelType(self.symbol[key]))
        return resolved


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
    graph: TypeGraph, functions: dict[Key, str], overrides: dict[str, str], document: Document
) -> Symbols:
    """Names for all schemas of the graph.

    `functions` names the function of each operation: schemas inside an operation are named after it. `overrides` maps
    places of schemas to names: JSON pointers in the document, or a file by its path from there and a pointer in it.
    Raises InputError where two schemas have the same one.
    """
    components = set(graph.components)
    identity = {key: _identify(key, document) for key in sorted(graph.named)}
    chosen = _override(graph, overrides, identity, document)

    def is_root(key: Key) -> bool:
        """Whether a schema is named by itself, and not after what it is inside of; an operation is."""
        named = graph.named.get(key)
        return named is None or key in components or named.parent in (None, key)

    def full_name(key: Key) -> str:
        """The suggested name of a schema, with those of its parents in front."""
        parts = []
        while not is_root(key) and not graph.named[key].given_name:
            parts.append(graph.named[key].suggested_name)
            key = graph.named[key].parent or key
        named = graph.named.get(key)
        first = named.given_name or named.suggested_name if named else functions.get(key, "")
        return " ".join([first, *reversed(parts)])

    def find_root(key: Key) -> Key:
        """The schema or the operation that the module of a schema is named after."""
        while not is_root(key):
            key = graph.named[key].parent or key
        return key

    texts = {key: full_name(key) for key in identity}
    symbols = {key: chosen.get(key) or names.to_symbol(text) for key, text in texts.items()}
    # Two spellings of one name for one schema share its symbol.
    twins = {
        key: target
        for key, named in graph.named.items()
        if isinstance(named, Alias)
        and (target := find_alias_target(named)) is not None
        and symbols[key] == symbols[target]
    }
    free = [key for key in identity if key not in twins and key not in chosen]
    own = [k for k in free if k not in components and graph.named[k].qualifiers is not None]
    # Components first, then schemas that are named by themselves, then those inside of others.
    for group in (
        [k for k in free if k in components],
        own,
        [k for k in free if k not in components and graph.named[k].qualifiers is None],
    ):
        taken = set(chosen.values())
        if group is own:
            qualified = names.qualify(
                {identity[k]: texts[k] for k in own},
                {identity[k]: graph.named[k].qualifiers or () for k in own},
                taken,
            )
            symbols |= {k: names.to_symbol(qualified[identity[k]]) for k in own}
        # A component whose own name it is keeps it.
        originals = {k for k in components if k in graph.named and not graph.named[k].given_name}
        kept = names.find_foremost({identity[k]: symbols[k] for k in group})
        candidates = {
            identity[k]: (
                texts[k] if k in originals else symbols[k] if identity[k] in kept else "",
                symbols[k],
            )
            for k in group
        }
        unique = names.resolve_collisions(candidates, taken=taken)
        chosen |= {k: unique[identity[k]] for k in group}
    symbol = {key: chosen[key] for key in identity if key in chosen and key not in twins}

    roots = {key: find_root(key) for key in identity}
    module_candidates: dict[str, tuple[str, str]] = {}
    for root in dict.fromkeys(roots[key] for key in symbol):
        name = functions.get(root) or names.to_snake_case(symbol[_follow(root, twins)])
        module_candidates[_identify(root, document)] = (
            "",
            names.escape_reserved(name, {*symbol.values(), *names.BUILTINS}),
        )
    modules = names.resolve_collisions(module_candidates, files=True)
    module = {key: modules[_identify(roots[key], document)] for key in symbol}
    for key in twins:
        target = _follow(key, twins)
        symbol[key], module[key] = symbol[target], module[target]
    return Symbols(symbol, module)


def _override(
    graph: TypeGraph, overrides: dict[str, str], identity: dict[Key, str], document: Document
) -> dict[Key, str]:
    """The names that the settings give."""
    chosen: dict[Key, str] = {}
    for key in identity if overrides else ():
        named = graph.named[key]
        # It is for the schema at the pointer, not for a type that is made in addition to it.
        is_own = document.place(key) == named.pointer and not key.role
        if not is_own and any(
            document.place(k) == named.pointer and not k.role for k in graph.named
        ):
            continue
        file = relative_path(key.file, document.root.file)
        pointer = named.pointer.removesuffix("#")
        name = overrides.get(pointer, overrides.get(f"{pointer}#"))
        if name is None and key.file != document.root.file:
            name = overrides.get(
                f"{file}#{key.pointer}", overrides.get(file) if not key.pointer else None
            )
        if name is None:
            continue
        if name in chosen.values():
            raise InputError(f"`names` gives the name {name!r} to two schemas; choose another one")
        chosen[key] = names.check_override(name, named.pointer, names.RESERVED_SYMBOLS)
    return chosen


def _follow(key: Key, twins: dict[Key, Key]) -> Key:
    while key in twins:
        key = twins[key]
    return key


def _identify(key: Key, document: Document) -> str:
    """A key as text that is the same wherever the document's folder is."""
    place = document.place(key)
    return f"{'' if '#' in place else '#'}{place}{'&' if key.role else ''}{key.role}"
