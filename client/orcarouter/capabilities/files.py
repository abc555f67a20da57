"""The check of files in a request: their form, their format, and how much text they take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from orcarouter.capabilities.findings import Finding, Rule, finding
from orcarouter.capabilities.paths import Hit, select
from orcarouter.capabilities.request import Request
from orcarouter.capabilities.values import LONGEST, given, plain

if TYPE_CHECKING:
    from orcarouter_api.models import MediaLimit, RequestLimit

__all__ = ["file_findings"]

_MEGABYTE = 2**20  # the larger reading of the word: nothing is refused that might be accepted
_ENCODINGS = {
    "url": "a URL",
    "data_uri": "a base64 data URI",
    "base64": "bare base64",
    "asset": "asset://ID",
}
_SAME_FORMAT = {
    "jpg": "jpeg",
    "tif": "tiff",
    "quicktime": "mov",
    "mpeg": "mp3",
    "wave": "wav",
    "x-wav": "wav",
    "vnd.wave": "wav",
}
_NO_FILE = "what is no URL and no data"
_LOCAL_FILE = "a local file is a pathlib.Path in Python, file:NAME in a request file"
_SUFFIXES = {"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif", "avif", "svg"}
_SUFFIXES |= {"mp4", "mov", "avi", "mkv", "webm", "m4v", "wav", "mp3", "aac", "m4a", "ogg", "flac"}


def file_findings(request: Request) -> Iterator[Finding]:
    """Files given in a form, a format or a size that is not taken, and a request too large."""
    for limit in request.entry.media:
        for path in limit.paths:
            for hit in select(request.body, path, limit.where):
                if isinstance(hit.value, str):
                    yield from _file(limit, hit)
    if request.entry.request_limit:
        yield from _whole(request.entry.request_limit, request.body)


def _file(limit: MediaLimit, hit: Hit) -> Iterator[Finding]:
    encoding = _encoding(hit.value)
    if limit.encodings and encoding not in limit.encodings:
        words = [_ENCODINGS.get(name, name) for name in limit.encodings]
        message = f"{_ENCODINGS.get(encoding, _NO_FILE)} is not taken here"
        if not encoding and "data_uri" in limit.encodings:
            message += f" ({_LOCAL_FILE})"
        yield finding(limit, hit, message, kind="encoding", words=words)
    suffix = _format(hit.value, encoding, limit.kind)
    formats = limit.formats or []
    if suffix and formats and suffix not in map(_suffix, formats):
        message = f"{suffix} is not among the formats"
        found = finding(limit, hit, message, kind="format", words=formats)
        # How a URL ends is a hint; what a data URI says of itself is not.
        hint = encoding == "url" and found.level == "error"
        yield evolve(found, level="warning") if hint else found
    most = given(limit.max_megabytes)
    size = len(hit.value.rpartition(",")[2]) * 3 / 4 / _MEGABYTE
    if most is not None and encoding in ("data_uri", "base64") and size > most:
        yield _large(limit, hit.path, size, most)


def _whole(limit: RequestLimit, body: Mapping[str, Any]) -> Iterator[Finding]:
    size = _weight(body) / _MEGABYTE
    if size > limit.max_megabytes:
        yield _large(limit, "", size, limit.max_megabytes)


def _large(rule: Rule, path: str, size: float, most: float) -> Finding:
    message, most = f"{size:.1f} MB, at most {plain(most)}", plain(most)
    return finding(rule, Hit(path, round(size, 1)), message, kind="size", nearest=most)


def _encoding(text: str) -> str:
    """How a file is given, in the table's words; empty for none of them."""
    scheme = text[:8].casefold()
    if scheme.startswith(("http://", "https://")):
        return "url" if re.fullmatch(r"\w+://[^\s/?#]+\S*", text) else ""
    if scheme.startswith("asset://"):
        return "asset" if re.fullmatch(r"\w+://\S+", text) else ""
    if scheme.startswith("data:"):
        return "data_uri" if ";base64," in text[:LONGEST] else ""
    # No file is that small; without this a path would pass.
    bare = len(text) >= 64 and re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text[:4096])
    return "base64" if bare else ""


def _suffix(name: str) -> str:
    return _SAME_FORMAT.get(name, name)


def _format(text: str, encoding: str, kind: str) -> str:
    """The format that a file claims to be of; empty where nothing is said."""
    if encoding == "data_uri":
        claim = re.match(r"([a-z]+)/([a-z0-9.+-]+);", text[5:LONGEST].casefold())
        if claim is None or claim[2] == "octet-stream":
            return ""
        return _suffix(claim[2]) if claim[1] == kind else f"{claim[1]}/{claim[2]}"
    ending = re.match(r"[^?#]*\.(\w{2,5})(?:[?#]|$)", text) if encoding == "url" else None
    suffix = _suffix(ending[1].casefold()) if ending else ""
    return suffix if suffix in _SUFFIXES else ""


def _weight(body: Mapping[str, Any]) -> int:
    """How much text a request holds, in characters: never more than its size in bytes."""
    total = 0
    rest: list[Any] = [body]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, Mapping):
            rest += value.values()
        elif isinstance(value, list | tuple):
            rest += value
    return total
