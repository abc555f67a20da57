"""What the fields of scripts and settings may hold: validators for attrs, with messages for people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import isfinite
from typing import Any, get_args

import attrs

__all__ = [
    "CODE",
    "COUNT",
    "FLAG",
    "HEADER",
    "HEADERS",
    "NAMES",
    "NUMBER",
    "PATHS",
    "POSITIVE",
    "SECONDS",
    "STATUS",
    "TEXT",
    "TIMES",
    "VALUES",
    "ScriptError",
    "must_be",
    "one_of",
]


class ScriptError(ValueError):
    """A fault script or a setting that cannot be used: one line that names the step and the key."""


def must_be(what: str, test: Callable[[Any], bool]) -> Any:
    """A validator; None passes where it is the default. Raises ScriptError."""

    def validate(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if not (test(value) or (value is None and field.default is None)):
            raise ScriptError(f"{field.name}: {value!r} is not {what}")

    return validate


def one_of(words: Any) -> Any:
    """A validator for the words of a Literal."""
    return must_be(f"one of {', '.join(get_args(words))}", lambda v: v in get_args(words))


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_header(value: object) -> bool:
    # What HTTP can carry: no control characters, nothing beyond Latin-1.
    return isinstance(value, str) and value.isprintable() and all(ord(c) < 256 for c in value)


FLAG = must_be("true or false", lambda v: isinstance(v, bool))
TEXT = must_be("a text", _is_text)
COUNT = must_be("a whole number from 0", lambda v: _is_whole(v, 0))
POSITIVE = must_be("a whole number from 1", lambda v: _is_whole(v, 1))
TIMES = must_be("a whole number from 1, or always", lambda v: v is None or _is_whole(v, 1))
NUMBER = must_be("a number", _is_number)
SECONDS = must_be("a number of seconds from 0", lambda v: _is_number(v) and v >= 0)
STATUS = must_be("a status from 200 to 599", lambda v: _is_whole(v, 200) and v < 600)
CODE = must_be("a text or a whole number from 0", lambda v: _is_text(v) or _is_whole(v, 0))
HEADER = must_be("a number or the text of a header", lambda v: _is_number(v) or _is_header(v))
HEADERS = must_be(
    "a mapping of header names to values",
    lambda v: isinstance(v, Mapping) and all(map(_is_header, [*v, *v.values()])),
)
VALUES = must_be(
    "a mapping of dotted paths to values",
    lambda v: isinstance(v, Mapping) and all(map(_is_text, v)),
)
PATHS = must_be(
    "a list of dotted paths", lambda v: isinstance(v, list | tuple) and all(map(_is_text, v))
)
NAMES = must_be(
    "a list of names",
    lambda v: isinstance(v, Collection) and not isinstance(v, str) and all(map(_is_text, v)),
)
