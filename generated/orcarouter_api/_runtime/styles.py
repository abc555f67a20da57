"""Parameters in a style that is not the default of their location (OpenAPI, Parameter Object, style)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import unquote

from attrs import frozen

from .encoder import json_bytes, to_json
from .parameters import (
    Argument,
    empty_nulls,
    escape_json,
    explode,
    format_scalar,
    percent_encode,
)

# Reserved characters (RFC 3986) that end neither a path segment nor a parameter of the query.
_RESERVED = {"path": ":@!$&'()*+,;=", "query": ":/?@!$'()*,;="}
_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
# (before the first value, between exploded values); other styles use the separator of the location.
_PREFIXES = {"label": (".", "."), "matrix": (";", ";"), "simple": ("", ",")}
_TRIPLETS = re.compile("(%[0-9A-Fa-f]{2})")


@frozen
class Styled(Argument):
    """A value with its style. With `allow_reserved`, reserved characters are not percent-encoded."""

    value: Any
    style: str
    explode: bool = False
    allow_reserved: bool = False

    def serialize(self, name: str, location: str) -> str | None:
        if self.value is None:
            return None
        encode: Callable[[str], str] = percent_encode
        if location == "header" or self.style == "cookie":
            encode = str
        else:
            encode = self.encoder(location, encode)
        separator = "; " if location == "cookie" else "&"
        return self.expand(name, to_json(self.value), encode, separator)

    def encoder(
        self, location: str, default: Callable[[str], str]
    ) -> Callable[[str], str]:
        """The percent-encoding of names and values: `default`, if that of reserved characters is not left out."""
        if not self.allow_reserved:
            return default
        return _reserved_encoder(_RESERVED.get(location, _RESERVED["query"]))

    def expand(
        self, name: str, value: Any, encode: Callable[[str], str], separator: str = "&"
    ) -> str:
        """A JSON value in this style. `encode` is applied to names and values, not to delimiters."""
        if value in ({}, []):
            return ""
        key = encode(name)

        def text(item: Any) -> str:
            return encode(format_scalar(item, encode is str))

        if self.style == "deepObject":
            pairs = [(encode(k), text(v)) for k, v in _deep(name, value)]
            return separator.join(f"{k}={v}" for k, v in pairs)
        delimiter = _DELIMITERS.get(self.style, ",")
        prefix, joint = _PREFIXES.get(self.style, ("", separator))
        named = self.style not in ("simple", "label")
        if isinstance(value, dict):
            properties = cast("dict[str, Any]", value)
            if self.explode:
                items = explode(name, properties)
                pairs = [(encode(k), text(v)) for k, v in items]
                return prefix + joint.join(f"{k}={v}" for k, v in pairs)
            pairs = [(encode(k), text(v)) for k, v in properties.items()]
            content = delimiter.join(f"{k}{delimiter}{v}" for k, v in pairs)
        elif isinstance(value, list):
            values = [text(v) for v in empty_nulls(cast("list[object]", value))]
            if self.explode and named:
                return prefix + joint.join(f"{key}={v}" for v in values)
            content = (joint if self.explode else delimiter).join(values)
        else:
            content = text(value)
        if not named:
            return prefix + content
        if self.style == "matrix" and not content:
            return prefix + key
        return f"{prefix}{key}={content}"

    def parts(self, name: str, value: Any) -> Iterable[tuple[str, str]]:
        """The name and the text of each part of a multipart body for a list or object; nothing is percent-encoded."""
        if isinstance(value, dict):
            pairs = list(cast("dict[str, Any]", value).items())
            values: list[Any] = [part for pair in pairs for part in pair]
        else:
            values = [*cast("list[object]", value)]
            pairs = [(name, v) for v in values]
        if self.style == "deepObject" and isinstance(value, dict):
            yield from ((f"{name}[{k}]", format_scalar(v)) for k, v in pairs)
        elif self.explode:
            yield from ((k, format_scalar(v)) for k, v in pairs)
        else:
            delimiter = unquote(_DELIMITERS.get(self.style, ","))
            yield name, delimiter.join(map(format_scalar, values))


def _reserved_encoder(reserved: str) -> Callable[[str], str]:
    """Percent-encoding that keeps reserved characters and what is percent-encoded already."""

    def encode(text: str) -> str:
        # Every second part of the split is a triplet.
        parts = enumerate(_TRIPLETS.split(text))
        return "".join(p if i % 2 else percent_encode(p, reserved) for i, p in parts)

    return encode


def _deep(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    """The pairs of deepObject, also for nested objects and lists, which OpenAPI leaves open: a[b][c], a[b][0]."""
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _deep(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(empty_nulls(cast("list[object]", value))):
            yield from _deep(f"{name}[{index}]", item)
    else:
        yield name, value


def json_text(value: Any, ascii_only: bool = False) -> str | None:
    """A parameter whose content is application/json, for a header in ASCII."""
    if value is None:
        return None
    text = json_bytes(value).decode()
    return escape_json(text) if ascii_only else text
