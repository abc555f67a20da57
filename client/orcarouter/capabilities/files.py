"""The check of files in a request: their encoding, format and size.

Only the request is read: a URL shows its suffix, a data URI its media type and size. Pixels and seconds are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from orcarouter.capabilities.context import CheckContext
from orcarouter.capabilities.json_values import MAX_LENGTH, int_if_whole, unset_to_none
from orcarouter.capabilities.paths import Match, select
from orcarouter.capabilities.violations import TableRule, Violation, make_violation

if TYPE_CHECKING:
    from orcarouter_api.models import MediaLimit, RequestLimit

__all__ = ["check_files"]

_MEGABYTE = 2**20  # not 10**6: what the service might accept must not be rejected here
_ENCODINGS = {
    "url": "a URL",
    "data_uri": "a base64 data URI",
    "base64": "bare base64",
    "asset": "asset://ID",
}
_FORMAT_ALIASES = {
    "jpg": "jpeg",
    "tif": "tiff",
    "quicktime": "mov",
    "mpeg": "mp3",
    "wave": "wav",
    "x-wav": "wav",
    "vnd.wave": "wav",
}
_UNKNOWN_ENCODING = "a value that is neither a URL nor file data"
_LOCAL_FILE_HINT = "a local file is a pathlib.Path in Python, file:NAME in a request file"
# Other suffixes of a URL do not tell its format: `/render.php` may well return a picture.
_SUFFIXES = {"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif", "avif", "svg"}
_SUFFIXES |= {"mp4", "mov", "avi", "mkv", "webm", "m4v", "wav", "mp3", "aac", "m4a", "ogg", "flac"}


def check_files(context: CheckContext) -> Iterator[Violation]:
    """Files whose encoding, format or size is not supported, and a request that is too large as a whole."""
    for limit in context.entry.media:
        for path in limit.paths:
            for match in select(context.body, path, limit.where):
                if isinstance(match.value, str):
                    yield from _check_file(limit, match)
    if context.entry.request_limit:
        yield from _check_total_size(context.entry.request_limit, context.body)


def _check_file(limit: MediaLimit, match: Match) -> Iterator[Violation]:
    encoding = _detect_encoding(match.value)
    if limit.encodings and encoding not in limit.encodings:
        message = f"{_ENCODINGS.get(encoding, _UNKNOWN_ENCODING)} is not supported here"
        if not encoding and "data_uri" in limit.encodings:
            message += f" ({_LOCAL_FILE_HINT})"
        allowed = [_ENCODINGS.get(name, name) for name in limit.encodings]
        yield make_violation(limit, match, message, kind="encoding", allowed=allowed)
    file_format = _detect_format(match.value, encoding, limit.kind)
    formats = limit.formats or []
    if file_format and formats and file_format not in map(_normalize_format, formats):
        message = f"the format {file_format} is not supported"
        violation = make_violation(limit, match, message, kind="format", allowed=formats)
        # The suffix of a URL is only a hint of the format; the media type of a data URI is explicit.
        if encoding == "url" and violation.level == "error":
            violation = evolve(violation, level="warning")
        yield violation
    max_megabytes = unset_to_none(limit.max_megabytes)
    # Base64 writes 3 bytes as 4 characters.
    megabytes = len(match.value.rpartition(",")[2]) * 3 / 4 / _MEGABYTE
    has_content = encoding in ("data_uri", "base64")
    if max_megabytes is not None and has_content and megabytes > max_megabytes:
        yield _too_large(limit, match.path, megabytes, max_megabytes)


def _check_total_size(limit: RequestLimit, body: Mapping[str, Any]) -> Iterator[Violation]:
    megabytes = _count_characters(body) / _MEGABYTE
    if megabytes > limit.max_megabytes:
        yield _too_large(limit, "", megabytes, limit.max_megabytes)


def _too_large(rule: TableRule, path: str, megabytes: float, max_megabytes: float) -> Violation:
    maximum = int_if_whole(max_megabytes)
    message = f"{megabytes:.1f} MB, at most {maximum}"
    match = Match(path, round(megabytes, 1))
    return make_violation(rule, match, message, kind="size", suggestion=maximum)


def _detect_encoding(text: str) -> str:
    """The encoding of a file, by its name in the table: url, data_uri, base64 or asset; empty if none fits."""
    start = text[:8].casefold()
    if start.startswith(("http://", "https://")):
        return "url" if re.fullmatch(r"\w+://[^\s/?#]+\S*", text) else ""
    if start.startswith("asset://"):
        return "asset" if re.fullmatch(r"\w+://\S+", text) else ""
    if start.startswith("data:"):
        return "data_uri" if ";base64," in text[:MAX_LENGTH] else ""
    # No media file is shorter than 64 characters, but many file paths are, and consist of the same characters.
    is_base64 = len(text) >= 64 and re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text[:4096])
    return "base64" if is_base64 else ""


def _normalize_format(name: str) -> str:
    return _FORMAT_ALIASES.get(name, name)


def _detect_format(text: str, encoding: str, kind: str) -> str:
    """The format that a data URI declares or the suffix of a URL suggests; empty if unknown.

    A data URI of another kind than `kind` (image, video, audio) gives its whole media type, such as `video/mp4`.
    """
    if encoding == "data_uri":
        media_type = re.match(r"([a-z]+)/([a-z0-9.+-]+);", text[5:MAX_LENGTH].casefold())
        if media_type is None or media_type[2] == "octet-stream":
            return ""
        if media_type[1] != kind:
            return f"{media_type[1]}/{media_type[2]}"
        return _normalize_format(media_type[2])
    suffix = re.match(r"[^?#]*\.(\w{2,5})(?:[?#]|$)", text) if encoding == "url" else None
    name = _normalize_format(suffix[1].casefold()) if suffix else ""
    return name if name in _SUFFIXES else ""


def _count_characters(body: Mapping[str, Any]) -> int:
    """The number of characters in all strings of a request: never more than its size in bytes."""
    total = 0
    pending: list[Any] = [body]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, Mapping):
            pending += value.values()
        elif isinstance(value, list | tuple):
            pending += value
    return total
