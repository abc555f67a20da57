"""Examples: a call as a user would write it, with a value for each required argument."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from orcagen.plan.model import (
    ApiModule,
    Function,
    GenericType,
    ModelClass,
    ModelType,
    Package,
    Type,
    TypeAliasPlan,
)
from orcagen.render.literals import Code, call, literal
from orcagen.schema import ListType, LiteralType, MapType, Scalar, TupleType, UnionType
from orcagen.schema.model import NONE

_SCALARS: dict[str, Any] = {
    "int": 1,
    "float": 1.5,
    "bool": True,
    "bytes": Code('b"content"'),
    "Content": Code('b"content"'),
    "Upload": Code('b"content"'),
    "Any": "value",
    "None": None,
    "UUID": Code('UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")'),
    "Decimal": Code('Decimal("1.5")'),
    "DecimalNumber": Code('Decimal("1.5")'),
    "dt.datetime": Code("dt.datetime(2026, 1, 31, tzinfo=dt.timezone.utc)"),
    "dt.date": Code("dt.date(2026, 1, 31)"),
    "dt.time": Code("dt.time(12, 30)"),
}
_IMPORTS = {
    "UUID": "from uuid import UUID",
    "Decimal": "from decimal import Decimal",
    "dt": "import datetime as dt",
}
_UNKNOWN = Code("...")


@define
class Examples:
    """Makes examples, and collects the import lines that they need."""

    package: Package
    _symbols: dict[str, ModelClass | TypeAliasPlan] = field(init=False)
    _models: set[str] = field(factory=set, init=False)
    _lines: set[str] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        modules = self.package.models
        self._symbols = {x.symbol: x for m in modules for x in m.classes}
        self._symbols |= {x.symbol: x for m in modules for x in m.aliases}

    @property
    def imports(self) -> list[str]:
        """The lines for what the examples so far use, except for the client."""
        models = f"from {self.package.name}.models import {', '.join(sorted(self._models))}"
        return [*sorted(self._lines), *([models] if self._models else [])]

    def call(self, api: ApiModule, f: Function) -> Code:
        """A call of the client's method for an operation. `...` stands for values of which there is no example."""
        arguments = [self._value(a.type, a.name) for a in f.arguments if a.required]
        body = self._value(f.body.type, "body") if f.body and f.body.required else ""
        return call(f"client.{api.attribute}.{f.name}", *arguments, body=body)

    def _value(self, type_: Type, name: str, inside: tuple[str, ...] = ()) -> Any:
        """A value, as Code or of JSON. `name` is that of the argument or field, `inside` the classes that it is in."""
        match type_:
            case Scalar("str"):
                return name
            case Scalar(scalar):
                value = _SCALARS.get(scalar, _UNKNOWN)
                if isinstance(value, Code):
                    self._lines |= {_IMPORTS[n] for n in _IMPORTS if value.startswith(n)}
                return value
            case LiteralType(values, _):
                return values[0]
            case ListType(item) | GenericType("Iterable" | "Sequence", (item,)):
                return [self._value(item, name, inside)]
            case MapType(item) | GenericType("Mapping", (_, item)):
                return {"key": self._value(item, name, inside)}
            case TupleType(items, _):
                return tuple(self._value(item, name, inside) for item in items)
            case ModelType(symbol):
                return self._model(symbol, name, inside)
            case UnionType(members):
                return self._member(members, name, inside)
        return _UNKNOWN

    def _model(self, symbol: str, name: str, inside: tuple[str, ...]) -> Any:
        model = self._symbols.get(symbol)
        if model is None or symbol in inside:
            return _UNKNOWN
        inside = (*inside, symbol)
        if isinstance(model, TypeAliasPlan):
            return self._value(model.type, name, inside)
        self._models.add(symbol)
        required = [f for f in model.fields if f.default is None]
        values = [
            f"{f.alias or f.name}={literal(self._value(f.type, f.name, inside))}" for f in required
        ]
        return Code(f"{symbol}({', '.join(values)})")

    def _member(self, members: tuple[Type, ...], name: str, inside: tuple[str, ...]) -> Any:
        """Models before dicts and other ways to give the same; None only where there is nothing else."""
        ordered = sorted(members, key=lambda m: (m == NONE, not isinstance(m, ModelType)))
        for member in ordered:
            models, lines = set(self._models), set(self._lines)
            value = self._value(member, name, inside)
            if is_complete(literal(value)):
                return value
            self._models, self._lines = models, lines  # of what is not used
        return _UNKNOWN


def is_complete(example: str) -> bool:
    """Whether an example has a value for everything."""
    return _UNKNOWN not in example


def choose_function(api: ApiModule, examples: Examples) -> Function:
    """The operation that shows a tag best: complete, current, plain, and with few arguments."""

    def rank(f: Function) -> tuple[bool, bool, bool, bool, int]:
        text = Examples(examples.package).call(api, f)
        return (not is_complete(text), f.deprecated, f.is_stream, f.method != "GET", len(text))

    return min(api.functions, key=rank)
