"""Types in a normal form: as sets of members, so that the order in which a document lists them means nothing."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from orcagen.plan.model import GenericType, ModelType, Type, TypedDictType
from orcagen.render.literals import literal
from orcagen.render.types import IN_MODELS
from orcagen.schema import CustomType, ListType, LiteralType, MapType, Scalar, TupleType, UnionType
from orcagen.schema.model import NONE, STR


@frozen
class LiteralValue:
    """One value of a `Literal`. Its type tells 1 from True, which Python takes for equal."""

    type_name: str
    value: str | int | bool


@frozen
class Generic:
    """`list[...]`, `dict[str, ...]`, `tuple[...]` and other generics. The repeated items at the end of a tuple are an argument
    named `*tuple`; the parameters of a `Callable` are one without a name."""

    name: str
    args: tuple[Members, ...]


Member: TypeAlias = Scalar | CustomType | ModelType | TypedDictType | LiteralValue | Generic
Members: TypeAlias = frozenset[Member]

_ELLIPSIS: Members = frozenset((Scalar("..."),))


def normalize(type_: Type) -> Members:
    """The members of a union, the only member of any other type. Names of aliases are kept."""
    match type_:
        case Scalar() | CustomType() | ModelType() | TypedDictType():
            return frozenset((type_,))
        case LiteralType(values, open_type):
            members: set[Member] = {LiteralValue(type(v).__name__, v) for v in values}
            if open_type:
                members.add(Scalar(open_type))
            return frozenset(members)
        case UnionType(types):
            return frozenset(m for t in types for m in normalize(t))
        case ListType(item):
            return _generic("list", normalize(item))
        case MapType(value):
            return _generic("dict", normalize(STR), normalize(value))
        case TupleType(items, rest):
            args = [normalize(i) for i in items]
            if rest is not None:
                args.append(_generic("*tuple", normalize(rest), _ELLIPSIS))
            return _generic("tuple", *args)
        case GenericType("Callable", (*parameters, result)):
            return _generic(
                "Callable", _generic("", *map(normalize, parameters)), normalize(result)
            )
        case GenericType(name, types):
            return _generic(name, *map(normalize, types))
    raise TypeError(f"{type_!r} is not a type of a plan")


def _generic(name: str, *args: Members) -> Members:
    return frozenset((Generic(name, args),))


def format_members(members: Members) -> str:
    """Members as Python text: the values of a `Literal` first, the rest in alphabetical order, None last."""
    values = sorted(literal(m.value) for m in members if isinstance(m, LiteralValue))
    rest = sorted((m == NONE, _format(m)) for m in members if not isinstance(m, LiteralValue))
    literals = [f"Literal[{', '.join(values)}]"] if values else []
    return " | ".join([*literals, *(text for _, text in rest)])


def _format(member: Scalar | CustomType | ModelType | TypedDictType | Generic) -> str:
    if isinstance(member, Generic):
        return f"{member.name}[{', '.join(map(format_members, member.args))}]"
    return IN_MODELS.format(member)
