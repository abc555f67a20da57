"""Local files in requests: each `pathlib.Path` becomes a data URI (API reference, section 3)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orcarouter.errors import InvalidRequestError

if TYPE_CHECKING:
    from orcarouter.request_methods import RequestLike

__all__ = ["MAX_FILE_BYTES", "encode_data_uri", "inline_files", "make_body"]

MAX_FILE_BYTES = 64 * 2**20
"""Largest size of one file. The service rejects larger requests (API reference, section 12.2)."""

_TYPES_BY_SUFFIX = {
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
# Magic bytes, their offset in the file, and the media type.
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


def make_body(request: RequestLike | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON body of a submission: the request, updated by `fields`, with files inlined.

    Raises TypeError if `request` is not a JSON object, InvalidRequestError as `inline_files` does.
    """
    if isinstance(request, Mapping):
        base: Mapping[str, Any] = request
    elif request is None:
        base = {}
    elif hasattr(request, "to_dict"):
        base = request.to_dict()
    else:
        raise TypeError(f"a request must be a JSON object, not {type(request).__name__}")
    # Single fields, such as `metadata`, may be models of the generated package.
    plain = {
        key: value.to_dict() if hasattr(value, "to_dict") else value
        for key, value in {**base, **fields}.items()
    }
    body: dict[str, Any] = inline_files(plain)
    return body


def inline_files(value: Any) -> Any:
    """A copy of a request in which each `Path` is replaced by a data URI of that file.

    Raises InvalidRequestError if a file cannot be read, is too large, or is neither an image nor
    audio.
    """
    if isinstance(value, Path):
        return encode_data_uri(value)
    if isinstance(value, Mapping):
        return {key: inline_files(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [inline_files(item) for item in value]
    return value


def encode_data_uri(path: Path) -> str:
    """Encode an image or audio file as a data URI; videos must be URLs (API reference, section 3).

    Raises InvalidRequestError as `inline_files` does.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InvalidRequestError(
                f"{path}: {size} bytes, more than the service accepts ({MAX_FILE_BYTES})"
            )
        content = path.read_bytes()
    except OSError as error:
        raise InvalidRequestError(f"{path}: {error.strerror}") from error
    if not content:
        raise InvalidRequestError(f"{path}: the file is empty")
    media_type = _detect_media_type(path, content)
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _detect_media_type(path: Path, content: bytes) -> str:
    # The content decides, because suffixes are often wrong; they only explain the error below.
    for signature, offset, media_type in _SIGNATURES:
        if content.startswith(signature, offset):
            return media_type
    type_by_suffix = _TYPES_BY_SUFFIX.get(path.suffix.lower().lstrip("."))
    is_video = content[4:8] == b"ftyp"
    if type_by_suffix is None or is_video:
        supported = ", ".join(sorted(set(_TYPES_BY_SUFFIX)))
        hint = "; a video must be a public URL" if is_video else ""
        raise InvalidRequestError(f"{path}: neither an image nor audio ({supported}){hint}")
    raise InvalidRequestError(f"{path}: the content does not match the suffix ({type_by_suffix})")
