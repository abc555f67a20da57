"""Values with a format: date-time, date, time, byte, uuid, decimal.

Every valid spelling gives a value of the type, and is written as it came. Python has one text for each value; a value that
was spelled otherwise is of a subclass that keeps its text as `original`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from functools import cache
from typing import Any, ClassVar

from .encoder import Function, format_datetime
from .readers import Reader

# What `isoformat` writes, but for an offset of zero, which is written as Z.
_CANONICAL_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:[0-5]\d(?:\.(?!0{6})\d{6})?(?:Z|(?![+-]00:00)[+-]\d\d:\d\d)",
    re.ASCII,
).fullmatch
# RFC 3339, and what ISO 8601 has beyond it: no seconds, no offset, an offset without its colon.
_TIME = r"(?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?"
_DATE_TIME_SPELLING = re.compile(rf"\d{{4}}-\d\d-\d\d[Tt ]{_TIME}", re.ASCII).fullmatch
_TIME_SPELLING = re.compile(_TIME, re.ASCII).fullmatch
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_CANONICAL_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}").fullmatch
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII).fullmatch
# RFC 4648, sections 4 and 5, also without padding; RFC 2045 allows line breaks.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/\r\n]*|[A-Za-z0-9_-]*)={0,2}[\r\n]*").fullmatch
_TO_BASE64 = str.maketrans("-_", "+/", "=\r\n")


class _Spelled:
    """The base of values whose text is not the one that Python writes."""

    original: str
    format: ClassVar[str]

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Arithmetic and `replace` make objects of these classes without the text.
        if hasattr(self, "original"):
            return _parse, (self.format, self.original)
        return super().__reduce_ex__(protocol)


class _DateTime(_Spelled, dt.datetime):
    format = "datetime"


class _Time(_Spelled, dt.time):
    format = "time"


class _Bytes(_Spelled, bytes):
    format = "bytes"


def _parse(name: str, text: str) -> Any:
    return PARSERS[name](text)


def _parse_datetime(text: str) -> dt.datetime:
    if _CANONICAL_DATE_TIME(text):
        return dt.datetime.fromisoformat(text)
    if not _DATE_TIME_SPELLING(text):
        raise ValueError(text)
    parsed = dt.datetime.fromisoformat(_replace_leap_second(text, 17))
    if text[17:19] == "60":
        if parsed.tzinfo is None:
            raise ValueError(text)
        end = parsed.astimezone(dt.timezone.utc)
        if f"{end:%m-%d %H:%M}" not in ("06-30 23:59", "12-31 23:59"):
            raise ValueError(text)
    value = _DateTime.combine(parsed.date(), parsed.timetz())
    value.original = text
    return value


def _parse_time(text: str) -> dt.time:
    if not _TIME_SPELLING(text):
        raise ValueError(text)
    parsed = dt.time.fromisoformat(_replace_leap_second(text, 6))
    if text[6:8] == "60":
        offset = parsed.utcoffset() or dt.timedelta()
        minutes = parsed.hour * 60 + parsed.minute - offset // dt.timedelta(minutes=1)
        if minutes % 1440 != 1439:
            raise ValueError(text)
    if parsed.isoformat() == text:
        return parsed
    value = _Time.fromisoformat(parsed.isoformat())
    value.original = text
    return value


def _replace_leap_second(text: str, at: int) -> str:
    """Text that Python can parse. The second 60, which it does not have, becomes the one before (RFC 3339, 5.7)."""
    if text[at : at + 2] == "60":
        text = f"{text[:at]}59{text[at + 2 :]}"
    return text.upper()


def _parse_date(text: str) -> dt.date:
    if not _DATE(text):
        raise ValueError(text)
    return dt.date.fromisoformat(text)


def _parse_bytes(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        if not _BASE64(text):
            raise
        digits = text.translate(_TO_BASE64)
        content = base64.b64decode(digits + "=" * (-len(digits) % 4))
    else:
        # Bits after the last byte, which encoding would not give back.
        end = text[-4:]
        if base64.b64encode(base64.b64decode(end)).decode() == end:
            return content
    value = _Bytes(content)
    value.original = text
    return value


@cache
def _uuid_parts() -> tuple[type[Any], type[Any], Function]:
    """The class, the one for other spellings, and a function that makes a UUID of canonical text."""
    from uuid import UUID, SafeUUID

    class _UUID(_Spelled, UUID):
        format = "UUID"

    # As UUID.__init__ does after its checks. UUIDs are immutable: the slots themselves are set.
    new: Function = object.__new__
    unknown = SafeUUID.unknown
    slots: Any = UUID.__dict__
    set_int, set_is_safe = slots["int"].__set__, slots["is_safe"].__set__

    def make(text: str) -> Any:
        value = new(UUID)
        set_int(value, int(text.replace("-", ""), 16))
        set_is_safe(value, unknown)
        return value

    return UUID, _UUID, make


def _parse_uuid(text: str) -> Any:
    _, spelled, make = _uuid_parts()
    if _CANONICAL_UUID(text):
        return make(text)
    digits = text.lower()
    if not _CANONICAL_UUID(digits.removeprefix("urn:uuid:")):
        raise ValueError(text)
    value = spelled(digits)
    object.__setattr__(value, "original", text)
    return value


def _format_uuid(value: Any) -> str:
    """As `str` does it, in two thirds of the time."""
    digits = value.int.to_bytes(16, "big").hex("-", 4)
    return f"{digits[:13]}-{digits[13:22]}-{digits[22:26]}{digits[27:]}"


@cache
def _decimal_classes() -> tuple[type[Any], type[Any]]:
    from decimal import Decimal

    class _Decimal(_Spelled, Decimal):
        format = "Decimal"

    return Decimal, _Decimal


def _parse_decimal(text: str) -> Any:
    plain, spelled = _decimal_classes()
    value = plain(text)
    if str(value) == text:
        return value
    if not _DECIMAL(text):
        raise ValueError(text)
    value = spelled(text)
    value.original = text
    return value


PARSERS: dict[str, Function] = {
    "datetime": _parse_datetime,
    "date": _parse_date,
    "time": _parse_time,
    "bytes": _parse_bytes,
    "UUID": _parse_uuid,
    "Decimal": _parse_decimal,
}


class FormatReader(Reader):
    """A string with a format. Text in no valid spelling of it stays text."""

    converts = True

    def __init__(self, name: str) -> None:
        self.parse = PARSERS[name]
        self.decimals_are_text = name == "Decimal"
        self.reads_words = name == "bytes"
        if name == "datetime":
            self.writes = dt.datetime, format_datetime
        elif name == "UUID":
            self.writes = _uuid_parts()[0], _format_uuid

    def read(self, value: Any) -> Any:
        if type(value) is not str:
            return value
        try:
            return self.parse(value)
        except (ValueError, ArithmeticError):
            return value

    def score(self, value: Any) -> float:
        """In a union, base64 in an unusual spelling is rather a word, if the union has strings as well."""
        read = self.read(value) if type(value) is str else value
        if type(read) is str or type(value) is not str:
            return 0.0
        return (
            0.9
            if isinstance(read, _Bytes)
            else 1.9 if isinstance(read, _Spelled) else 2.0
        )
