"""A file while it is being downloaded: NAME.part, and NAME.part.json with what it belongs to."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

__all__ = ["FileBusyError", "PartFile"]

_CHUNK_BYTES = 1 << 20


def _noop(*_: object) -> None:
    return


class FileBusyError(OSError):
    """Another process is writing the same file."""


class PartFile:
    """Receives the chunks of a download, and replaces the target file when it is complete.

    The bytes that an earlier process left are kept if they belong to the same file: the request for
    the rest has an If-Range header, so that the server sends the whole file if it has changed
    (RFC 9110, section 13.1.5).
    """

    def __init__(self, target: Path, subject: str) -> None:
        """Open and lock the part file.

        `subject` identifies what is downloaded: the remains of anything else are overwritten.
        Raises OSError if the file cannot be written, FileBusyError among them.
        """
        self.target = target
        self.received = 0
        """Number of bytes in the part file."""
        self.max_received = 0
        """The largest `received` so far, which does not shrink when a server starts over."""
        self.total: int | None = None
        """Size of the complete file in bytes; None until the server announces it."""
        self.check_headers: Callable[[Mapping[str, str]], object] = _noop
        """Called with the headers of a response before its body; may raise to end the transfer."""
        self.before_write: Callable[[], object] = _noop
        """Called before each chunk is written; may raise to end the transfer."""
        self._path = target.with_name(target.name + ".part")
        self._metadata_path = target.with_name(target.name + ".part.json")
        self._subject = subject
        self._validator = ""
        self._hash = hashlib.sha256()
        self._file: IO[bytes] = self._path.open("ab+")
        try:
            _lock(self._file)
            self._load_existing()
        except BaseException:
            self._file.close()
            raise

    def make_range_headers(self) -> dict[str, str]:
        """Headers of a request for the rest; empty if the download starts from the beginning."""
        if not self.received or not self._validator:
            return {}
        return {"Range": f"bytes={self.received}-", "If-Range": self._validator}

    @property
    def is_complete(self) -> bool:
        """Whether the size is the one that the server announced, or it announced none."""
        return self.total is None or self.received == self.total

    def is_confirmed_complete(self, headers: Mapping[str, str]) -> bool:
        """Whether a response 416 has `Content-Range: bytes */SIZE` with the size received."""
        return headers.get("content-range", "").strip() == f"bytes */{self.received}"

    def begin(self, status_code: int, headers: Mapping[str, str]) -> bool:
        """Start a response: continue on 206, start over on any other status.

        Returns False if the body is of no use, because its range does not continue this file.
        """
        self.check_headers(headers)
        if status_code == 206:
            content_range = re.fullmatch(
                r"bytes (\d+)-\d*/(\d+|\*)", headers.get("content-range", "").strip()
            )
            is_same_file = _get_validator(headers) in ("", self._validator)
            if content_range is None or int(content_range[1]) != self.received or not is_same_file:
                self.start_over()
                return False  # the next request asks for the whole file
            self.total = None if content_range[2] == "*" else int(content_range[2])
            return True
        self.start_over()
        # With a content coding, Content-Length is the size of the encoded data.
        encoding = headers.get("content-encoding", "identity").strip().lower()
        length = headers.get("content-length", "")
        has_length = encoding in ("", "identity") and length.isdecimal()
        self.total = int(length) if has_length else None
        self._validator = _get_validator(headers)
        self._write_metadata()
        return True

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        self.before_write()
        self._file.write(chunk)
        self._hash.update(chunk)
        self.received += len(chunk)
        self.max_received = max(self.max_received, self.received)

    def start_over(self) -> None:
        """Discard all bytes received."""
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.received, self.total, self._validator = 0, None, ""

    def finish(self) -> str:
        """Replace the target file; return its SHA-256 in hexadecimal."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._path.replace(self.target)
        self._file.close()
        self._metadata_path.unlink(missing_ok=True)
        _sync_folder(self.target.parent)
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file and keep it for a later download, unless it cannot be continued."""
        if self._file.closed:
            return
        self._file.close()
        if not self.received or not self._validator:
            self._path.unlink(missing_ok=True)
            self._metadata_path.unlink(missing_ok=True)

    def _load_existing(self) -> None:
        metadata = self._read_metadata()
        self._validator = str(metadata.get("validator") or "")
        if metadata.get("subject") != self._subject or not self._validator:
            self.start_over()
            return
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK_BYTES):
            self._hash.update(chunk)
            self.received += len(chunk)
        self.max_received = self.received

    def _read_metadata(self) -> dict[str, object]:
        try:
            metadata = json.loads(self._metadata_path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return metadata if isinstance(metadata, dict) else {}

    def _write_metadata(self) -> None:
        metadata = {"subject": self._subject, "validator": self._validator}
        self._metadata_path.write_text(json.dumps(metadata), encoding="utf-8")


def _get_validator(headers: Mapping[str, str]) -> str:
    """The value for If-Range: a strong entity tag, else the date of the last modification."""
    etag = headers.get("etag", "").strip()
    return etag if etag.startswith('"') else headers.get("last-modified", "").strip()


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:
        return  # Windows has no flock
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileBusyError("another process is downloading to the same file") from None


def _sync_folder(folder: Path) -> None:
    """Make the replacement of the target durable: a rename is an entry of its folder."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
