"""Typed dicts for request bodies, made from the same types as the models."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from orcagen import schema
from orcagen.openapi import Document
from orcagen.plan import names
from orcagen.plan.model import (
    JSON_OBJECT,
    ModelType,
    Type,
    TypedDictField,
    TypedDictPlan,
    TypedDictType,
)
from orcagen.plan.symbols import Symbols, find_alias_target, join_types
from orcagen.schema import (
    Alias,
    Key,
    ObjectType,
    TypeGraph,
    TypeRef,
)
from orcagen.schema.model import replace_references, walk


@frozen
class TypedDicts:
    """The typed dicts of a package. `types` has, for each schema that a body can reach, the type of its values in a dict."""

    plans: tuple[TypedDictPlan, ...] = ()
    types: dict[Key, Type] = field(factory=dict)

    def resolve(self, type_: schema.Type) -> Type | None:
        """A type with typed dicts in place of the models; None where that changes nothing."""
        keys = list(_find_references(type_))
        if not all(key in self.types for key in keys):
            return None
        if all(isinstance(self.types[key], ModelType) for key in keys):
            return None
        resolved: Type = replace_references(type_, self.types.__getitem__)
        return resolved


def plan_typed_dicts(document: Document, graph: TypeGraph, symbols: Symbols) -> TypedDicts:
    """Typed dicts for all objects in request bodies.

    Schemas without objects (an enum, a list of numbers) are the same in a dict and in a model: the dicts refer to
    `models/` for them.
    """
    reachable = _find_reachable(document, graph)
    with_objects = _find_containing_objects(graph, reachable)
    types: dict[Key, Type] = {}
    for key in reachable:
        named, symbol = graph.named[key], symbols.symbol[key]
        types[key] = TypedDictType(_name(symbol)) if key in with_objects else ModelType(symbol)
        if isinstance(named, ObjectType) and named.additional_properties is not None:
            # Before PEP 728 (Python 3.15) a typed dict cannot have keys that it does not name.
            types[key] = join_types([types[key], JSON_OBJECT])
    plans: dict[str, TypedDictPlan] = {}
    for key in sorted(with_objects):
        named, symbol = graph.named[key], symbols.symbol[key]
        if isinstance(named, ObjectType):
            fields = tuple(
                TypedDictField(
                    p.name,
                    replace_references(p.type, types.__getitem__),
                    required=p.required and not p.read_only,  # the server sets the others
                )
                for p in named.properties
            )
            plans[symbol] = TypedDictPlan(_name(symbol), symbol, fields)
            continue
        target = find_alias_target(named)
        if target is None or symbols.symbol[target] != symbol:  # else two spellings of one name
            type_ = replace_references(named.type, types.__getitem__)
            plans[symbol] = TypedDictPlan(_name(symbol), symbol, type=type_)
    return TypedDicts(tuple(plans[symbol] for symbol in sorted(plans)), types)


def _name(symbol: str) -> str:
    return names.escape_reserved(f"{symbol}Dict", ("TypedDict",))


def _find_references(type_: schema.Type) -> Iterator[Key]:
    return (part.key for part in walk(type_) if isinstance(part, TypeRef))


def _find_reachable(document: Document, graph: TypeGraph) -> set[Key]:
    """The schemas in request bodies, directly and by references."""
    todo = [
        graph.types[content.schema.key]
        for op in document.operations
        for content in (op.body.content if op.body else ())
        if content.schema is not None
    ]
    reachable: set[Key] = set()
    while todo:
        for key in _find_references(todo.pop()):
            if key not in reachable:
                reachable.add(key)
                named = graph.named[key]
                if isinstance(named, ObjectType):
                    todo += (p.type for p in named.properties)
                else:
                    todo.append(named.type)
    return reachable


def _find_containing_objects(graph: TypeGraph, keys: set[Key]) -> set[Key]:
    """The schemas that are objects, and the aliases whose types contain one at any depth."""
    containing = {key for key in keys if isinstance(graph.named[key], ObjectType)}
    users: dict[Key, set[Key]] = {}
    for key in keys:
        named = graph.named[key]
        if isinstance(named, Alias):
            for used in _find_references(named.type):
                users.setdefault(used, set()).add(key)
    todo = list(containing)
    while todo:
        new = users.get(todo.pop(), set()) - containing
        containing |= new
        todo += new
    return containing
