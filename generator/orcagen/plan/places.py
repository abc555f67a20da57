"""Places in JSON bodies: the types of the values at a JSON pointer."""

from __future__ import annotations

from orcagen import schema
from orcagen.openapi import Operation
from orcagen.openapi.model import Node
from orcagen.plan.media_types import is_json
from orcagen.plan.schemas import expand
from orcagen.pointers import tokens
from orcagen.schema import ANY, ListType, MapType, ObjectType, TypeGraph
from orcagen.schema.model import NONE


def find_json_schemas(op: Operation) -> list[Node | None]:
    """The schemas of the JSON bodies of successes; None for one without."""
    return [
        c.schema for r in op.responses if r.status[0] == "2" for c in r.content if is_json(c.media_type)
    ]  # fmt: skip


def find_types(graph: TypeGraph, type_: schema.Type, pointer: str) -> list[schema.Type]:
    """The types of the values at a pointer, as they are written there; [] if there can be none."""
    types = [type_]
    for token in tokens(pointer):
        leaves = [leaf for t in types for leaf in expand(graph, t) if leaf != NONE]
        types = []
        for leaf in leaves:
            match leaf:
                case ObjectType():
                    types += [p.type for p in leaf.properties if p.name == token]
                case MapType(value=value):
                    types.append(value)
                case ListType(item=item) if token.lstrip("-").isdecimal():
                    types.append(item)
                case _ if leaf == ANY:
                    types.append(ANY)
    return types


def follow(graph: TypeGraph, type_: schema.Type, pointer: str) -> list[schema.Type | ObjectType]:
    """The same types with references and unions taken apart, without null."""
    types = find_types(graph, type_, pointer)
    leaves = [leaf for t in types for leaf in expand(graph, t)]
    return [leaf for leaf in leaves if leaf != NONE] if pointer else leaves
