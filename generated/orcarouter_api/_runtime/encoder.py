"""Encodes values as JSON."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from .model import UNSET, ApiModel, model_reader


def to_json(value: Any) -> Any:
    """The parsed JSON of anything that a model or an argument can hold. Raises TypeError for other objects."""
    cls: type[Any] = value.__class__
    if cls in (str, int, float, bool, type(None)):
        return value
    if isinstance(value, ApiModel):
        return model_reader(type(value)).write(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        items = cast("Iterable[Any]", value)
        return [to_json(v) for v in items if v is not UNSET]
    if isinstance(value, dt.datetime):
        return format_datetime(value)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {k: to_json(v) for k, v in mapping.items() if v is not UNSET}
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (str, int, float)):  # members of an Enum of the caller's
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
