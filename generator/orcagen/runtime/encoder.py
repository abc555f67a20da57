"""JSON: values to text, and text to parsed JSON."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from .model import UNSET, ApiModel, model_reader

Function: TypeAlias = Callable[[Any], Any]
# Takes the value, and `decimal` of to_json.
Writer: TypeAlias = Callable[[Any, "Function | None"], Any]


def to_json(value: Any, decimal: Function | None = None) -> Any:
    """The parsed JSON of anything that a model or an argument can hold. Raises TypeError for other objects.

    With `decimal`, `str`, Decimals are strings, else numbers if the document has `format: decimal` for these.
    """
    cls: type[Any] = value.__class__
    if cls in SCALARS:
        return value
    writer = _WRITERS.get(cls)
    if writer is None:
        writer = _WRITERS[cls] = _choose_writer(cls)
    return writer(value, decimal)


# The classes of JSON's scalars: such values are written as they are.
SCALARS = frozenset((str, int, float, bool, type(None)))
_WRITERS: dict[type[Any], Writer] = {}


def _choose_writer(cls: type[Any]) -> Writer:
    load = get_setting("custom_readers")
    for base in cls.__mro__ if load else ():
        if custom := load().get(base):
            return lambda value, decimal: to_json(custom.encode(value), decimal)
    if issubclass(cls, ApiModel):
        write: Writer = model_reader(cls).write
        return write
    if issubclass(cls, (list, tuple, set, frozenset)):
        return write_list
    if issubclass(cls, dt.datetime):
        return lambda value, _: format_datetime(value)
    if issubclass(cls, Mapping):
        return lambda value, decimal: {
            k: to_json(v, decimal) for k, v in value.items() if v is not UNSET
        }
    if issubclass(cls, (dt.date, dt.time)):
        return lambda value, _: _original(value) or value.isoformat()
    if issubclass(cls, (bytes, bytearray)):
        return lambda value, _: _original(value) or base64.b64encode(value).decode()
    if issubclass(cls, (str, int, float)):  # members of an Enum of the caller's
        return lambda value, _: getattr(value, "value", value)
    # By their names: an import would load `uuid` and `decimal` into every program. Those of `formats` extend them.
    names = {c.__name__ for c in cls.__mro__}
    if "UUID" in names:
        return lambda value, _: _original(value) or str(value)
    if "Decimal" in names:
        return _write_decimal
    raise TypeError(f"{cls.__name__} has no JSON form")


def write_list(value: Collection[Any], decimal: Function | None = None) -> list[Any]:
    for v in value:
        if v.__class__ not in SCALARS:
            break
    else:
        return list(value)
    # Mostly all items are of the class of the first one.
    cls: type[Any] = v.__class__
    write: Writer = _WRITERS.get(cls, to_json)
    return [
        write(v, decimal) if v.__class__ is cls else to_json(v, decimal)
        for v in value
        if v is not UNSET
    ]


def _write_decimal(value: Any, decimal: Function | None) -> Any:
    numbers = get_setting(_NUMBERS)
    if decimal is str or numbers is None:
        return _original(value) or str(value)
    return numbers.to_number(value)


def _original(value: Any) -> str | None:
    """The text that a value was decoded from, where Python writes another one."""
    return getattr(value, "original", None)


_UTC = dt.timezone.utc
_TWO_DIGITS = tuple(f"{n:02d}" for n in range(60))


def format_datetime(value: dt.datetime) -> str:
    """A date-time of RFC 3339; the original text of one that was decoded.

    Raises ValueError for a naive one that was not, unless the package was generated with `naive_datetimes`.
    """
    if value.__class__ is not dt.datetime and (original := _original(value)):
        return original
    if value.tzinfo is _UTC and not value.microsecond:
        # Twice as fast as isoformat, which asks for the offset and writes it.
        return (
            f"{value.year:04d}-{_TWO_DIGITS[value.month]}-{_TWO_DIGITS[value.day]}"
            f"T{_TWO_DIGITS[value.hour]}:{_TWO_DIGITS[value.minute]}:{_TWO_DIGITS[value.second]}Z"
        )
    if value.tzinfo is None and not get_setting("NAIVE_DATETIMES"):
        raise ValueError(
            f"the datetime {value} has no UTC offset, which a date-time needs (RFC 3339): give value.astimezone() or one"
            " with a tzinfo, or generate with naive_datetimes = true in [tool.orcagen]"
        )
    text = value.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


@cache
def get_setting(name: str) -> Any:
    """A setting of the generator: a constant of models/, None where it is not there."""
    from .. import models  # type: ignore[attr-defined, unused-ignore]

    return getattr(models, name, None)


# `decimals.NUMBER_FORMAT`, in packages whose document has numbers with `format: decimal`
_NUMBERS = "NUMBER_FORMAT"


@cache
def _load_fast() -> Any:
    """msgspec's functions to decode and to encode JSON text, where it is installed."""
    fast: Any = None
    if not TYPE_CHECKING:  # which would report a library that is not installed
        try:
            from msgspec import json as fast
        except ModuleNotFoundError:
            return None
    return fast.Decoder().decode, fast.Encoder().encode


def parse_json(text: bytes | str) -> Any:
    """JSON text as parsed JSON. Raises ValueError for any other text."""
    if (numbers := get_setting(_NUMBERS)) is not None:
        return numbers.parse(text)
    if fast := _load_fast():
        # It gives what `json` gives or refuses, for example other encodings than UTF-8.
        decode, _ = fast
        with suppress(ValueError):
            return decode(text)
    return json.loads(text)


# Circular values do not come here: `to_json` has gone through all of them.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)


def json_bytes(value: Any) -> bytes:
    """JSON without spaces, in UTF-8. Raises ValueError for NaN and infinities."""
    data, numbers = to_json(value), get_setting(_NUMBERS)
    if numbers is not None:
        return str(numbers.write(data, _ENCODER)).encode()
    if fast := _load_fast():
        _, encode = fast
        with suppress(ValueError, TypeError):
            text: bytes = encode(data)
            if b"null" not in text:  # which it also writes for NaN and infinities
                return text
    return _ENCODER.encode(data).encode()
