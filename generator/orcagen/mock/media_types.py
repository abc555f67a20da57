"""Media types: which one a request has or wants, and how a value is written in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from orcagen.openapi import MediaType

Syntax: TypeAlias = Literal["json", "form", "lines", "events", "xml", "text", "other"]
_CONCRETE = {"*/*": "application/json", "application/*": "application/json", "text/*": "text/plain",
             "image/*": "image/png", "audio/*": "audio/mpeg", "video/*": "video/mp4"}  # fmt: skip


def find_syntax(media_type: str) -> Syntax:
    """How content of a media type is written."""
    name = get_essence(media_type)
    subtype = name.partition("/")[2]
    if subtype == "event-stream":
        return "events"
    if "jsonl" in subtype or "ndjson" in subtype or subtype.endswith("json-seq"):
        return "lines"
    if name in ("*/*", "application/*") or subtype == "json" or subtype.endswith("+json"):
        return "json"
    if name == "application/x-www-form-urlencoded":
        return "form"
    if subtype == "xml" or subtype.endswith("+xml"):
        return "xml"
    return "text" if name.startswith("text/") else "other"


def get_essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def make_concrete(media_type: str) -> str:
    """The media type itself; for a range, one that is in it."""
    return _CONCRETE.get(get_essence(media_type), media_type.replace("*", "octet-stream"))


def choose_by_content_type(content: Sequence[MediaType], content_type: str) -> MediaType | None:
    """The most specific media type of a request body; the first one for a request without Content-Type."""
    if not content_type:
        return content[0]
    essence = get_essence(content_type)
    fitting = [m for m in content if _matches(get_essence(m.media_type), essence)]
    return min(fitting, key=lambda m: m.media_type.count("*"), default=None)


def choose_by_accept(content: Iterable[MediaType], accept: str) -> MediaType | None:
    """The media type that the Accept header prefers (RFC 9110, section 12.5.1), JSON among equals; None if it takes none."""
    ranked = []
    for index, media_type in enumerate(content):
        quality = _find_quality(accept, get_essence(make_concrete(media_type.media_type)))
        if quality > 0:
            rank = (-quality, find_syntax(media_type.media_type) != "json", index)
            ranked.append((rank, media_type))
    return min(ranked, key=lambda r: r[0])[1] if ranked else None


def _find_quality(accept: str, essence: str) -> float:
    """How much a media type is wanted, 0 to 1, by the most specific range that it is in."""
    best, quality = -1, 0.0
    for item in (accept or "*/*").split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        specificity = 2 - name.count("*")
        if _matches(name, essence) and specificity > best:
            text = next((p[2:] for p in parameters if p.startswith("q=")), "1")
            best, quality = specificity, _read_float(text)
    return quality


def _matches(range_: str, essence: str) -> bool:
    type_, _, subtype = range_.partition("/")
    return (
        range_ == essence or range_ == "*/*" or (subtype == "*" and essence.startswith(f"{type_}/"))
    )


def _read_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def write(value: Any, media_type: str, name: str = "root") -> bytes:
    """A value in a media type. `name` is that of the root element in XML."""
    if isinstance(value, bytes):
        return value
    match find_syntax(media_type):
        case "json":
            return write_json(value)
        case "lines":
            items = value if isinstance(value, list) else [value]
            mark = b"\x1e" if "json-seq" in media_type else b""
            return b"".join(mark + write_json(item) + b"\n" for item in items)
        case "events":
            if isinstance(value, str):
                return value.encode()
            items = value if isinstance(value, list) else [value]
            return b"".join(_write_event(item) for item in items)
        case "form" if isinstance(value, dict):
            return urlencode(value, doseq=True).encode()
        case "xml" if not isinstance(value, str):
            return f'<?xml version="1.0" encoding="UTF-8"?>{_write_element(name, value)}'.encode()
    return value.encode() if isinstance(value, str) else write_json(value)


def write_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _write_event(item: Any) -> bytes:
    fields = item if isinstance(item, dict) and "data" in item else {"data": item}
    lines = []
    for key, value in fields.items():
        text = value if isinstance(value, str) else write_json(value).decode()
        lines += [f"{key}: {line}\n" for line in text.splitlines() or [""]]
    return ("".join(lines) + "\n").encode()


def _write_element(name: str, value: Any) -> str:
    """An element with one child for each property; arrays repeat theirs. `xml` of schemas is not taken into account."""
    if isinstance(value, list):
        return f"<{name}>{''.join(_write_element('item', v) for v in value)}</{name}>"
    if isinstance(value, dict):
        inner = "".join(
            _write_element(k, v)
            for k, values in value.items()
            for v in (values if isinstance(values, list) else [values])
        )
        return f"<{name}>{inner}</{name}>"
    text = "" if value is None else value if isinstance(value, str) else write_json(value).decode()
    return f"<{name}>{escape(text)}</{name}>"
