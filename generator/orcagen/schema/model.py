"""The type graph: records, named aliases and plain type expressions. Nothing here knows Python names."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import field, frozen

from orcagen.openapi import Key


@frozen
class Scalar:
    """`name` is a word of the vocabulary that generated code knows: str, int, dt.datetime, Any..."""

    name: str


@frozen
class LiteralType:
    """Known values. `open_type` is the type of values that are not listed, None for a closed enum."""

    values: tuple[str | int | bool, ...]
    open_type: str | None

    def __attrs_post_init__(self) -> None:
        assert self.values


@frozen
class ListType:
    item: Type


@frozen
class MapType:
    value: Type


@frozen
class TupleType:
    items: tuple[Type, ...]
    rest: Type | None


@frozen
class TypeRef:
    key: Key


@frozen
class UnionType:
    members: tuple[Type, ...]


Type: TypeAlias = Scalar | LiteralType | ListType | MapType | TupleType | TypeRef | UnionType

ANY, NONE, STR, BYTES, UPLOAD = (Scalar(n) for n in ("Any", "None", "str", "bytes", "Upload"))


@frozen
class Constraint:
    """A keyword of JSON Schema that limits values, such as `minLength`, and its value."""

    keyword: str
    value: str | int | float | bool | None


@frozen
class Property:
    """`constant` is the one value that a required property can have; it is filled in."""

    name: str
    type: Type
    required: bool
    description: str
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False
    default: Any = None
    constraints: tuple[Constraint, ...] = ()
    value_names: tuple[tuple[Any, str], ...] = ()  # what the values of an enum mean
    constant: str | int | bool | None = None
    pattern: str | None = None


@frozen
class Definition:
    """A record or an alias that gets a module of its own. `suggested_name` is how it was reached: the parent and the words after.

    `pointer` is its place; of several schemas combined, that of the one that tells it from other combinations.
    """

    key: Key
    pointer: str
    parent: Key | None
    suggested_name: str
    title: str
    description: str
    deprecated: bool


@frozen
class ObjectType(Definition):
    properties: tuple[Property, ...] = ()
    additional_properties: Type | None = (
        None  # None where unknown properties have no type of their own
    )


@frozen
class Alias(Definition):
    """`common` names the properties of a union whose members are all made for it: it can be their base."""

    type: Type = ANY
    discriminator: str | None = None
    mapping: dict[str, Key] = field(factory=dict)
    common: tuple[str, ...] = ()


@frozen
class TypeGraph:
    """All named types by key, and the type of each schema that stands in an operation."""

    named: dict[Key, ObjectType | Alias]
    types: dict[Key, Type]
    components: tuple[Key, ...]


def union_members(type_: Type) -> tuple[Type, ...]:
    return type_.members if isinstance(type_, UnionType) else (type_,)


def make_nullable(type_: Type, nullable: bool) -> Type:
    return make_union([type_, NONE]) if nullable else type_


def make_union(members: list[Type]) -> Type:
    """Flat, each member once, None last; Any swallows the rest; literals are joined."""
    flat = [m for member in members for m in union_members(member)]
    if not flat:
        return ANY
    if ANY in flat:
        return ANY
    literals = [m for m in flat if isinstance(m, LiteralType)]
    if len(literals) > 1:
        values = tuple({(type(v), v): v for m in literals for v in m.values}.values())
        rest = (
            "str"
            if any(m.open_type == "str" for m in literals)
            else next((m.open_type for m in literals if m.open_type), None)
        )
        at = flat.index(literals[0])
        flat = [m for m in flat if not isinstance(m, LiteralType)]
        flat.insert(at, LiteralType(values, rest))
    out = list(dict.fromkeys(flat))
    for literal in [m for m in out if isinstance(m, LiteralType)]:
        if literal.open_type and Scalar(literal.open_type) in out:
            out.remove(Scalar(literal.open_type))
    if NONE in out:
        out.remove(NONE)
        out.append(NONE)
    return out[0] if len(out) == 1 else UnionType(tuple(out))


def strongly_connected_components(edges: dict[Key, list[Key]]) -> list[set[Key]]:
    """The keys of a graph, put together where each leads to the other (Tarjan's strongly connected components)."""
    number: dict[Key, int] = {}
    lowest: dict[Key, int] = {}
    open_: dict[Key, None] = {}
    out: list[set[Key]] = []

    def visit(key: Key) -> None:
        number[key] = lowest[key] = len(number)
        open_[key] = None
        for other in edges[key]:
            if other not in number:
                visit(other)
            if other in open_:
                lowest[key] = min(lowest[key], lowest[other])
        if lowest[key] == number[key]:
            circle = set()
            while key not in circle:
                circle.add(open_.popitem()[0])
            out.append(circle)

    for key in edges:
        if key not in number:
            visit(key)
    return out
