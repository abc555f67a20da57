"""Values that JSON has no types for: tuples, and strings with a format."""

# pyright: basic

from __future__ import annotations

import base64
import binascii
import datetime as dt
import typing
from typing import Any

from .model import Function, Reader, make_reader, to_json, write_datetime


class TupleReader(Reader):
    """A tuple. An array of another length stays a list."""

    plain = False

    def __init__(self, items: list[Reader], rest: Reader | None) -> None:
        self.items, self.rest = items, rest

    def read(self, value: Any) -> Any:
        extra = len(value) - len(self.items) if type(value) is list else -1
        if extra < 0 or (extra and self.rest is None):
            return value
        readers = self.items + [self.rest] * extra if self.rest else self.items
        return tuple(r.read(v) for r, v in zip(readers, value, strict=True))

    def match_score(self, value: Any) -> float:
        if type(value) is not list or len(value) < len(self.items):
            return 0.0
        return min(
            (r.match_score(v) for r, v in zip(self.items, value, strict=False)),
            default=1.0,
        )


class FormatReader(Reader):
    """A string with a format. It is converted only if writing it gives the same text again."""

    plain = False

    def __init__(self, parse: Function) -> None:
        self.parse = parse

    def read(self, value: Any) -> Any:
        if type(value) is not str:
            return value
        try:
            parsed = self.parse(value)
        except (ValueError, ArithmeticError):
            return value
        return parsed if to_json(parsed) == value else value

    def match_score(self, value: Any) -> float:
        return 2.0 if type(value) is str and type(self.read(value)) is not str else 0.0


class _Spelled(dt.datetime):
    """An instant whose text differs from Python's spelling of it: seven digits of a second, a space for the T."""

    json_name: str

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (
            (_datetime, (self.json_name,))
            if hasattr(self, "json_name")
            else super().__reduce_ex__(protocol)
        )


def _datetime(text: str) -> dt.datetime:
    if len(text) < 16 or text[10] not in "Tt ":
        raise ValueError(text)
    plain = dt.datetime.fromisoformat(text.upper())
    if write_datetime(plain) == text:
        return plain
    spelled = _Spelled.combine(plain.date(), plain.timetz())
    spelled.json_name = text
    return spelled


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _uuid(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


_PARSERS: dict[str, Function] = {
    "datetime": _datetime,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "bytes": _bytes,
    "UUID": _uuid,
    "Decimal": _decimal,
}


def reader(type_: Any) -> Reader:
    """The reader of a tuple, or of a class that stands for a format."""
    if typing.get_origin(type_) is not tuple:
        return FormatReader(_PARSERS[type_.__name__])
    args = typing.get_args(type_)
    rest = [a for a in args if typing.get_origin(a) is tuple]
    items = [make_reader(a) for a in args if typing.get_origin(a) is not tuple]
    return TupleReader(
        items, make_reader(typing.get_args(rest[0])[0]) if rest else None
    )
