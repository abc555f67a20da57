"""From types, given as objects or as annotations, to their readers."""

from __future__ import annotations

import builtins
import datetime as dt
import typing
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, ForwardRef, Literal, Union, cast

from .encoder import get_setting
from .model import ApiModel, Discriminator, Unset, class_reader
from .readers import (
    ListReader,
    LiteralReader,
    MapReader,
    Reader,
    ScalarReader,
    UnionReader,
)


class ReferenceReader(Reader):
    """A class or alias of models/, by its name, looked up on first use: there may be cycles."""

    converts = True
    reads_objects = True

    def __init__(self, name: str) -> None:
        self.name = name
        # In place of the method: after the first call it is that of the target.
        self.__dict__["read"] = self._read_first

    @cached_property
    def target(self) -> Reader:
        from .. import models  # type: ignore[attr-defined, unused-ignore]

        return get_reader(getattr(models, self.name))

    def _read_first(self, value: Any) -> Any:
        self.__dict__["read"] = self.target.read
        return self.read(value)


class _Namespace(dict[str, Any]):
    """The names that annotations of models use. Those of models/ become forward references."""

    def __missing__(self, name: str) -> Any:
        if name == "UUID":
            from uuid import UUID

            return UUID
        if name == "Decimal":
            from decimal import Decimal

            return Decimal
        if name == "custom_types":
            from .. import custom_types  # type: ignore[attr-defined, unused-ignore]

            return custom_types
        if name == "models":
            from .. import models  # type: ignore[attr-defined, unused-ignore]

            return models
        if name == "DecimalNumber":
            return Annotated[Any, get_setting("NUMBER_FORMAT")]
        return getattr(builtins, name, None) or ForwardRef(name)


_NAMESPACE = _Namespace(
    Any=Any, Literal=Literal, Union=Union, Unset=Unset, dt=dt, Upload=Any
)
_SCALARS: dict[Any, Reader] = {
    Any: Reader(),
    str: ScalarReader(str),
    bool: ScalarReader(bool),
    int: ScalarReader(int),
    float: ScalarReader(float, int),
    None: ScalarReader(type(None)),
    type(None): ScalarReader(type(None)),
}
_READERS: dict[Any, Reader] = {}


def get_reader(type_: Any) -> Reader:
    """The reader of a type; made once for equal types."""
    # Union[A, B] == Union[B, A], but the order decides between equal scores: the text keeps it.
    key = type_ if isinstance(type_, type) else repr(type_)
    reader = _READERS.get(key)
    if reader is None:
        reader = _READERS[key] = make_reader(type_)
    return reader


def evaluate(annotation: Any) -> Any:
    """The type of an annotation. Text in it is evaluated as typing.get_type_hints does."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        # Annotations are code of this package: the generator writes names, brackets and literals only.
        return eval(annotation, {}, _NAMESPACE)
    return annotation


def load_reader(kind: str, *arguments: Any) -> Reader:
    """A reader of the module `unions`, for a type that not every document has."""
    load = get_setting("union_readers")
    if load is None:
        raise TypeError(f"the document has no type that is read by {kind}")
    reader: Reader = load()[kind](*arguments)
    return reader


def make_reader(annotation: Any) -> Reader:
    """A reader of a type or annotation. Raises KeyError for a type that no schema has."""
    type_ = evaluate(annotation)
    if isinstance(type_, ForwardRef):
        return ReferenceReader(type_.__forward_arg__)
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin is Annotated:
        reader = make_reader(args[0])
        for item in args[1:]:
            if isinstance(item, Discriminator):
                models = {k: ReferenceReader(v) for k, v in item.mapping.items()}
                default = ReferenceReader(item.default) if item.default else None
                name = item.property_name
                reader = load_reader("discriminator", reader, name, models, default)
            elif isinstance(item, Reader):
                reader = item
        return reader
    if origin is Literal:
        return LiteralReader(args)
    if origin is Union or origin is UnionType:
        return _union([make_reader(a) for a in args if a is not Unset])
    if origin is list:
        return ListReader(make_reader(args[0]))
    if origin is dict:
        return MapReader(make_reader(args[1]))
    if origin is tuple:
        return load_reader("tuple", args)
    if isinstance(type_, type) and issubclass(type_, ApiModel):
        return class_reader(type_)
    if type_ in _SCALARS:
        return _SCALARS[type_]
    load = get_setting("custom_readers")
    if load and (custom := load().get(type_)):
        return cast("Reader", custom)
    load = get_setting("format_reader")
    return cast("Reader", load()(type_.__name__)) if load else Reader()


def _union(members: list[Reader]) -> Reader:
    if len(members) == 1:
        return members[0]
    converting = [m for m in members if m.converts]
    others = [m for m in members if not m.converts]
    # JSON's scalars cannot be mistaken for what the converting member reads, but a literal can, for a format, and a word,
    # for base64.
    if not converting or (
        len(converting) == 1 and all(type(m) is ScalarReader for m in others)
    ):
        has_str = any(isinstance(m, ScalarReader) and str in m.types for m in others)
        if not (has_str and converting and converting[0].reads_words):
            return UnionReader(members)
    return load_reader("best_match", members)
