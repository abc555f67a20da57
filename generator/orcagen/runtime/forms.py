"""Bodies of forms: application/x-www-form-urlencoded and multipart (OpenAPI, Encoding Object)."""

from __future__ import annotations

import os
import re
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import suppress
from typing import Any, Protocol, cast
from urllib.parse import quote_plus
from uuid import uuid4

from attrs import evolve, field, frozen

from .call import Body, printable
from .encoder import json_bytes, to_json
from .files import PIECE, choose_media_type, find_filename, is_file, read_content
from .model import UNSET, ApiModel, model_reader
from .parameters import format_scalar


@frozen
class Part:
    """A part of a multipart body, and its headers beside Content-Disposition and Content-Type."""

    content: Any
    filename: str | None = None
    media_type: str | None = None
    headers: Mapping[str, str] = field(factory=dict[str, str], hash=False)


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2


class Style(Protocol):
    """The style of a list or object: `styles.Styled`, in packages that have one."""

    def expand(self, name: str, value: Any, encode: Callable[[str], str]) -> str: ...

    def parts(self, name: str, value: Any) -> Iterable[tuple[str, str]]: ...

    @property
    def allow_reserved(self) -> bool: ...

    def encoder(
        self, location: str, default: Callable[[str], str]
    ) -> Callable[[str], str]: ...


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
        if style and (isinstance(item, (dict, list)) or style.allow_reserved):
            encode = style.encoder("query", quote_plus)
            pairs.append(style.expand(name, item, encode))
        elif types.get(name, "").endswith("json"):
            pairs.append(f"{quote_plus(name)}={quote_plus(json_bytes(item).decode())}")
        else:
            for value in _as_list(item):
                content = "" if value is None else format_scalar(value)
                pairs.append(f"{quote_plus(name)}={quote_plus(content)}")
    return Body(
        "application/x-www-form-urlencoded", "&".join(filter(None, pairs)).encode()
    )


@frozen
class Multipart:
    """The content of a multipart body, written when it is sent: `parts` are heads and contents, `fields` what they are
    made from.

    `content_type` is its media type, with the boundary.
    """

    parts: tuple[tuple[bytes, Any], ...]
    content_type: str = field(eq=False)
    boundary: str = field(eq=False)
    fields: tuple[tuple[str | None, Part], ...] = field(eq=False)

    @property
    def length(self) -> int | None:
        """The number of bytes; None if that of an open file is not known."""
        lengths = [_length(content) for _, content in self.parts]
        if None in lengths:
            return None
        heads = sum(len(head) + len(self.boundary) + 6 for head, _ in self.parts)
        return heads + sum(filter(None, lengths)) + len(self.boundary) + 6

    @property
    def own_headers(self) -> dict[str, str]:
        """Content-Type with the boundary, and Content-Length, if it is known."""
        headers = {"Content-Type": self.content_type}
        if self.length is not None:
            headers["Content-Length"] = str(self.length)
        return headers

    def curl(self) -> list[str]:
        """The options of curl for the parts."""
        options: list[str] = []
        for field_name, part in self.fields:
            name, file, content = (
                field_name or "",
                part.filename,
                printable(part.content),
            )
            if file is None and part.media_type is None:
                options += ["--form-string", f"{name}={content}"]
                continue
            # Quoted, because `@` and `<` at the beginning mean files, and `;` begins the type.
            text = (file or content).replace("\\", r"\\").replace('"', r"\"")
            at, type_ = "@" * bool(file), (
                f";type={part.media_type}" if part.media_type else ""
            )
            type_ += "".join(f';headers="{k}: {v}"' for k, v in part.headers.items())
            options += ["-F", f'{name}={at}"{text}"{type_}']
        return options

    def __iter__(self) -> Iterator[bytes]:
        for head, content in self.parts:
            yield f"--{self.boundary}\r\n".encode() + head
            yield from _read(content)
            yield b"\r\n"
        yield f"--{self.boundary}--\r\n".encode()


def multipart_body(
    body: Any,
    files: Collection[str] = (),
    types: Mapping[str, str] = {},
    styles: Mapping[str, Style] = {},
    media_type: str = "multipart/form-data",
    encoded: Collection[str] = (),
    positions: Sequence[str] = (),
    items: str = "",
    writers: Mapping[str, Callable[[Any], bytes]] = {},
    headers: Mapping[str, Mapping[str, str]] = {},
) -> Body | None:
    """A multipart body with a part for each property, or for each item of a list; None for no body.

    Properties in `files` are sent as files, and so are all values that can only be files: bytes, a path, a file opened for
    reading bytes, or a tuple of the file name, one of those and optionally the media type and headers. Those in `encoded` are not:
    bytes are base64 text there. `types` has media types of properties, `styles` the styles of lists and objects, `writers`
    what writes objects that are not JSON, `headers` those of parts beside Content-Type.

    A body that is a list has parts without names: `positions` are the media types of the first ones, `items` that of all
    others.
    """
    if body is None or body is UNSET:
        return None
    parts: list[tuple[str | None, Part]] = []
    if isinstance(body, (list, tuple)):
        for i, value in enumerate(cast("list[object]", body)):
            type_ = positions[i] if i < len(positions) else items
            parts.append((None, _make_item(None, value, type_, is_file(value))))
    else:
        for name, item in _properties(body):
            type_, style = types.get(name, ""), styles.get(name)
            if style and isinstance(item, (list, tuple, Mapping, ApiModel)):
                for key, text in style.parts(name, to_json(item)):
                    parts.append((key, _make_item(key, text, type_, False)))
                continue
            for value in _as_list(item):
                as_file = name in files or (name not in encoded and is_file(value))
                if name in writers and isinstance(value, (Mapping, ApiModel)):
                    part = Part(writers[name](value), None, type_)
                else:
                    part = _make_item(name, value, type_, as_file)
                names = {n.lower() for n in part.headers}
                fixed = headers.get(name, {}).items()
                own = {n: v for n, v in fixed if n.lower() not in names} | {
                    **part.headers
                }
                parts.append((name, evolve(part, headers=own)))
    fields = tuple(parts)
    heads = tuple((_write_head(*f), f[1].content) for f in fields)
    boundary = uuid4().hex
    content_type = f"{media_type}; boundary={boundary}"
    if (
        media_type == "multipart/related" and fields
    ):  # RFC 2387: the type of the first part
        content_type += f'; type="{fields[0][1].media_type or "text/plain"}"'
    return Body(media_type, Multipart(heads, content_type, boundary, fields))


def _as_list(value: Any) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _properties(value: Any) -> Iterator[tuple[str, Any]]:
    """Names and values, not yet JSON, because files have no JSON form. Those without a value are left out."""
    pairs: Mapping[str, Any] = value
    if isinstance(value, ApiModel):
        json_names = model_reader(type(value)).json_names
        named = {j: getattr(value, n) for n, j in json_names.items()}
        pairs = {**named, **value.additional_properties}
    yield from ((k, v) for k, v in pairs.items() if v is not None and v is not UNSET)


def _make_item(name: str | None, value: Any, type_: str, as_file: bool) -> Part:
    """A part for a value: a file, JSON or text. `type_` is its media type, or several, or a range."""
    if not as_file:
        data = to_json(value)
        exact = type_.partition(",")[0].strip()
        if "*" in exact:
            exact = ""
        if exact.endswith("json") or (not exact and isinstance(data, (dict, list))):
            return Part(json_bytes(data), None, exact or "application/json")
        return Part(format_scalar(data).encode(), None, exact or None)
    file: tuple[Any, ...] = (None, value)
    if isinstance(value, tuple):
        file = (*cast("list[Any]", value),)
    filename, content, media_type, own = (*file, None, None)[:4]
    if len(file) < 3:
        filename = filename or find_filename(content) or name
    media_type = media_type or choose_media_type(type_, filename)
    return Part(read_content(content), filename, media_type, own or {})


def _write_head(name: str | None, part: Part) -> bytes:
    """The header lines of a part, which no name and no value can add to."""
    disposition = "attachment" if name is None else f'form-data; name="{_escape(name)}"'
    if part.filename:
        disposition += f'; filename="{_escape(part.filename)}"'
    headers = dict(part.headers)
    if part.media_type and "content-type" not in map(str.lower, headers):
        headers = {"Content-Type": part.media_type, **headers}
    for header, value in headers.items():
        if not _TOKEN.fullmatch(header):
            raise ValueError(f"{header!r} is not the name of a header")
        if not value.isascii() or not value.isprintable():
            is_type = header == "Content-Type"
            what = "a media type" if is_type else f"a value of the header {header}"
            raise ValueError(f"{value!r} is not {what}")
    if name is not None or part.filename:
        headers = {"Content-Disposition": disposition, **headers}
    lines = [f"{header}: {value}" for header, value in headers.items()]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def _escape(name: str) -> str:
    """As browsers do (HTML, section 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _length(content: Any) -> int | None:
    if isinstance(content, bytes):
        return len(content)
    if hasattr(content, "length"):
        return int(content.length)
    try:
        return int(content.seek(0, os.SEEK_END))
    except (AttributeError, OSError):
        return None


def _read(content: Any) -> Iterator[bytes]:
    """The content of a part; an open file from its start."""
    if isinstance(content, bytes):
        yield content
    elif hasattr(content, "read"):
        with suppress(AttributeError, OSError):
            content.seek(0)
        while piece := content.read(PIECE):
            yield piece
    else:
        yield from content
