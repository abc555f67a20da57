"""JSON values: their types, equality, the numbers they contain, and their form in messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from numbers import Number
from typing import TYPE_CHECKING, Any, TypeVar

from orcarouter._redaction import redact

if TYPE_CHECKING:
    from orcarouter_api import Unset

__all__ = [
    "MAX_LENGTH",
    "TYPE_NAMES",
    "contains",
    "describe_type",
    "format_value",
    "format_values",
    "has_type",
    "int_if_whole",
    "json_equal",
    "parse_number",
    "unset_to_none",
]

T = TypeVar("T")

MAX_LENGTH = 200  # characters of a string that are stored or compared
_MAX_DISPLAYED = 48  # characters of a string in a message
_MAX_NUMBER = 10**15  # larger numbers are clamped: an int of any size would overflow float

TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
"""JSON Schema types and their names in messages."""


def describe_type(value: Any) -> str:
    """The JSON type of a value as a message names it, such as `a string`."""
    types = ("string", "integer", "number", "boolean", "array", "object")
    return TYPE_NAMES[next((name for name in types if has_type(value, name)), "object")]


def has_type(value: Any, json_type: str) -> bool:
    """Whether a value has a JSON Schema type.

    5.0 is not an integer here, although it is one in JSON Schema: servers do not read it as one.
    """
    # bool is a subclass of int in Python, but a separate type in JSON.
    if isinstance(value, bool):
        return json_type == "boolean"
    return {
        "string": isinstance(value, str),
        "integer": isinstance(value, int),
        "number": isinstance(value, Number),
        "array": isinstance(value, list | tuple),
        "object": isinstance(value, Mapping),
    }.get(json_type, False)


def json_equal(left: Any, right: Any) -> bool:
    """Equality as in JSON, where true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def contains(values: Iterable[Any], value: Any) -> bool:
    """Whether one of the values is equal to this one, as in JSON."""
    return any(json_equal(value, item) for item in values)


def unset_to_none(value: T | Unset) -> T | None:
    """The value of an optional field of the table; None where the table does not set it."""
    from orcarouter_api import Unset

    return None if isinstance(value, Unset) else value


def parse_number(value: Any) -> float | None:
    """The number that a value is, or that a string such as `8` or `8s` contains; None if there is none."""
    if isinstance(value, str):
        text = re.fullmatch(r"\s*(-?\d{1,12}(?:\.\d{1,12})?)\s*(?:s|sec|seconds?)?\s*", value)
        return float(text[1]) if text else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if value != value:  # NaN, for which no comparison holds
        return None
    return max(-_MAX_NUMBER, min(value, _MAX_NUMBER))


def int_if_whole(number: float) -> float:
    """An int if the number has no fraction, so that messages say 5 and not 5.0."""
    return int(number) if float(number).is_integer() else number


def format_value(value: Any) -> str:
    """A value as a message shows it: JSON, shortened and redacted; lists and objects by their type."""
    if isinstance(value, str):
        text = redact(value[:MAX_LENGTH])
        text = text if len(text) <= _MAX_DISPLAYED else text[:_MAX_DISPLAYED] + "…"
        # Unprintable characters are escaped: a violation is printed on one line.
        return json.dumps(text, ensure_ascii=not text.isprintable())
    if isinstance(value, bool | int | float):
        return json.dumps(value) if abs(value) < _MAX_NUMBER else "a number too large"
    return describe_type(value)


def format_values(values: Sequence[Any]) -> tuple[str, ...]:
    """Each value as a message shows it; five or more consecutive integers as one range."""
    numbers = [parse_number(value) for value in values]
    is_range = len(values) > 4 and all(
        left is not None and right is not None and right - left == 1
        for left, right in pairwise(numbers)
    )
    if is_range:
        return (f"{format_value(values[0])} to {format_value(values[-1])}",)
    return tuple(format_value(value) for value in values)
