"""The type graph: records, named aliases and plain type expressions. Nothing here knows Python names."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import field, frozen

Key: TypeAlias = tuple[
    str, str
]  # file and pointer; made-up pointers for schemas that only exist combined


@frozen
class Scalar:
    """`name` is a word of the vocabulary that generated code knows: str, int, dt.datetime, Any..."""

    name: str


@frozen
class Literals:
    """Known values. `rest` is the type of the unknown ones, None where there are none."""

    values: tuple[str | int | bool, ...]
    rest: str | None

    def __attrs_post_init__(self) -> None:
        assert self.values


@frozen
class ListOf:
    item: Type


@frozen
class MapOf:
    value: Type


@frozen
class TupleOf:
    items: tuple[Type, ...]
    rest: Type | None


@frozen
class Ref:
    key: Key


@frozen
class Union:
    members: tuple[Type, ...]


Type: TypeAlias = Scalar | Literals | ListOf | MapOf | TupleOf | Ref | Union

ANY, NONE, STR, BYTES, UPLOAD = (Scalar(n) for n in ("Any", "None", "str", "bytes", "Upload"))


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
    limits: tuple[str, ...] = ()
    values: str = ""  # what the values of an enum mean
    constant: str | int | bool | None = None
    pattern: str | None = None


@frozen
class Named:
    """A record or an alias that gets a module of its own. `hint` is how it was reached: the owner and the words after.

    `pointer` is its place; of several schemas combined, that of the one that tells it from other combinations.
    """

    key: Key
    pointer: str
    owner: Key | None
    hint: str
    title: str
    description: str
    deprecated: bool


@frozen
class Record(Named):
    properties: tuple[Property, ...] = ()
    additional: Type | None = None  # None where unknown properties have no type of their own


@frozen
class Alias(Named):
    """`common` names the properties of a union whose members are all made for it: it can be their base."""

    type: Type = ANY
    tag: str | None = None
    tags: dict[str, Key] = field(factory=dict)
    common: tuple[str, ...] = ()


@frozen
class TypeGraph:
    """All named types by key, and the type of each schema that stands in an operation."""

    named: dict[Key, Record | Alias]
    at: dict[Key, Type]
    components: tuple[Key, ...]


def members_of(type_: Type) -> tuple[Type, ...]:
    return type_.members if isinstance(type_, Union) else (type_,)


def or_none(type_: Type, nullable: bool) -> Type:
    return union_of([type_, NONE]) if nullable else type_


def union_of(members: list[Type]) -> Type:
    """Flat, each member once, None last; Any swallows the rest; literals are joined."""
    flat = [m for member in members for m in members_of(member)]
    if not flat:
        return ANY
    if ANY in flat:
        return ANY
    literals = [m for m in flat if isinstance(m, Literals)]
    if len(literals) > 1:
        values = tuple({(type(v), v): v for m in literals for v in m.values}.values())
        rest = (
            "str"
            if any(m.rest == "str" for m in literals)
            else next((m.rest for m in literals if m.rest), None)
        )
        at = flat.index(literals[0])
        flat = [m for m in flat if not isinstance(m, Literals)]
        flat.insert(at, Literals(values, rest))
    out = list(dict.fromkeys(flat))
    for literal in [m for m in out if isinstance(m, Literals)]:
        if literal.rest and Scalar(literal.rest) in out:
            out.remove(Scalar(literal.rest))
    if NONE in out:
        out.remove(NONE)
        out.append(NONE)
    return out[0] if len(out) == 1 else Union(tuple(out))


def circles(edges: dict[Key, list[Key]]) -> list[set[Key]]:
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
