"""JSON that is odd or damaged, of which as much as possible is read: it may have the id of a task that is paid for."""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

_Open: TypeAlias = dict[str, Any] | list[Any] | None

_DEEPEST = 200  # levels of nesting: code that visits the value is recursive
_MOST_DIGITS = 1000  # `int` refuses more than 4300
_LONGEST = 100_000  # characters of a string in a value that is cut off

# A string (the group is its closing quote, missing if the text ends within it), a bracket, comma or colon, or anything
# else. Every alternative consumes what it has looked at, so that the time is linear in the length.
_TOKEN = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*("?)|[\[\]{}:,]|[^\s"\[\]{}:,]+', re.DOTALL
)
_BRACKET_OR_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def read_json(content: bytes) -> Any:
    """The value of a JSON text; None for any other text, and for one that is nested too deeply.

    Bytes that are not UTF-8 are U+FFFD, and an integer that is too long for `int` is infinite: neither may hide the rest.
    """
    # Counting all brackets is quicker, and mostly enough.
    may_be_deep = content.count(b"[") + content.count(b"{") > _DEEPEST
    if may_be_deep and _find_depth(content) > _DEEPEST:
        return None
    try:
        try:
            return json.loads(content, parse_int=_parse_int)
        except UnicodeDecodeError:
            return json.loads(content.decode("utf-8", "replace"), parse_int=_parse_int)
    except (ValueError, RecursionError):
        return None


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _find_depth(content: bytes) -> int:
    """How deeply arrays and objects are nested; brackets in strings do not count."""
    depth = deepest = 0
    for match in _BRACKET_OR_STRING.finditer(content):
        if match[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in b"]}":
            depth -= 1
    return deepest


def read_beginning(content: bytes) -> Any:
    """The first value of a text that is not JSON as a whole: without what is not complete, or nested too deeply.

    None if it does not begin with an object or array.
    """
    text = content.decode("utf-8", "replace")
    open_: list[_Open] = []  # objects and arrays; None for one that is left out
    keys: list[str | None] = []  # of each, what precedes the next value
    root: _Open = None
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            value: _Open = {} if token == "{" else []
            if not open_:
                root = value
            elif len(open_) >= _DEEPEST or not _add_value(open_[-1], keys[-1], value):
                value = None
            open_.append(value)
            keys.append(None)
        elif not open_:
            return None
        elif token in "}]":
            open_.pop()
            keys.pop()
            if not open_:
                return root
            keys[-1] = None
        elif token == ",":
            keys[-1] = None
        elif token != ":":
            is_string = token[0] == '"'
            if not match[1] if is_string else match.end() == len(text):
                return root  # within it
            scalar = _read_scalar(token) if len(token) <= _LONGEST else None
            if is_string and isinstance(open_[-1], dict) and keys[-1] is None:
                keys[-1] = scalar if isinstance(scalar, str) else ""
            else:
                _add_value(open_[-1], keys[-1], scalar)
    return root


def _add_value(container: _Open, key: str | None, value: Any) -> bool:
    """Whether there is a place for a value."""
    if isinstance(container, list):
        container.append(value)
    elif container is None or key is None:
        return False
    else:
        container[key] = value
    return True


def _read_scalar(token: str) -> Any:
    """None for a token that is none."""
    try:
        return json.loads(token, strict=False, parse_int=_parse_int)
    except ValueError:
        return None
