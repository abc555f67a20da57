"""JSON with places: what `json.loads` gives, and the line on which a value begins."""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from orcagen.pointers import escaped, tokens

Spans: TypeAlias = dict[str, tuple[int, int]]  # where values begin and end, by JSON pointer

_OUTLINE = 3  # levels: to the operations and the components
_SPACE = re.compile(r"[ \t\r\n]*")


def read(text: str) -> tuple[Any, Spans]:
    """What `json.loads` gives, and where the values of the outline stand. Raises JSONDecodeError."""
    decode, spans = json.JSONDecoder().raw_decode, dict[str, tuple[int, int]]()

    def value_at(at: int, pointer: str, depth: int) -> tuple[Any, int]:
        value, end = inside(at, pointer, depth)
        spans[pointer] = (at, end)
        return value, end

    def inside(at: int, pointer: str, depth: int) -> tuple[Any, int]:
        if depth == 0 or text[at] != "{":
            return decode(text, at)
        out: dict[str, Any] = {}
        at = _skip(text, at + 1)
        more = text[at] != "}"
        while more:
            key, at = decode(text, at)
            at = _skip(text, at)
            if not isinstance(key, str) or text[at] != ":":
                raise ValueError("a member without a name")
            place = f"{pointer}/{escaped(key)}"
            if key in out:  # the last of two counts
                for known in [p for p in spans if p == place or p.startswith(place + "/")]:
                    del spans[known]
            out[key], at = value_at(_skip(text, at + 1), place, depth - 1)
            at = _skip(text, at)
            more = text[at] == ","
            at = _skip(text, at + 1) if more else at
        if text[at] != "}":
            raise ValueError("an object that is not closed")
        return out, at + 1

    try:
        value, end = value_at(_skip(text, 0), "", _OUTLINE)
        if _skip(text, end) == len(text):
            return value, spans
    except (ValueError, IndexError):
        spans.clear()
    return json.loads(text), {"": (0, len(text))}  # says what is wrong, and where


def line(text: str, spans: Spans, pointer: str) -> int:
    """The line, from 1, on which the value at a pointer begins; of its nearest parent where it is not there."""
    known = pointer
    while known not in spans:
        known = known.rpartition("/")[0]
    at = _skip(text, spans[known][0])
    for token in tokens(pointer[len(known) :]):
        found = _children(text, at).get(token)
        if found is None:
            break
        at = found
    return text.count("\n", 0, at) + 1


def in_bytes(text: str, spans: Spans) -> Spans:
    """Places in a text as places in its UTF-8, in their order; the spans do not overlap."""
    out, at, seen = dict[str, tuple[int, int]](), 0, 0
    for pointer, (begin, end) in sorted(spans.items(), key=lambda item: item[1]):
        first = at + len(text[seen:begin].encode())
        at = first + len(text[begin:end].encode())
        out[pointer], seen = (first, at), end
    return out


def _children(text: str, at: int) -> dict[str, int]:
    """Where each value of the JSON object or array at an offset begins. The text is known to be valid."""
    decode, out = json.JSONDecoder().raw_decode, dict[str, int]()
    if text[at] not in "{[":
        return out
    keyed, at = text[at] == "{", _skip(text, at + 1)
    while text[at] not in "}]":
        key = str(len(out))
        if keyed:
            key, at = decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        out[key] = at
        at = _skip(text, decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)
    return out


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]
