"""The base of all models, and how JSON becomes Python values and back.

A model's fields say everything: the annotation gives the type, `metadata={"json_name": ...}` the name in JSON where it
differs. The two functions that read and write a class are compiled when it is first used.

Reading is lenient and loses nothing: a value that does not fit its type is kept as it came, a missing one is UNSET,
unknown properties go to `additional_properties`.
"""

# pyright: basic

from __future__ import annotations

import base64
import builtins
import datetime as dt
import functools
import typing
from collections.abc import Callable, Mapping
from importlib import import_module
from reprlib import recursive_repr
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
READ_ONLY: Any = (
    UNSET  # the default of required read-only properties: the server sets them, callers need not
)


@define(kw_only=True)
class ApiModel:
    """The base of every model. `additional_properties` holds the JSON properties that the document does not name."""

    additional_properties: dict[str, Any] = field(factory=dict)

    def __init_subclass__(cls) -> None:
        # As the class's own, so that attrs does not compile these two for each class: importing takes a third less.
        for name in ("__eq__", "__repr__"):
            setattr(cls, name, getattr(cls, name))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [f.name for f in fields(type(self))]
        return all(getattr(self, n) == getattr(other, n) for n in names)

    @recursive_repr()
    def __repr__(self) -> str:
        """The call that makes it; what is absent is left out."""
        values = {f.alias: getattr(self, f.name) for f in fields(type(self))}
        if not self.additional_properties:
            del values["additional_properties"]
        words = [f"{k}={v!r}" for k, v in values.items() if v is not UNSET]
        return f"{type(self).__name__}({', '.join(words)})"

    @classmethod
    def from_dict(cls: type[M], data: Mapping[str, Any]) -> M:
        """Reads a JSON object. Raises TypeError for anything else."""
        if not isinstance(cast(object, data), Mapping):
            raise TypeError(
                f"{cls.__name__}.from_dict takes a JSON object, not {type(data).__name__}"
            )
        model: M = class_reader(cls).read(dict(data))
        return model

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: what is UNSET left out, unknown properties included."""
        data: dict[str, Any] = model_reader(type(self)).write(self)
        return data


class Codec(Generic[T]):
    """Reads and writes the values of a schema that is no class: a union, a list, an enum.

    `type_` is the type as an expression over the models' names.
    """

    def __init__(self, type_: Any) -> None:
        self.type = type_

    @functools.cached_property
    def reader(self) -> Reader:
        return make_reader(self.type)

    def decode(self, data: Any) -> T:
        """The typed value of parsed JSON."""
        value: T = self.reader.read(data)
        return value

    def encode(self, value: T) -> Any:
        """The JSON value."""
        return to_json(value)


# Readers: one for each kind of type. `fit` says how well a value matches, 0 for not at all: unions ask for it.


class Reader:
    """Reads anything as it is. `plain`: reading changes nothing; `scalar`: what it reads is JSON's own."""

    plain = True
    scalar = False
    read: Function = staticmethod(lambda value: value)

    def match_score(self, value: Any) -> float:
        return 0.5


class ScalarReader(Reader):
    """JSON's own scalars."""

    scalar = True

    def __init__(self, *types: type) -> None:
        self.types = types

    def match_score(self, value: Any) -> float:
        return 1.0 if type(value) in self.types else 0.0


LITERAL_SCORE = 3.0  # the fit of a value that the document lists


class LiteralReader(Reader):
    """A Literal. It is known by the value, which beats a match of types."""

    scalar = True

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = frozenset((type(v), v) for v in values)

    def match_score(self, value: Any) -> float:
        known = isinstance(value, (str, int)) and (type(value), value) in self.values
        return LITERAL_SCORE if known else 0.0


class ListReader(Reader):
    def __init__(self, item: Reader) -> None:
        self.item = item
        self.plain = item.plain

    def read(self, value: Any) -> Any:
        if type(value) is not list or self.plain:
            return value
        read = self.item.read
        return [read(v) for v in value]

    def match_score(self, value: Any) -> float:
        if type(value) is not list:
            return 0.0
        return min((self.item.match_score(v) for v in value[:20]), default=1.0)


class MapReader(Reader):
    """An object that is a map."""

    def __init__(self, item: Reader) -> None:
        self.item = item
        self.plain = item.plain

    def read(self, value: Any) -> Any:
        if not isinstance(value, dict) or self.plain:
            return value
        read = self.item.read
        return {k: read(v) for k, v in value.items()}

    def match_score(self, value: Any) -> float:
        if not isinstance(value, dict):
            return 0.0
        return min([0.5, *(self.item.match_score(v) for v in value.values())])


class UnionReader(Reader):
    """A union of scalars and at most one schema that is more: that one reads. `unions` tells several apart."""

    def __init__(self, members: list[Reader]) -> None:
        self.members = members
        self.plain = all(m.plain for m in members)
        self.scalar = all(m.scalar for m in members)
        self.more = next((m for m in members if not m.plain), Reader())

    def read(self, value: Any) -> Any:
        return self.more.read(value)

    def match_score(self, value: Any) -> float:
        return max((m.match_score(value) for m in self.members), default=0.0)


class ReferenceReader(Reader):
    """A schema of the package by its name, found when first needed: schemas may refer to each other in circles."""

    plain = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.read = self._first

    @functools.cached_property
    def target(self) -> Reader:
        models = import_module("..models", __package__)
        found = getattr(models, self.name)
        if isinstance(found, type) and issubclass(found, ApiModel):
            return class_reader(found)
        home = import_module(f"..models.{models.MODULES[self.name]}", __package__)
        return cast(Reader, getattr(home, self.name + "Codec").reader)

    def _first(self, value: Any) -> Any:
        self.read = self.target.read
        return self.read(value)

    def match_score(self, value: Any) -> float:
        return self.target.match_score(value)


class ModelReader(Reader):
    """A compiled class: its reader and its writer."""

    plain = False

    def __init__(self, cls: type[ApiModel]) -> None:
        self.cls = cls
        own = [f for f in fields(cls) if f.name != "additional_properties"]
        self.json_names = {
            f.name: str(f.metadata.get("json_name", f.name)) for f in own
        }
        self.readers = {self.json_names[f.name]: make_reader(f.type) for f in own}
        rest = make_reader(fields(cls).additional_properties.type)
        self.rest = (
            rest.item if isinstance(rest, MapReader) and not rest.plain else None
        )
        self.read, self.write = self._compile()

    def _compile(self) -> tuple[Function, Function]:
        names: dict[str, Any] = {
            "new": self.cls.__new__,
            "cls": self.cls,
            "UNSET": UNSET,
            "to_json": to_json,
            "known": frozenset(self.readers),
            "rest": self.rest,
        }
        # `n`: properties that are there, and those of the document that are not.
        read = [
            "def read(data, new=new, cls=cls, UNSET=UNSET):",
            " if not isinstance(data, dict): return data",
            " self = new(cls)",
            " n = len(data)",
        ]
        write = ["def write(self):", " out = {}"]
        for i, (name, json_name) in enumerate(self.json_names.items()):
            reader = names[f"r{i}"] = self.readers[json_name]
            value = f"data[{json_name!r}]"
            read += [
                f" if {json_name!r} in data:",
                f"  self.{name} = {value if reader.plain else f'r{i}.read({value})'}",
                f" else: self.{name} = UNSET; n += 1",
            ]
            write += [
                f" v = self.{name}",
                f" if v is not UNSET: out[{json_name!r}] = {'v' if reader.scalar else 'to_json(v)'}",
            ]
        item = "rest.read(v)" if self.rest else "v"
        read += [
            f" if n == {len(self.json_names)}: self.additional_properties = {{}}",
            f" else: self.additional_properties = {{k: {item} for k, v in data.items() if k not in known}}",
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

    def match_score(self, value: Any) -> float:
        fit: float = _part("unions").match_score(self, value)
        return fit


_READERS: dict[type, ModelReader] = {}
BASES: dict[type, Codec[Any]] = {}  # what tells those apart that extend a class


def model_reader(cls: type[ApiModel]) -> ModelReader:
    """The shape of a model class, compiled when first asked for."""
    shape = _READERS.get(cls)
    if shape is None:
        shape = _READERS[cls] = ModelReader(cls)
    return shape


def class_reader(cls: type[ApiModel]) -> Reader:
    """What reads a model class, and those that extend it."""
    return BASES[cls].reader if cls in BASES else model_reader(cls)


class _Names(dict[str, Any]):
    """The names that annotations use. Those of models stay references."""

    def __missing__(self, name: str) -> Any:
        if name in ("UUID", "Decimal"):
            return getattr(import_module(name.lower()), name)
        return getattr(builtins, name, None) or ForwardRef(name)


_NAMES = _Names(Any=Any, Literal=Literal, Union=Union, Unset=Unset, dt=dt, Upload=Any)
_PLAIN: dict[Any, Reader] = {
    Any: Reader(),
    str: ScalarReader(str),
    bool: ScalarReader(bool),
    int: ScalarReader(int),
    float: ScalarReader(float, int),
    None: ScalarReader(type(None)),
    type(None): ScalarReader(type(None)),
}


@functools.cache
def codec(type_: str) -> Codec[Any]:
    """The codec of a type written as an expression over the models' names, as in a Call's responses."""
    return Codec(type_)


def make_reader(type_: Any) -> Reader:
    """The reader of an annotation, given as text or as an object."""
    if isinstance(type_, ForwardRef):
        type_ = type_.__forward_arg__
    if isinstance(type_, str):
        # Annotations are code of this package; they are read as typing.get_type_hints reads them.
        type_ = eval(type_, {}, _NAMES)
    if isinstance(type_, ForwardRef):
        return ReferenceReader(type_.__forward_arg__)
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin is Literal:
        return LiteralReader(args)
    if origin is Union or origin is UnionType:
        members = [make_reader(a) for a in args if a is not Unset]
        more = sum(not m.plain for m in members)
        if len(members) == 1:
            return members[0]
        # Beside one that is more, scalars of JSON are told by being neither object, list nor formatted text.
        if more == 0 or (
            more == 1 and all(type(m) is ScalarReader for m in members if m.plain)
        ):
            return UnionReader(members)
        return cast(Reader, _part("unions").BestMatchReader(members))
    if origin is list:
        return ListReader(make_reader(args[0]))
    if origin is dict:
        return MapReader(make_reader(args[1]))
    return _PLAIN.get(type_) or cast(Reader, _part("formats").reader(type_))


def _part(name: str) -> Any:
    """A module of the support code that not every package has."""
    return import_module(f"{__package__}.{name}")


def write_datetime(value: dt.datetime) -> str:
    json_name = getattr(value, "json_name", None)
    if json_name is not None:
        return str(json_name)
    text = value.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def to_json(value: Any) -> Any:
    """The JSON value of anything that a model can hold. Raises TypeError for what has none."""
    kind = type(value)
    if kind in (str, int, float, bool, type(None)):
        return value
    if isinstance(value, ApiModel):
        return model_reader(kind).write(value)
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
