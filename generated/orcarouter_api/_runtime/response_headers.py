"""Headers of responses as values of the types that the document gives them (OpenAPI, Header Object)."""

from __future__ import annotations

import datetime as dt
import re
import typing
from contextlib import suppress
from email.utils import parsedate_to_datetime
from types import UnionType
from typing import Annotated, Any, ForwardRef, Literal, Protocol, Union

from attrs import fields

from .annotations import evaluate, get_reader
from .encoder import parse_json
from .errors import Headers
from .model import ApiModel, model_reader

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class HasHeaders(Protocol):
    """A response, a stream, or the error for a status."""

    @property
    def headers(self) -> Headers: ...


class TypedHeaders:
    """The headers that the document gives the responses of an operation; None for one that did not come.

    A header that does not fit its type is text, as it came.
    """

    def __init__(self, response: HasHeaders) -> None:
        self._headers = response.headers


class _Header:
    """An attribute of a subclass of TypedHeaders. Its annotation is the type of the header."""

    def __init__(self, name: str, is_json: bool) -> None:
        self._name, self._is_json = name, is_json

    def __set_name__(self, owner: type[TypedHeaders], attribute: str) -> None:
        self._annotation: str = owner.__annotations__[attribute]

    def __get__(self, headers: TypedHeaders | None, owner: object = None) -> Any:
        if headers is None:
            return self
        text = headers._headers.get(self._name)  # pyright: ignore[reportPrivateUsage]
        if text is None:
            return None
        type_ = evaluate(self._annotation)
        if self._is_json:
            with suppress(ValueError, RecursionError):
                return get_reader(type_).read(parse_json(text))
            return text
        value = get_reader(type_).read(_parse(text, type_))
        if value == text and dt.datetime in typing.get_args(type_):
            with suppress(ValueError):  # RFC 9110, section 5.6.7
                return parsedate_to_datetime(text)
        return value


def header_field(name: str, is_json: bool = False) -> Any:
    """A header by its name, which has any case."""
    return _Header(name, is_json)


def _parse(text: str, type_: Any) -> Any:
    """Text in the style `simple` (OpenAPI, Style Values) as the parsed JSON of a type; the text where it does not fit."""
    type_ = evaluate(type_)
    if isinstance(type_, ForwardRef):
        from .. import models  # type: ignore[attr-defined, unused-ignore]

        return _parse(text, getattr(models, type_.__forward_arg__))
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin is Annotated:
        return _parse(text, args[0])
    if origin is Union or origin is UnionType:
        members = [m for m in args if m is not type(None)]
        values = (_parse(text, member) for member in members)
        return next((v for v in values if v != text), text)
    if origin is Literal:
        return next((v for v in args if _write(v) == text), text)
    if origin is list:
        return [_parse(part.strip(), args[0]) for part in text.split(",") if text]
    if type_ is bool:
        return {"true": True, "false": False}.get(text, text)
    if type_ in (int, float) and (number := _NUMBER.fullmatch(text)):
        return float(text) if number[1] or number[2] else int(text)
    if origin is dict:
        return {k: _parse(v, args[1]) for k, v in _split(text)}
    if isinstance(type_, type) and issubclass(type_, ApiModel):
        names = model_reader(type_).json_names
        types = {names[f.name]: f.type for f in fields(type_) if f.name in names}
        return {k: _parse(v, types.get(k, str)) for k, v in _split(text)}
    return text


def _write(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _split(text: str) -> list[tuple[str, str]]:
    """The properties of an object: `a=1,b=2` with `explode`, else `a,1,b,2`."""
    parts = [part.strip() for part in text.split(",")]
    if all("=" in part for part in parts):
        return [(k, v) for k, _, v in (part.partition("=") for part in parts)]
    return [*zip(parts[::2], parts[1::2], strict=False)]
