"""Validators for the fields of fault scripts and settings, with messages for the author of a script."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from math import isfinite
from typing import Any, get_args

import attrs

__all__ = [
    "BOOLEAN",
    "ERROR_CODE",
    "HEADERS",
    "HEADER_VALUE",
    "NAMES",
    "NON_NEGATIVE_INT",
    "NUMBER",
    "PATHS",
    "POSITIVE_INT",
    "SECONDS",
    "STATUS",
    "STRING",
    "TIMES",
    "VALUES_BY_PATH",
    "ScriptError",
    "must_be",
    "one_of",
    "reject_unknown",
]


class ScriptError(ValueError):
    """A fault script or a setting is invalid. The message is one line that names the step and the key."""


def must_be(description: str, is_valid: Callable[[Any], bool]) -> Any:
    """An attrs validator that raises ScriptError: `{field}: {value} is not {description}`.

    None passes if it is the default of the field.
    """

    def validate(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if not (is_valid(value) or (value is None and field.default is None)):
            raise ScriptError(f"{field.name}: {value!r} is not {description}")

    return validate


def reject_unknown(kind: str, names: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise ScriptError, with all names that are allowed, if one of `names` is not among them."""
    choices = sorted(allowed)
    if unknown := sorted(set(names).difference(choices)):
        raise ScriptError(f"no such {kind}: {', '.join(unknown)}; there are {', '.join(choices)}")


def one_of(literal: Any) -> Any:
    """A validator for the values of a `typing.Literal`."""
    return must_be(f"one of {', '.join(get_args(literal))}", lambda v: v in get_args(literal))


def _is_int(value: object, minimum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= minimum


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_header(value: object) -> bool:
    # What HTTP can transport: no control characters, nothing outside Latin-1.
    return isinstance(value, str) and value.isprintable() and all(ord(c) < 256 for c in value)


BOOLEAN = must_be("true or false", lambda v: isinstance(v, bool))
STRING = must_be("a string", _is_string)
NON_NEGATIVE_INT = must_be("an integer >= 0", lambda v: _is_int(v, 0))
POSITIVE_INT = must_be("an integer >= 1", lambda v: _is_int(v, 1))
TIMES = must_be("an integer >= 1, or always", lambda v: v is None or _is_int(v, 1))
NUMBER = must_be("a number", _is_number)
SECONDS = must_be("a number of seconds >= 0", lambda v: _is_number(v) and v >= 0)
STATUS = must_be("a status from 200 to 599", lambda v: _is_int(v, 200) and v < 600)
ERROR_CODE = must_be("a string or an integer >= 0", lambda v: _is_string(v) or _is_int(v, 0))
HEADER_VALUE = must_be("a number or a header value", lambda v: _is_number(v) or _is_header(v))
HEADERS = must_be(
    "a mapping of header names to values",
    lambda v: isinstance(v, Mapping) and all(map(_is_header, [*v, *v.values()])),
)
VALUES_BY_PATH = must_be(
    "a mapping of dotted paths to values",
    lambda v: isinstance(v, Mapping) and all(map(_is_string, v)),
)
PATHS = must_be(
    "a list of dotted paths", lambda v: isinstance(v, list | tuple) and all(map(_is_string, v))
)
NAMES = must_be(
    "a list of names",
    lambda v: isinstance(v, Collection) and not isinstance(v, str) and all(map(_is_string, v)),
)
