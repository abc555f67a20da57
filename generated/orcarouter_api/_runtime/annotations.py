"""From types to readers: which reader decodes `list[Pet] | None`, given as an object or as an annotation."""

from __future__ import annotations

import builtins
import datetime as dt
import typing
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, ForwardRef, Literal, Union, cast

from .encoder import JsonFloat, get_setting
from .model import ApiModel, Discriminator, Unset, class_reader
from .readers import (
    MAX_DEPTH,
    SCORES,
    ListReader,
    LiteralReader,
    MapReader,
    Reader,
    ScalarReader,
    TupleReader,
    UnionReader,
)
from .unions import BestMatchReader, DiscriminatorReader


class ReferenceReader(Reader):
    """A class or alias of models/, by its name. It is looked up on first use: schemas may refer to each other in cycles."""

    converts = True
    reads_objects = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.read = self._read_first

    @cached_property
    def target(self) -> Reader:
        from .. import models  # type: ignore[attr-defined, unused-ignore]

        return get_reader(getattr(models, self.name))

    def _read_first(self, value: Any) -> Any:
        self.read = self.target.read
        return self.read(value)

    def score(self, value: Any) -> float:
        cached, target = SCORES.cached, self.target
        if cached is None or value.__class__ not in (dict, list):
            return target.score(value)
        key = (id(target), id(value))
        score = cached.get(key)
        if score is not None:
            return score
        if SCORES.depth >= MAX_DEPTH:
            return 1.0
        SCORES.depth += 1
        score = cached[key] = target.score(value)
        SCORES.depth -= 1
        return score


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
    float: ScalarReader(float, int, JsonFloat),
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
                reader = DiscriminatorReader(
                    reader, item.property_name, models, default
                )
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
        # tuple[int, str, *tuple[Any, ...]]: the last one is for all further items.
        rest = [a for a in args if typing.get_origin(a) is tuple]
        items = [make_reader(a) for a in args if typing.get_origin(a) is not tuple]
        further = make_reader(typing.get_args(rest[0])[0]) if rest else None
        return TupleReader(items, further)
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
    # JSON's scalars cannot be mistaken for anything that the converting member reads. A literal can be, for a format; and
    # a word for base64.
    if not converting or (
        len(converting) == 1 and all(type(m) is ScalarReader for m in others)
    ):
        has_str = any(isinstance(m, ScalarReader) and str in m.types for m in others)
        if not (has_str and converting and converting[0].reads_words):
            return UnionReader(members)
    return BestMatchReader(members)
