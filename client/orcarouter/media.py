"""Local files in requests: a `Path` becomes the data URI that the reference asks for (section 3)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orcarouter.errors import RequestInvalid

__all__ = ["LARGEST", "data_uri", "with_files_inlined"]

LARGEST = 64 * 2**20
"""Bytes of one file. The service refuses larger requests (API reference, section 12.2)."""

_BY_NAME = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
}
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"BM", 0, "image/bmp"),
    (b"II*\0", 0, "image/tiff"),
    (b"MM\0*", 0, "image/tiff"),
    *((b"ftyp" + brand, 4, "image/heic") for brand in (b"heic", b"heix", b"hevc", b"hevx")),
    *((b"ftyp" + brand, 4, "image/heif") for brand in (b"mif1", b"msf1")),
    (b"WAVE", 8, "audio/wav"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf3", 0, "audio/mpeg"),
    (b"\xff\xf2", 0, "audio/mpeg"),
)


def with_files_inlined(value: Any) -> Any:
    """A request in which every `Path` is replaced by a data URI of that file; the request itself is not changed.

    Raises RequestInvalid for a file that cannot be read or is of no type that the service takes.
    """
    if isinstance(value, Path):
        return data_uri(value)
    if isinstance(value, Mapping):
        return {key: with_files_inlined(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_files_inlined(item) for item in value]
    return value


def data_uri(path: Path) -> str:
    """The file as a data URI: images and audio; a video has to be a URL (API reference, section 3).

    Raises RequestInvalid.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise RequestInvalid(
                f"{path}: {size} bytes are more than the service takes ({LARGEST})"
            )
        content = path.read_bytes()
    except OSError as error:
        raise RequestInvalid(f"{path}: {error.strerror}") from error
    if not content:
        raise RequestInvalid(f"{path}: the file is empty")
    return f"data:{_type(path, content)};base64,{base64.b64encode(content).decode()}"


def _type(path: Path, content: bytes) -> str:
    for mark, offset, kind in _SIGNATURES:
        if content.startswith(mark, offset):
            return kind
    by_name = _BY_NAME.get(path.suffix.lower().lstrip("."))
    if by_name is None or _is_video(content):
        known = ", ".join(sorted(set(_BY_NAME)))
        hint = "; a video has to be a public URL" if _is_video(content) else ""
        raise RequestInvalid(f"{path}: neither an image nor audio ({known}){hint}")
    raise RequestInvalid(f"{path}: the file is not what its name says ({by_name})")


def _is_video(content: bytes) -> bool:
    return content[4:8] == b"ftyp"
