"""Encodes values as JSON."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from .model import UNSET, ApiModel, model_reader


def to_json(value: Any) -> Any:
    """The parsed JSON of anything that a model or an argument can hold. Raises TypeError for other objects."""
    cls: type[Any] = value.__class__
    if cls in (str, int, float, bool, type(None)):
        return value
    if issubclass(cls, ApiModel):
        return model_reader(cls).write(value)
    if issubclass(cls, (list, tuple, set, frozenset)):
        return [to_json(v) for v in value if v is not UNSET]
    if issubclass(cls, dt.datetime):
        return format_datetime(value)
    if issubclass(cls, Mapping):
        return {k: to_json(v) for k, v in value.items() if v is not UNSET}
    if issubclass(cls, (dt.date, dt.time)):
        return value.isoformat()
    if issubclass(cls, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if issubclass(cls, (str, int, float)):  # members of an Enum of the caller's
        return getattr(value, "value", value)
    # By their names: an import would load `uuid` and `decimal` into every program.
    if cls.__name__ in ("UUID", "Decimal"):
        return str(value)
    raise TypeError(f"{cls.__name__} has no JSON form")


def format_datetime(value: dt.datetime) -> str:
    """A date-time of RFC 3339; the original text of one that was decoded."""
    original = getattr(value, "original", None)
    if original is not None:
        return str(original)
    text = value.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


def json_bytes(value: Any) -> bytes:
    """JSON without spaces, in UTF-8. Raises ValueError for NaN and infinities."""
    return _encode(to_json(value)).encode()
