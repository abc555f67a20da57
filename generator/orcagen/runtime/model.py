"""The building blocks of models/: UNSET, the base class ApiModel, and Codec for schemas that are not classes.

The fields of a model describe its JSON form: the annotation is the type of the property, `metadata` has its name where
the attribute has another one. `model_reader` compiles functions from them.

Decoding loses nothing: a value of another type is kept, a missing property becomes UNSET, and properties that the
document does not name go to `additional_properties`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar, cast

from attrs import define, field, fields, frozen

if TYPE_CHECKING:
    from .model_reader import ModelReader
    from .readers import Reader

T = TypeVar("T")


class Unset:
    """The type of UNSET, the value of an absent property (null is None). UNSET is falsy and the only instance."""

    _instance: ClassVar[Unset | None] = None

    def __new__(cls) -> Unset:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET = Unset()
# The default of required properties that are readOnly: the server sets them, so callers may leave them out.
READ_ONLY: Any = UNSET


@define(kw_only=True)
class ApiModel:
    """Base class of all models. `additional_properties` are those that the document does not name."""

    additional_properties: dict[str, Any] = field(factory=dict[str, Any])

    def __init_subclass__(cls) -> None:
        # attrs compiles no method that a class defines itself: the import of a model takes a third less.
        for name in ("__eq__", "__repr__"):
            setattr(cls, name, getattr(cls, name))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [f.name for f in fields(type(self))]
        return all(getattr(self, n) == getattr(other, n) for n in names)

    @recursive_repr()
    def __repr__(self) -> str:
        """The constructor call, without arguments that are UNSET."""
        values = {f.alias: getattr(self, f.name) for f in fields(type(self))}
        if not self.additional_properties:
            del values["additional_properties"]
        arguments = [f"{k}={v!r}" for k, v in values.items() if v is not UNSET]
        return f"{type(self).__name__}({', '.join(arguments)})"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Decode a JSON object. Raises TypeError if `data` is not a mapping."""
        if not isinstance(cast(object, data), Mapping):
            raise TypeError(
                f"{cls.__name__}.from_dict takes a JSON object, not {type(data).__name__}"
            )
        model: Self = class_reader(cls).read(dict(data))
        return model

    def to_dict(self) -> dict[str, Any]:
        """Encode as a JSON object, without properties that are UNSET, with those of `additional_properties`."""
        data: dict[str, Any] = model_reader(type(self)).write(self)
        return data


@frozen
class Discriminator:
    """The Discriminator Object of a union, as metadata of its type: `Annotated[Union["Cat", "Dog"], Discriminator(...)]`.

    `mapping` gives the name of the model for each value, written as in JSON. Any other selects `default`, if there is one;
    else the structure decides.
    """

    property_name: str
    mapping: Mapping[str, str] = field(factory=dict[str, str], hash=False)
    default: str | None = None


class Codec(Generic[T]):
    """Decodes and encodes values of any type: a type alias of models/, `list[models.Pet]`, `models.Pet | None`.

    `base` is the class that the members of the union `type_` extend: it stands for the union, and for what matches none.
    """

    def __init__(self, type_: Any, base: type[ApiModel] | None = None) -> None:
        self.type, self.base = type_, base
        if base is not None:
            _BASE_CODECS[base] = self

    @cached_property
    def reader(self) -> Reader:
        from .annotations import load_reader, make_reader

        reader = make_reader(self.type)
        if self.base is None:
            return reader
        return load_reader("base_class", reader, model_reader(self.base))

    def decode(self, data: Any) -> T:
        """Decode parsed JSON. A value that does not match the type is returned unchanged."""
        value: T = self.reader.read(data)
        return value

    def encode(self, value: T) -> Any:
        """Encode as parsed JSON. Raises TypeError for objects without a JSON form."""
        from .encoder import to_json

        return to_json(value)


# Compiled on first use: most programs import many models and decode few.
_MODEL_READERS: dict[type[ApiModel], ModelReader] = {}
_BASE_CODECS: dict[type[ApiModel], Codec[Any]] = {}


def model_reader(cls: type[ApiModel]) -> ModelReader:
    """The reader and writer of exactly this class."""
    reader = _MODEL_READERS.get(cls)
    if reader is None:
        from .model_reader import ModelReader

        reader = _MODEL_READERS[cls] = ModelReader(cls)
    return reader


def union_of(cls: type[Any]) -> Any:
    """The union that a class is the base of; None for other classes."""
    codec = _BASE_CODECS.get(cls)
    return None if codec is None else codec.type


def class_reader(cls: type[ApiModel]) -> Reader:
    """The reader of a class as a type: that of its union if it is the base of one."""
    codec = _BASE_CODECS.get(cls)
    return model_reader(cls) if codec is None else codec.reader
