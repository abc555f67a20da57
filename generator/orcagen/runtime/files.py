"""Files as bodies and as parts of multipart bodies: bytes, open files, paths."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from attrs import frozen

from .call import Body
from .model import UNSET

PIECE = 65536


@frozen
class FileContent:
    """The content of the file at a path, read when it is sent."""

    path: Path

    @property
    def length(self) -> int:
        return self.path.stat().st_size

    @property
    def own_headers(self) -> dict[str, str]:
        return {"Content-Length": str(self.length)}

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as stream:
            while piece := stream.read(PIECE):
                yield piece


def raw_body(value: Any, media_type: str = "application/octet-stream") -> Body | None:
    """A body of bytes, text, a path, a file opened for reading bytes, or an iterable of bytes; None for no body.

    A media type range stands for the media type of the file, by its name, else for application/octet-stream.
    """
    if value is None or value is UNSET:
        return None
    if "*" in media_type:
        is_text = isinstance(value, str) and media_type.startswith("text/")
        default = "text/plain" if is_text else "application/octet-stream"
        media_type = guess_media_type(find_filename(value)) or default
    return Body(media_type, read_content(value))


def read_content(value: Any) -> Any:
    """The content of a file as bytes, an open file or an iterable of bytes."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytearray, memoryview)):
        return bytes(cast("bytearray", value))
    return FileContent(Path(value)) if is_path(value) else value


def is_path(value: object) -> bool:
    return isinstance(value, os.PathLike)


def find_filename(value: Any) -> str | None:
    """The name of a path or an open file, without its folder; None for other content."""
    name: object = value if is_path(value) else getattr(value, "name", None)
    return (
        (os.path.basename(str(name)) or None)
        if isinstance(name, str) or is_path(name)
        else None
    )


def guess_media_type(filename: str | None) -> str | None:
    """The media type by the ending of a file name."""
    return mimetypes.guess_type(filename)[0] if filename else None


def choose_media_type(declared: str, filename: str | None) -> str:
    """The media type of a file in a multipart body: of several that are declared, or of a range, that of the file."""
    options = [o.strip() for o in declared.split(",") if o.strip()]
    if len(options) == 1 and "*" not in options[0]:
        return options[0]
    guessed = guess_media_type(filename) or ""
    main = guessed.partition("/")[0]
    if guessed and (not options or {guessed, f"{main}/*", "*/*"} & {*options}):
        return guessed
    exact = (o for o in options if "*" not in o)
    return next(exact, guessed or "application/octet-stream")


def is_file(value: Any) -> bool:
    """Whether a value can only be a file, alone or in a tuple with its name."""
    if isinstance(value, tuple):
        name, content, *_ = (*cast("tuple[object, ...]", value), None, None)
        return isinstance(name, str) and is_file(content)
    if hasattr(value, "read") or is_path(value):
        return True
    return isinstance(value, (bytes, bytearray, memoryview))
