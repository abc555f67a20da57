"""Bodies of forms: application/x-www-form-urlencoded and multipart (OpenAPI, Encoding Object)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol, cast
from urllib.parse import quote_plus

from .call import Body
from .encoder import json_bytes, to_json
from .model import UNSET, ApiModel, model_reader
from .parameters import format_scalar

Part = tuple[Any, ...]  # (file name or None, content) or (..., media type)


class Style(Protocol):
    """The style of a list or object: `styles.Styled`, in packages that have one."""

    def expand(self, name: str, value: Any, encode: Callable[[str], str]) -> str: ...

    def parts(self, name: str, value: Any) -> Iterable[tuple[str, str]]: ...


def form_body(
    body: Any, styles: Mapping[str, Style] = {}, types: Mapping[str, str] = {}
) -> Body | None:
    """An urlencoded body; None for no body.

    A list repeats its name and an object is JSON, unless `styles` has a style or `types` a media type for the property.
    """
    if body is None or body is UNSET:
        return None
    pairs: list[str] = []
    for name, item in to_json(body).items():
        style = styles.get(name)
        if style and isinstance(item, (dict, list)):
            pairs.append(style.expand(name, item, quote_plus))
        elif types.get(name, "").endswith("json"):
            pairs.append(f"{quote_plus(name)}={quote_plus(json_bytes(item).decode())}")
        else:
            for value in _as_list(item):
                content = "" if value is None else format_scalar(value)
                pairs.append(f"{quote_plus(name)}={quote_plus(content)}")
    return Body(
        "application/x-www-form-urlencoded", "&".join(filter(None, pairs)).encode()
    )


def multipart_body(
    body: Any,
    files: Collection[str] | None = (),
    types: Mapping[str, str] = {},
    styles: Mapping[str, Style] = {},
    media_type: str = "multipart/form-data",
) -> Body | None:
    """A multipart body with a part for each property, or for each item of a list; None for no body.

    Properties in `files` are sent as files: bytes, text, a file opened for reading bytes, or a tuple of the file name,
    one of those and optionally the media type. If `files` is None, all values that are bytes, files or tuples are.
    `types` has media types of properties, `styles` the styles of lists and objects.
    """
    if body is None or body is UNSET:
        return None
    parts: list[tuple[str, Part]] = []
    for name, item in _properties(body):
        # The first of several media types; a range says nothing about what is sent.
        type_ = types.get(name, "").partition(",")[0].strip()
        if "*" in type_:
            type_ = ""
        style = styles.get(name)
        if style and isinstance(item, (list, tuple, Mapping, ApiModel)):
            for key, text in style.parts(name, to_json(item)):
                parts.append((key, _make_part(text, type_)))
            continue
        for value in _as_list(item):
            if name in files if files is not None else _is_file(value):
                parts.append((name, _make_file(name, value, type_)))
            else:
                parts.append((name, _make_part(value, type_)))
    if media_type == "multipart/form-data":
        return Body(media_type, fields=tuple(parts))
    # The HTTP library writes multipart/form-data only.
    boundary = uuid.uuid4().hex
    content = b"".join(_write_part(name, part, boundary) for name, part in parts)
    return Body(
        f"{media_type}; boundary={boundary}", content + f"--{boundary}--\r\n".encode()
    )


def _as_list(value: Any) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _is_file(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, tuple)) or hasattr(value, "read")


def _properties(value: Any) -> Iterator[tuple[str, Any]]:
    """Names and values, not yet JSON, because files have no JSON form. Those without a value are left out."""
    pairs: Mapping[str, Any] = value
    if isinstance(value, ApiModel):
        json_names = model_reader(type(value)).json_names
        named = {j: getattr(value, n) for n, j in json_names.items()}
        pairs = {**named, **value.additional_properties}
    yield from ((k, v) for k, v in pairs.items() if v is not None and v is not UNSET)


def _make_part(value: Any, type_: str) -> Part:
    data = to_json(value)
    if type_.endswith("json") or (not type_ and isinstance(data, (dict, list))):
        return None, json_bytes(data), type_ or "application/json"
    content = format_scalar(data).encode()
    return (None, content, type_) if type_ else (None, content)


def _make_file(name: str, value: Any, type_: str) -> Part:
    if isinstance(value, tuple):
        part = cast("tuple[object, ...]", value)
        return part if len(part) > 2 or not type_ else (*part, type_)
    path = getattr(value, "name", None)
    filename = os.path.basename(path) if isinstance(path, str) and path else name
    content = value.encode() if isinstance(value, str) else value
    return (filename, content, type_) if type_ else (filename, content)


def _write_part(name: str, part: Part, boundary: str) -> bytes:
    filename, content = part[0], part[1]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_escape(name)}"'
    if filename:
        head += f'; filename="{_escape(filename)}"'
    if len(part) > 2:
        head += f"\r\nContent-Type: {part[2]}"
    data = content.read() if hasattr(content, "read") else content
    body = data.encode() if isinstance(data, str) else bytes(data)
    return head.encode() + b"\r\n\r\n" + body + b"\r\n"


def _escape(name: str) -> str:
    """As browsers do (HTML, section 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
