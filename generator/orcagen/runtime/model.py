"""The base of all models, and how JSON becomes Python values and back.

A model's fields say everything: the annotation gives the type, `metadata={"wire": ...}` the name in JSON where it
differs. The two functions that read and write a class are compiled when it is first used.

Reading is lenient and loses nothing: a value that does not fit its type is kept as it came, a missing one is UNSET,
unknown properties go to `additional_properties`.
"""

# pyright: basic

from __future__ import annotations

import base64
import datetime as dt
import functools
import importlib
import re
import sys
import typing
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, ForwardRef, Generic, Literal, TypeVar, Union, cast

from attrs import define, field, fields

T = TypeVar("T")
M = TypeVar("M", bound="ApiModel")
Function = Callable[[Any], Any]


class Unset:
    """The type of UNSET: a property that is absent, as opposed to null. Falsy; there is one instance."""

    _one: Unset | None = None

    def __new__(cls) -> Unset:
        if cls._one is None:
            cls._one = super().__new__(cls)
        return cls._one

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET = Unset()
SERVER_SET: Any = (
    UNSET  # the default of required read-only properties: the server sets them, callers need not
)


@define(kw_only=True)
class ApiModel:
    """The base of every model. `additional_properties` holds the JSON properties that the document does not name."""

    additional_properties: dict[str, Any] = field(factory=dict)

    @classmethod
    def from_dict(cls: type[M], data: Mapping[str, Any]) -> M:
        """Reads a JSON object. Raises TypeError for anything else."""
        if not isinstance(cast(object, data), Mapping):
            raise TypeError(
                f"{cls.__name__}.from_dict takes a JSON object, not {type(data).__name__}"
            )
        return cast(M, shape_of(cls).read(data))

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: what is UNSET left out, unknown properties included."""
        return cast("dict[str, Any]", shape_of(type(self)).write(self))


class Codec(Generic[T]):
    """Reads and writes the values of a schema that is no class: a union, a list, an enum.

    `type_` is the type as an expression over the models' names. `tag` is the discriminator's property, `tags` the model
    that each of its values means.
    """

    def __init__(
        self, type_: Any, tag: str | None = None, tags: Mapping[str, str] | None = None
    ) -> None:
        self.type = type_
        self.tag = tag
        self.tags = tags or {}

    @functools.cached_property
    def reader(self) -> Reader:
        inner = _reader(self.type)
        return Tagged(inner, self.tag, self.tags) if self.tag else inner

    def decode(self, data: Any) -> T:
        """The typed value of parsed JSON."""
        return cast(T, self.reader.read(data))

    def encode(self, value: T) -> Any:
        """The JSON value."""
        return to_json(value)


# Readers: one for each kind of type. `fit` says how well a value matches, 0 for not at all.


class Reader:
    """Reads anything as it is. `plain`: reading changes nothing."""

    plain = True

    def read(self, value: Any) -> Any:
        return value

    def fit(self, value: Any) -> float:
        return 0.5


class Plain(Reader):
    """JSON's own scalars."""

    def __init__(self, *types: type) -> None:
        self.types = types

    def fit(self, value: Any) -> float:
        return 1.0 if type(value) in self.types else 0.0


KNOWN = 3.0  # the fit of a value that the document lists


class OneOf(Reader):
    """A Literal. It is known by the value, which beats a match of types."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = frozenset((type(v), v) for v in values)

    def fit(self, value: Any) -> float:
        known = isinstance(value, (str, int)) and (type(value), value) in self.values
        return KNOWN if known else 0.0


class Items(Reader):
    def __init__(self, item: Reader) -> None:
        self.item = item
        self.plain = item.plain

    def read(self, value: Any) -> Any:
        if type(value) is not list or self.plain:
            return value
        read = self.item.read
        return [read(v) for v in value]

    def fit(self, value: Any) -> float:
        if type(value) is not list:
            return 0.0
        return min((self.item.fit(v) for v in value[:20]), default=1.0)


class Values(Reader):
    """An object that is a map."""

    def __init__(self, item: Reader) -> None:
        self.item = item
        self.plain = item.plain

    def read(self, value: Any) -> Any:
        if not isinstance(value, dict) or self.plain:
            return value
        read = self.item.read
        return {k: read(v) for k, v in value.items()}

    def fit(self, value: Any) -> float:
        if not isinstance(value, dict):
            return 0.0
        return min([0.5, *(self.item.fit(v) for v in value.values())])


class Object(Reader):
    """A model, by its class, found when first needed: models may refer to each other in circles."""

    plain = False

    def __init__(self, name: str) -> None:
        self.name = name

    @functools.cached_property
    def shape(self) -> Shape:
        return shape_of(model(self.name))

    def read(self, value: Any) -> Any:
        return self.shape.read(value) if isinstance(value, dict) else value

    def fit(self, value: Any) -> float:
        return self.shape.fit(value) if isinstance(value, dict) else 0.0


class Choice(Reader):
    """A union: of the members that a value fits, the one that it fits best; as it came if it fits none."""

    def __init__(self, members: list[Reader]) -> None:
        self.members = members
        self.plain = all(m.plain for m in members)
        objects = [m for m in members if isinstance(m, (Named, Values))]
        self.only = (
            objects[0] if len(objects) == 1 and isinstance(objects[0], Named) else None
        )

    def read(self, value: Any) -> Any:
        if self.plain:
            return value
        if self.only and type(value) is dict:
            return self.only.read(value)
        best, reader = 0.0, None
        for member in self.members:
            fit = member.fit(value)
            if fit > best:
                best, reader = fit, member
        return reader.read(value) if reader else value

    def fit(self, value: Any) -> float:
        return max((m.fit(value) for m in self.members), default=0.0)


class Tagged(Reader):
    """A union with a discriminator. A value whose tag is unknown is matched as if there were none."""

    plain = False

    def __init__(self, inner: Reader, tag: str, tags: Mapping[str, str]) -> None:
        self.inner, self.tag, self.tags = (
            inner,
            tag,
            {k: Named(v) for k, v in tags.items()},
        )

    def _by_tag(self, value: Any) -> Reader | None:
        tag = value.get(self.tag) if isinstance(value, dict) else None
        return self.tags.get(tag) if isinstance(tag, str) else None

    def read(self, value: Any) -> Any:
        return (self._by_tag(value) or self.inner).read(value)

    def fit(self, value: Any) -> float:
        return 4.0 if self._by_tag(value) else self.inner.fit(value)


class Named(Reader):
    """A schema of the package by its name: a model or an alias."""

    plain = False

    def __init__(self, name: str) -> None:
        self.name = name

    @functools.cached_property
    def target(self) -> Reader:
        found = model(self.name)
        if isinstance(found, type) and issubclass(found, ApiModel):
            return Object(self.name)
        package = importlib.import_module(_models())
        module = importlib.import_module(f"{_models()}.{package.MODULES[self.name]}")
        return cast(Reader, getattr(module, self.name + "Codec").reader)

    def read(self, value: Any) -> Any:
        return self.target.read(value)

    def fit(self, value: Any) -> float:
        return self.target.fit(value)


class Shape:
    """A compiled class: its reader and its writer, and what tells it from others."""

    def __init__(self, cls: type[ApiModel]) -> None:
        self.cls = cls
        scope = vars(sys.modules[cls.__module__])
        own = [f for f in fields(cls) if f.name != "additional_properties"]
        self.wires = {f.name: str(f.metadata.get("wire", f.name)) for f in own}
        self.readers = {self.wires[f.name]: _reader(f.type, scope) for f in own}
        self.patterns = {
            self.wires[f.name]: compiled
            for f in own
            if (compiled := _pattern(f.metadata.get("pattern"))) is not None
        }
        self.required = {self.wires[f.name] for f in own if "Unset" not in str(f.type)}
        rest = next(f.type for f in fields(cls) if f.name == "additional_properties")
        values = _reader(rest, scope)
        self.rest = (
            values.item if isinstance(values, Values) and not values.plain else None
        )
        self.read, self.write = self._compile()

    def _compile(self) -> tuple[Function, Function]:
        names: dict[str, Any] = {
            "new": self.cls.__new__,
            "cls": self.cls,
            "UNSET": UNSET,
            "to_json": to_json,
        }
        names["names"] = frozenset(self.readers)
        # `n` counts the known properties that are there.
        head = "def read(data, new=new, cls=cls, UNSET=UNSET):"
        read = [head, " self = new(cls)", " get = data.get", f" n = {len(self.wires)}"]
        write = ["def write(self):", " out = {}"]
        for i, (name, wire) in enumerate(self.wires.items()):
            reader = self.readers[wire]
            names[f"r{i}"] = reader.read
            read += [
                f" v = self.{name} = get({wire!r}, UNSET)",
                " if v is UNSET: n -= 1",
            ]
            if not reader.plain:
                read.append(f" else: self.{name} = r{i}(v)")
            scalar = type(reader) in (Plain, OneOf) or (
                isinstance(reader, Choice)
                and all(type(m) in (Plain, OneOf) for m in reader.members)
            )
            write += [
                f" v = self.{name}",
                f" if v is not UNSET: out[{wire!r}] = {'v' if scalar else 'to_json(v)'}",
            ]
        names["rest"] = self.rest.read if self.rest else None
        item = "rest(v)" if self.rest else "v"
        read += [
            " if n == len(data): self.additional_properties = {}",
            f" else: self.additional_properties = {{k: {item} for k, v in data.items() if k not in names}}",
            " return self",
        ]
        write += [
            " if self.additional_properties:",
            "  for k, v in self.additional_properties.items(): out[k] = to_json(v)",
            " return out",
        ]
        # The text holds names of attributes and literals only, as in attrs' own __init__.
        exec("\n".join(read + write), names)
        return names["read"], names["write"]

    def fit(self, value: Mapping[str, Any]) -> float:
        """Above 0 unless a constant or a telling pattern differs.

        Known properties that fit count for it, missing required ones against it.
        """
        score = 1.0
        for wire, reader in self.readers.items():
            if wire in value:
                fit = reader.fit(value[wire])
                if fit == 0 and isinstance(reader, OneOf):
                    return 0.0
                pattern = self.patterns.get(wire)
                unknown = fit < KNOWN and isinstance(value[wire], str)
                if pattern and unknown and not pattern.search(value[wire]):
                    return 0.0
                score += 1 + fit / 4 if fit else -1
            elif wire in self.required:
                score -= 2
        score -= sum(0.25 for k in value if k not in self.readers)
        return max(score, 0.01)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    """A pattern of the document (ECMA-262), where Python can read it."""
    try:
        return re.compile(text) if text is not None else None
    except re.error:
        return None


_SHAPES: dict[type, Shape] = {}


def shape_of(cls: type[ApiModel]) -> Shape:
    """The shape of a model class, compiled when first asked for."""
    shape = _SHAPES.get(cls)
    if shape is None:
        shape = _SHAPES[cls] = Shape(cls)
    return shape


def _models() -> str:
    return __name__.rpartition("._runtime")[0] + ".models"


def model(name: str) -> Any:
    """A model or alias of the package by its name."""
    return getattr(importlib.import_module(_models()), name)


class _Names(dict[str, Any]):
    """The names that annotations use. Those of models stay references."""

    def __missing__(self, name: str) -> Any:
        if hasattr(__builtins__, name) or (
            isinstance(__builtins__, dict) and name in __builtins__
        ):
            raise KeyError(name)
        return ForwardRef(name)


_WORDS = {
    "Any": Any,
    "Literal": Literal,
    "Union": Union,
    "Unset": Unset,
    "dt": dt,
    "Upload": Any,
}


@functools.cache
def codec(type_: str) -> Codec[Any]:
    """The codec of a type written as an expression over the models' names, as in a Call's answers."""
    return Codec(type_)


def _reader(type_: Any, scope: Mapping[str, Any] | None = None) -> Reader:
    """The reader of an annotation, given as text or as an object."""
    if isinstance(type_, str):
        names = _Names(_WORDS)
        if "UUID" in type_ or "Decimal" in type_:
            import decimal
            import uuid

            names.update(UUID=uuid.UUID, Decimal=decimal.Decimal)
        # Annotations are code of this package; they are read as typing.get_type_hints reads them.
        type_ = eval(type_, {}, names)
    if isinstance(type_, ForwardRef):
        name = type_.__forward_arg__
        return (
            Named(name)
            if name.isidentifier() and name not in _SCALARS
            else _reader(name)
        )
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin is Literal:
        return OneOf(args)
    if origin is Union or origin is UnionType:
        members = [_reader(a) for a in args if a is not Unset]
        return members[0] if len(members) == 1 else Choice(members)
    if origin is list:
        return Items(_reader(args[0]))
    if origin is dict:
        return Values(_reader(args[1]))
    if origin is tuple:
        rest = [a for a in args if typing.get_origin(a) is tuple]
        items = [_reader(a) for a in args if typing.get_origin(a) is not tuple]
        further = _reader(typing.get_args(rest[0])[0]) if rest else None
        return cast(Reader, _formats().Places(items, further))
    if type_ in (str, bool, int, None, type(None)):
        return Plain(type(None) if type_ is None else type_)
    if type_ is float:
        return Plain(float, int)
    name = getattr(type_, "__name__", "")
    if name in FORMATS:
        return cast(Reader, _formats().Text(_formats().PARSERS[name]))
    return Reader()


def _formats() -> Any:
    return importlib.import_module(f"{__package__}.formats")


FORMATS = frozenset(("datetime", "date", "time", "bytes", "UUID", "Decimal"))
_SCALARS = frozenset(
    ("str", "int", "float", "bool", "bytes", "None", "Any", "UUID", "Decimal", "Upload")
)


def write_datetime(value: dt.datetime) -> str:
    wire = getattr(value, "wire", None)
    if wire is not None:
        return str(wire)
    text = value.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def to_json(value: Any) -> Any:
    """The JSON value of anything that a model can hold. Raises TypeError for what has none."""
    kind = type(value)
    if kind in (str, int, float, bool, type(None)):
        return value
    if isinstance(value, ApiModel):
        return shape_of(kind).write(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(v) for v in value if v is not UNSET]
    if isinstance(value, dt.datetime):
        return write_datetime(value)
    if isinstance(value, Mapping):
        return {k: to_json(v) for k, v in value.items() if v is not UNSET}
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (str, int, float)):  # enums of the caller's
        return getattr(value, "value", value)
    if kind.__name__ in ("UUID", "Decimal"):
        return str(value)
    raise TypeError(f"{kind.__name__} has no JSON form")
