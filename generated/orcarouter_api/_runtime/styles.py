"""Parameters in other styles than the default one of their location (OpenAPI Parameter Object)."""

# pyright: basic

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from attrs import frozen

from .call import Argument, exploded, percent, text
from .model import to_json

# Reserved characters that end neither a segment of the path nor a parameter of the query.
_RESERVED = {"path": ":@!$&'()*+,;=", "query": ":/?@!$'()*,;="}
_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
_TRIPLES = re.compile("(%[0-9A-Fa-f]{2})")


@frozen
class Styled(Argument):
    """A value with its style. `allow_reserved`: reserved characters stay as they are."""

    value: Any
    style: str
    explode: bool = False
    allow_reserved: bool = False

    def serialize(self, name: str, location: str) -> str | None:
        if self.value is None:
            return None
        write: Callable[[str], str] = percent
        if location == "header" or self.style == "cookie":
            write = str
        elif self.allow_reserved:
            write = _keeping(_RESERVED.get(location, _RESERVED["query"]))
        separator = "; " if location == "cookie" else "&"
        return self.expand(name, to_json(self.value), write, separator)

    def expand(
        self,
        name: str,
        value: Any,
        write: Callable[[str], str],
        separator: str = "&",
    ) -> str:
        """A JSON value in this style. `write` encodes each piece; delimiters are ours."""
        if value in ({}, []):
            return ""
        key = write(name)
        if self.style == "deepObject":
            return separator.join(
                f"{write(k)}={write(text(v))}" for k, v in _deep(name, value)
            )
        between = _DELIMITERS.get(self.style, ",")
        first, joint = {
            "label": (".", "."),
            "matrix": (";", ";"),
            "simple": ("", ","),
        }.get(self.style, ("", separator))
        named = self.style not in ("simple", "label")
        if isinstance(value, dict):
            if self.explode:
                pairs = [(write(k), write(text(v))) for k, v in exploded(name, value)]
                return first + joint.join(f"{k}={v}" for k, v in pairs)
            pairs = [(write(k), write(text(v))) for k, v in value.items()]
            inner = between.join(f"{k}{between}{v}" for k, v in pairs)
        elif isinstance(value, list):
            values = [write(text(v)) for v in value]
            if self.explode and named:
                return first + joint.join(f"{key}={v}" for v in values)
            inner = (joint if self.explode else between).join(values)
        else:
            inner = write(text(value))
        if not named:
            return first + inner
        matrix = self.style == "matrix" and not inner
        return first + key if matrix else f"{first}{key}={inner}"

    def parts(self, name: str, value: Any) -> Iterable[tuple[str, str]]:
        """The parts of a multipart body for a list or an object, nothing percent-encoded."""
        pairs = value.items() if isinstance(value, dict) else [(name, v) for v in value]
        if self.style == "deepObject" and isinstance(value, dict):
            yield from ((f"{name}[{k}]", text(v)) for k, v in pairs)
        elif self.explode:
            yield from ((k, text(v)) for k, v in pairs)
        else:
            words = [x for p in pairs for x in p] if isinstance(value, dict) else value
            delimiter = unquote(_DELIMITERS.get(self.style, ","))
            yield name, delimiter.join(map(text, words))


def _keeping(reserved: str) -> Callable[[str], str]:
    """Percent-encoding of text that may hold reserved characters; encoded triples stay as they are."""
    return lambda t: "".join(
        p if i % 2 else percent(p, reserved) for i, p in enumerate(_TRIPLES.split(t))
    )


def _deep(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, (dict, list)):
        for k, v in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _deep(f"{name}[{k}]", v)
    else:
        yield name, value
