"""Parameters in the default style of their location (OpenAPI, Parameter Object, style).

It is `simple` in paths and headers, and `form`, exploded, in queries and cookies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote, unquote

from .encoder import json_bytes, to_json

_UNRESERVED = re.compile(r"[A-Za-z0-9_~-]+")


class Argument:
    """The base class of arguments in another style; see `styles.Styled`."""

    def serialize(self, name: str, location: str) -> str | None:
        """The text for a path, query, header or cookie; None if there is no value."""
        raise NotImplementedError


def serialize_path(name: str, value: Any) -> str:
    """Raises ValueError for an empty value: it would change the path."""
    if type(value) is str and _UNRESERVED.fullmatch(value):
        return value
    if isinstance(value, Argument):
        segment = value.serialize(name, "path")
    else:
        segment = _simple(to_json(value), percent_encode)
    if not segment:
        raise ValueError(f"the path parameter {name!r} is empty")
    # HTTP libraries remove dot segments (RFC 3986, section 5.2.4).
    return segment.replace(".", "%2E") if segment in (".", "..") else segment


def serialize(arguments: Mapping[str, Any], location: str) -> list[tuple[str, str]]:
    """The name and the text of each argument for a query, header or cookie, without those that are None.

    Raises ValueError for line breaks and text outside ASCII in a header or cookie.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in arguments.items():
        if isinstance(value, Argument):
            content = value.serialize(name, location)
        elif value is None:
            continue
        elif location == "header":
            content = _simple(to_json(value), str)
        else:
            content = _form(name, to_json(value), "; " if location == "cookie" else "&")
        if content is None:
            continue
        if location != "query":
            if any(c in content for c in "\r\n\0"):
                raise ValueError(f"the {location} {name} contains a line break")
            if not content.isascii():
                raise ValueError(f"the {location} {name} contains text outside ASCII")
        pairs.append((name, content))
    return pairs


def format_scalar(value: Any, ascii_only: bool = False) -> str:
    """A string as it is, anything else as JSON."""
    value = to_json(value)
    if isinstance(value, (dict, list)):
        text = json_bytes(value).decode()
        return escape_json(text) if ascii_only else text
    if isinstance(value, str):
        return value
    return str(getattr(value, "text", "")) or json.dumps(value)  # `decimals.JsonFloat`


def escape_json(text: str) -> str:
    """JSON text in ASCII."""
    return "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)


def percent_encode(value: str, safe: str = "") -> str:
    # Lone surrogates, which JSON may hold, get an encoding instead of an error.
    return quote(value, safe, errors="surrogatepass")


def split_userinfo(url: str) -> tuple[str, str]:
    """A URL without user and password, and those, decoded: "user:password"."""
    scheme, separator, rest = url.partition("://")
    userinfo, at, _ = re.split("[/?#]", rest)[0].rpartition("@")
    return scheme + separator + rest[len(userinfo + at) :], unquote(userinfo)


def explode(name: str, value: Any) -> list[tuple[str, Any]]:
    """The pairs of an exploded list or object. A list inside an object, which OpenAPI leaves open, repeats its name."""
    if not isinstance(value, dict):
        value = {name: value}
    pairs = cast("dict[str, Any]", value).items()
    return [
        (k, item)
        for k, v in pairs
        for item in (
            empty_nulls(cast("list[object]", v)) if isinstance(v, list) else [v]
        )
    ]


def empty_nulls(items: list[object]) -> list[object]:
    """The items of a list; null, which has no text, keeps its place as an empty value."""
    return ["" if item is None else item for item in items]


def _simple(value: Any, encode: Callable[[str], str]) -> str:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        value = [part for pair in pairs for part in pair]
    elif isinstance(value, list):
        value = empty_nulls(cast("list[object]", value))
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    # Headers, which are not percent-encoded, hold nothing but ASCII.
    return ",".join(encode(format_scalar(item, encode is str)) for item in items)


def _form(name: str, value: Any, separator: str) -> str:
    return separator.join(
        f"{percent_encode(k)}={percent_encode(format_scalar(v))}"
        for k, v in explode(name, value)
    )
