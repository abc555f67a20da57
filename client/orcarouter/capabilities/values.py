"""JSON values: their types, when two are equal, what number one says, how people see them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from numbers import Number
from typing import TYPE_CHECKING, Any, TypeVar

from orcarouter._http.redaction import redact

if TYPE_CHECKING:
    from orcarouter_api import Unset

__all__ = [
    "KINDS",
    "LONGEST",
    "among",
    "given",
    "is_a",
    "kind_of",
    "listed",
    "number_of",
    "plain",
    "same",
    "show",
]

T = TypeVar("T")

LONGEST = 200  # characters of a value that are kept or compared
_SHOWN = 48  # characters of it that people see
_LARGEST = 10**15  # larger numbers are compared as this one

KINDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def kind_of(value: Any) -> str:
    """What JSON calls a value, with its article."""
    names = ("string", "integer", "number", "boolean", "array", "object")
    return KINDS[next((name for name in names if is_a(value, name)), "object")]


def is_a(value: Any, kind: str) -> bool:
    """Whether a value has a JSON type; 5.0 is no integer, since servers read it as none."""
    if isinstance(value, bool):
        return kind == "boolean"
    return {
        "string": isinstance(value, str),
        "integer": isinstance(value, int),
        "number": isinstance(value, Number),
        "array": isinstance(value, list | tuple),
        "object": isinstance(value, Mapping),
    }.get(kind, False)


def same(one: Any, other: Any) -> bool:
    """JSON equality: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def among(value: Any, values: Iterable[Any]) -> bool:
    return any(same(value, known) for known in values)


def given(value: T | Unset) -> T | None:
    """None in place of what the table leaves out."""
    from orcarouter_api import Unset

    return None if isinstance(value, Unset) else value


def number_of(value: Any) -> float | None:
    """The number that a value is, or that a string such as `8` or `8s` says."""
    if isinstance(value, str):
        spelled = re.fullmatch(r"\s*(-?\d{1,12}(?:\.\d{1,12})?)\s*(?:s|sec|seconds?)?\s*", value)
        return float(spelled[1]) if spelled else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return max(-_LARGEST, min(value, _LARGEST)) if value == value else None  # NaN is unlike itself


def plain(number: float) -> float:
    """A number without a fraction of zero."""
    return int(number) if float(number).is_integer() else number


def show(value: Any) -> str:
    """A value for people, as JSON."""
    if isinstance(value, str):
        text = redact(value[:LONGEST])
        text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        return json.dumps(text, ensure_ascii=not text.isprintable())
    if isinstance(value, bool | int | float):
        return json.dumps(value) if abs(value) < _LARGEST else "a number too large"
    return kind_of(value)


def listed(values: Sequence[Any]) -> tuple[str, ...]:
    """Each value in words; a long run of whole numbers by its ends."""
    numbers = [number_of(value) for value in values]
    runs = len(values) > 4 and all(
        one is not None and other is not None and other - one == 1
        for one, other in pairwise(numbers)
    )
    if runs:
        return (f"{show(values[0])} to {show(values[-1])}",)
    return tuple(show(value) for value in values)
