"""Types as Python text: annotations, and expressions that run when the module is imported or a function is called."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from orcagen.plan.model import GenericType, ModelType, Type, TypedDictType
from orcagen.plan.symbols import join_types
from orcagen.render.literals import literal
from orcagen.schema import (
    ANY,
    CustomType,
    ListType,
    LiteralType,
    MapType,
    Scalar,
    TupleType,
    UnionType,
    union_members,
)
from orcagen.schema.model import NONE

UNSET = Scalar("Unset")


@frozen
class Notation:
    """How one kind of module names models and typed dicts: `models` and `dicts` are the prefixes of their names.

    Annotations are never evaluated on import. In expressions, which are, the union of a model needs `Union`, as what a
    model's name gives may be no class; and `quoted` names are forward references to what is defined later.
    """

    models: str = ""
    dicts: str = ""
    evaluated: bool = False
    quoted: bool = False

    def format(self, type_: Type) -> str:
        """The type as Python text."""
        match type_:
            case Scalar(name):
                return name
            case CustomType(symbol):
                return self._format_name(f"custom_types.{symbol}")
            case ModelType(symbol):
                return self._format_name(self.models + symbol)
            case TypedDictType(symbol):
                return self._format_name(self.dicts + symbol)
            case LiteralType(values, open_type):
                text = f"Literal[{', '.join(map(literal, values))}]"
                return f"{text} | {open_type}" if open_type else text
            case ListType(item):
                return f"list[{self.format(item)}]"
            case MapType(value):
                return f"dict[str, {self.format(value)}]"
            case TupleType(items, rest):
                parts = [self.format(i) for i in items]
                if rest is not None:
                    parts.append(f"*tuple[{self.format(rest)}, ...]")
                return f"tuple[{', '.join(parts)}]"
            case GenericType("Callable", (*parameters, result)):
                taken = ", ".join(map(self.format, parameters))
                return f"Callable[[{taken}], {self.format(result)}]"
            case GenericType(name, args):
                return f"{name}[{', '.join(map(self.format, args))}]"
            case UnionType(members):
                parts = [part for m in members for part in self._format_member(m)]
                if self._needs_union(members):
                    return f"Union[{', '.join(parts)}]"
                return " | ".join(parts)
        raise TypeError(f"{type_!r} is not a type of a plan")

    def find_names(self, type_: Type) -> Iterator[str]:
        """The names that the text of a type uses, builtins and symbols aside: `models` for `models.Pet`."""
        for part in walk(type_):
            match part:
                case Scalar(name):
                    if name not in _BUILTIN:
                        yield "dt" if name.startswith("dt.") else name
                case CustomType():
                    yield "custom_types"
                case ModelType():
                    if self.models:
                        yield self.models.rstrip(".")
                case TypedDictType():
                    if self.dicts:
                        yield self.dicts.rstrip(".")
                case LiteralType():
                    yield "Literal"
                case GenericType(name, _):
                    yield name
                case UnionType(members):
                    if self._needs_union(members):
                        yield "Union"

    def _format_name(self, name: str) -> str:
        return literal(name) if self.quoted else name

    def _format_member(self, type_: Type) -> list[str]:
        if isinstance(type_, LiteralType) and type_.open_type:
            return [self.format(LiteralType(type_.values, None)), type_.open_type]
        return [self.format(type_)]

    def _needs_union(self, members: tuple[Type, ...]) -> bool:
        return self.evaluated and any(
            isinstance(m, (CustomType, ModelType, TypedDictType)) for m in members
        )


def walk(type_: Type) -> Iterator[Type]:
    """A type and all types inside it."""
    yield type_
    inner: tuple[Type, ...] = ()
    match type_:
        case ListType(item) | MapType(item):
            inner = (item,)
        case TupleType(items, rest):
            inner = items if rest is None else (*items, rest)
        case GenericType(_, types) | UnionType(types):
            inner = types
    for part in inner:
        yield from walk(part)


_BUILTIN = frozenset(("None", "bool", "bytes", "float", "int", "str"))

IN_MODELS = Notation()
IN_MODEL_ALIASES = Notation(evaluated=True, quoted=True)
IN_API = Notation(models="models.", dicts="dicts.")
IN_CALLS = Notation(models="models.", dicts="dicts.", evaluated=True)
IN_DICTS = Notation(models="models.")
IN_DICT_ALIASES = Notation(models="models.", evaluated=True, quoted=True)


def add_none(type_: Type) -> Type:
    """The type of an optional argument."""
    return join_types([type_, NONE])


def add_unset(type_: Type) -> Type:
    """The type of an optional property."""
    return ANY if type_ == ANY else UnionType((*union_members(type_), UNSET))  # type: ignore[arg-type]
