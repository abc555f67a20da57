"""Bodies of forms: urlencoded and multipart (OpenAPI Encoding Object)."""

# pyright: basic

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote_plus

from .call import Body, json_bytes, text
from .model import UNSET, ApiModel, model_reader, to_json


class Style(Protocol):
    """How a list or an object is serialized: `styles.Styled`, which not every package has."""

    def expand(self, name: str, value: Any, write: Callable[[str], str]) -> str: ...

    def parts(self, name: str, value: Any) -> Iterable[tuple[str, str]]: ...


def form_body(
    value: Any,
    styles: Mapping[str, Style] | None = None,
    types: Mapping[str, str] | None = None,
) -> Body | None:
    """An urlencoded body. A list repeats its name, an object is JSON, unless `styles` or `types` say otherwise."""
    if value is None:
        return None
    pairs: list[str] = []
    for name, item in to_json(value).items():
        style = (styles or {}).get(name)
        if style and isinstance(item, (dict, list)):
            pairs.append(style.expand(name, item, quote_plus))
            continue
        as_json = (types or {}).get(name, "").endswith("json")
        items = item if isinstance(item, list) and not as_json else [item]
        for one in items:
            content = (
                json_bytes(one).decode()
                if as_json
                else "" if one is None else text(one)
            )
            pairs.append(f"{quote_plus(name)}={quote_plus(content)}")
    return Body(
        "application/x-www-form-urlencoded", "&".join(p for p in pairs if p).encode()
    )


def multipart_body(
    value: Any,
    files: Collection[str] | None = (),
    types: Mapping[str, str] | None = None,
    styles: Mapping[str, Style] | None = None,
    media_type: str = "multipart/form-data",
) -> Body | None:
    """A multipart body: one part for each property, for each item of a list.

    A property of `files` takes bytes, text, a file opened for reading bytes, or a tuple
    of file name, one of those and optionally a media type; where `files` is None, what
    is bytes, a file or a tuple is sent as a file. `types` gives media types of parts,
    `styles` how lists and objects are serialized.
    """
    if value is None:
        return None
    parts: list[tuple[str, tuple[Any, ...]]] = []
    for name, item in _properties(value):
        type_ = (types or {}).get(name, "").partition(",")[0].strip()
        if "*" in type_:
            type_ = ""
        if (
            styles
            and name in styles
            and isinstance(item, (list, tuple, Mapping, ApiModel))
        ):
            parts += [
                (n, _part(v, type_)) for n, v in styles[name].parts(name, to_json(item))
            ]
            continue
        for one in item if isinstance(item, list) else [item]:
            as_file = name in files if files is not None else _is_file(one)
            parts.append(
                (name, _file(name, one, type_) if as_file else _part(one, type_))
            )
    if media_type == "multipart/form-data":
        return Body(media_type, fields=tuple(parts))
    boundary = uuid.uuid4().hex
    lines = b"".join(_raw(name, part, boundary) for name, part in parts)
    return Body(
        f"{media_type}; boundary={boundary}", lines + f"--{boundary}--\r\n".encode()
    )


def _is_file(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, tuple)) or hasattr(value, "read")


def _properties(value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, ApiModel):
        yield from (
            (k, v) for k, v in value.items() if v is not None and v is not UNSET
        )
        return
    json_names = model_reader(type(value)).json_names
    pairs = [
        (json_name, getattr(value, name)) for name, json_name in json_names.items()
    ]
    yield from (
        (k, v)
        for k, v in [*pairs, *value.additional_properties.items()]
        if v is not None and v is not UNSET
    )


def _part(value: Any, type_: str) -> tuple[Any, ...]:
    data = to_json(value)
    if type_.endswith("json") or (not type_ and isinstance(data, (dict, list))):
        return None, json_bytes(data), type_ or "application/json"
    content = text(data).encode()
    return (None, content, type_) if type_ else (None, content)


def _file(name: str, value: Any, type_: str) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return value if len(value) > 2 or not type_ else (*value, type_)
    path = getattr(value, "name", None)
    filename = os.path.basename(path) if isinstance(path, str) and path else name
    content = value.encode() if isinstance(value, str) else value
    return (filename, content, type_) if type_ else (filename, content)


def _raw(name: str, part: tuple[Any, ...], boundary: str) -> bytes:
    filename, content = part[0], part[1]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
    if filename:
        head += f'; filename="{_quoted(filename)}"'
    if len(part) > 2:
        head += f"\r\nContent-Type: {part[2]}"
    data = content.read() if hasattr(content, "read") else content
    return (
        head.encode()
        + b"\r\n\r\n"
        + (data.encode() if isinstance(data, str) else bytes(data))
        + b"\r\n"
    )


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
