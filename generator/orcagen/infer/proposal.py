"""What is proposed for one operation, and the names and places that evidence is found in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from orcagen.openapi import Operation
from orcagen.plan.places import find_json_schemas
from orcagen.plan.schemas import expand
from orcagen.pointers import escaped
from orcagen.schema import ListType, ObjectType, Type, TypeGraph
from orcagen.schema.model import NONE


@frozen
class Proposal:
    """A declaration for an operation: the name of the extension and its value. `confidence` is between 0 and 1; each sentence of
    `evidence` says something of the document."""

    operation: Operation
    extension: str
    declaration: Any = field(hash=False)
    confidence: float
    evidence: tuple[str, ...]


def normalize(name: str) -> str:
    """A name without case and punctuation: `next_page-Token` is `nextpagetoken`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_body(op: Operation, graph: TypeGraph) -> Type | None:
    """The type of the JSON body of successes; None where there are several."""
    types = {graph.types[node.key] if node else None for node in find_json_schemas(op)}
    return types.pop() if len(types) == 1 else None


Leaves = list[Type | ObjectType]


def list_places(graph: TypeGraph, type_: Type, depth: int = 3) -> Iterator[tuple[str, Leaves]]:
    """The JSON pointers of the properties of an object, and of objects in it, each with its types but null."""
    todo: list[tuple[str, Type | ObjectType]] = [("", type_)]
    for _ in range(depth):
        inner: list[tuple[str, Type | ObjectType]] = []
        for pointer, outer in todo:
            leaves = [outer] if isinstance(outer, ObjectType) else expand(graph, outer)
            for leaf in leaves:
                for p in leaf.properties if isinstance(leaf, ObjectType) else ():
                    place = f"{pointer}/{escaped(p.name)}"
                    types = [t for t in expand(graph, p.type) if t != NONE]
                    yield place, types
                    inner += [(place, t) for t in types if isinstance(t, ObjectType)]
        todo = inner


def find_item(types: Leaves) -> Type | None:
    """The type of the items, if the types are those of an array."""
    return next((t.item for t in types if isinstance(t, ListType)), None)
