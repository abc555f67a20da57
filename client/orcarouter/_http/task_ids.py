"""Finds the id of a new task in the response to a submission, however damaged the response is.

A task that was created is paid for, and its id is the only way to it. So the id is also read from a
body that is not JSON as a whole: cut off, nested too deeply, with a byte that is not UTF-8, or with
text behind the object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from orcarouter._http.api_errors import parse_json
from orcarouter._io.effects import HTTPResponse

__all__ = ["find_task_id"]

_KEYS = ("task_id", "id")  # by precedence (C12)
_OBJECTS = ("", "data", "error")  # where they may be: the body itself, or one of its members
_MAX_LENGTH = 512

# A string (the group is its closing quote, missing if the body ends within it), a structural
# character, or anything else. Every alternative consumes what it has matched, so that the time is
# linear in the length.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*("?)|[\[\]{}:,]|[^\s"\[\]{}:,]+', re.DOTALL)


def find_task_id(response: HTTPResponse) -> str:
    """The task id that a response names; empty if it names none.

    An `id` that is that of the request does not count.
    """
    body = parse_json(response.content)
    values: dict[tuple[str, str], Any] = {}
    if isinstance(body, Mapping):
        for name in _OBJECTS:
            inner = body.get(name) if name else body
            if isinstance(inner, Mapping):
                values.update({(name, key): inner.get(key) for key in _KEYS})
    elif body is None:
        values = dict(_scan(response.content.decode("utf-8", "replace")))
    # The `id` of an error object is that of the error.
    places = [(name, key) for key in _KEYS for name in _OBJECTS if (name, key) != ("error", "id")]
    candidates = (_parse_id(values.get(place)) for place in places)
    return next((text for text in candidates if text and text != response.request_id), "")


def _parse_id(value: Any) -> str:
    # U+FFFD stands for a byte that is not UTF-8: the id is not the service's.
    if isinstance(value, str) and value.isprintable() and "\ufffd" not in value:
        return value.strip() if len(value) <= _MAX_LENGTH else ""
    return ""


def _scan(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The complete strings that are members of the first object or of an object in it.

    Yields ((name of the inner object, key), value); the name is empty for the outer object.
    """
    names: list[str] = []  # of the open objects and arrays, the outer one included
    key, last, previous = "", "", ""
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            names.append(key if token == "{" else "[]")
            key = ""
        elif token in "}]":
            del names[-1:]
            if not names:
                return  # what follows the first value is not part of it
        elif token == ":":
            key = last
        elif token[0] == '"' and match[1]:
            last = _decode_string(token)
            if previous == ":" and len(names) <= 2 and names and "[]" not in names:
                yield (names[1] if len(names) == 2 else "", key), last
        previous = token


def _decode_string(token: str) -> str:
    if len(token) > 6 * _MAX_LENGTH:
        return ""
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return ""
