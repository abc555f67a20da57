"""Strings with a format: date-time, date, time, byte, uuid, decimal."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Any

from .encoder import format_datetime, to_json
from .readers import Function, Reader


class FormatReader(Reader):
    """A string with a format. It is converted only if encoding the result gives the same string again."""

    converts = True

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

    def score(self, value: Any) -> float:
        return 2.0 if type(value) is str and type(self.read(value)) is not str else 0.0


class _DateTime(dt.datetime):
    """A date-time that Python would write in another way, such as with seven digits of a second or without the T."""

    original: str

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Arithmetic makes objects of this class without the text.
        if hasattr(self, "original"):
            return _parse_datetime, (self.original,)
        return super().__reduce_ex__(protocol)


def _parse_datetime(text: str) -> dt.datetime:
    if len(text) < 16 or text[10] not in "Tt ":
        raise ValueError(text)
    parsed = dt.datetime.fromisoformat(text.upper())
    if format_datetime(parsed) == text:
        return parsed
    value = _DateTime.combine(parsed.date(), parsed.timetz())
    value.original = text
    return value


def _parse_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


PARSERS: dict[str, Function] = {
    "datetime": _parse_datetime,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "bytes": _parse_bytes,
}
