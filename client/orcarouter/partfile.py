"""A file that is being downloaded: NAME.part beside NAME, and what it is a part of in NAME.part.json."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

__all__ = ["Busy", "PartFile"]

_PIECE = 1 << 20


def _nothing(*_: object) -> None:
    return


class Busy(OSError):
    """Another process is writing the same file."""


class PartFile:
    """Takes the pieces of a download and puts the file in its place when all of it is there.

    What an earlier process left is used if it is a part of the same file: the server is asked for the rest on the
    condition that its file has not changed (If-Range, RFC 9110 section 13.1.5).
    """

    def __init__(self, target: Path, subject: str) -> None:
        """`subject` names what is downloaded: leftovers of anything else are overwritten.

        Raises OSError when the file cannot be written, Busy among them.
        """
        self.target = target
        self.received = 0
        """Bytes that are there."""
        self.most = 0
        """The most that ever were, for progress that does not go back when a server starts over."""
        self.total: int | None = None
        """Bytes of the whole file, once the server has said it."""
        self.before_begin: Callable[[Mapping[str, str]], object] = _nothing
        """Given the headers of an answer before its body is taken; may raise to end the transfer."""
        self.before_take: Callable[[], object] = _nothing
        """Called before each piece is written; may raise to end the transfer."""
        self._path = target.with_name(target.name + ".part")
        self._notes = target.with_name(target.name + ".part.json")
        self._subject = subject
        self._validator = ""
        self._hash = hashlib.sha256()
        self._file: IO[bytes] = self._path.open("ab+")
        try:
            _lock(self._file)
            self._take_over()
        except BaseException:
            self._file.close()
            raise

    def headers(self) -> dict[str, str]:
        """What a request for the rest carries; empty when nothing is there, or nothing that can be gone on with."""
        if not self.received or not self._validator:
            return {}
        return {"Range": f"bytes={self.received}-", "If-Range": self._validator}

    @property
    def whole(self) -> bool:
        """Whether as much is there as the server announced."""
        return self.total is None or self.received == self.total

    def is_all(self, headers: Mapping[str, str]) -> bool:
        """Whether the server, by the headers of a 416, has nothing beyond what is there."""
        return headers.get("content-range", "").strip() == f"bytes */{self.received}"

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take up an answer: 206 goes on where we are, anything else starts over."""
        self.before_begin(headers)
        length = headers.get("content-length", "")
        if status == 206:
            place = re.fullmatch(
                r"bytes (\d+)-\d*/(\d+|\*)", headers.get("content-range", "").strip()
            )
            same = _validator(headers) in ("", self._validator)
            if place is None or int(place[1]) != self.received or not same:
                self.start_over()
                return False  # the next request asks for all of it
            self.total = None if place[2] == "*" else int(place[2])
            return True
        self.start_over()
        # A length is that of the file only if nothing was done to it on the way.
        plain = headers.get("content-encoding", "identity").strip().lower() in ("", "identity")
        self.total = int(length) if plain and length.isdecimal() else None
        self._validator = _validator(headers)
        self._note()
        return True

    def take(self, piece: bytes) -> None:
        """Write a piece."""
        self.before_take()
        self._file.write(piece)
        self._hash.update(piece)
        self.received += len(piece)
        self.most = max(self.most, self.received)

    def start_over(self) -> None:
        """Forget what is there."""
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.received, self.total, self._validator = 0, None, ""

    def finish(self) -> str:
        """Put the file in its place; gives its SHA-256 in hexadecimal."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._path.replace(self.target)
        self._file.close()
        self._notes.unlink(missing_ok=True)
        _sync_folder(self.target.parent)
        return self._hash.hexdigest()

    def close(self) -> None:
        """Leave what is there for the next time; nothing at all if nothing is there."""
        if self._file.closed:
            return
        self._file.close()
        if not self.received or not self._validator:
            self._path.unlink(missing_ok=True)
            self._notes.unlink(missing_ok=True)

    def _take_over(self) -> None:
        notes = self._read_notes()
        self._validator = str(notes.get("validator") or "")
        if notes.get("subject") != self._subject or not self._validator:
            self.start_over()
            return
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            self._hash.update(piece)
            self.received += len(piece)
        self.most = self.received

    def _read_notes(self) -> dict[str, object]:
        try:
            notes = json.loads(self._notes.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    def _note(self) -> None:
        notes = {"subject": self._subject, "validator": self._validator}
        self._notes.write_text(json.dumps(notes), encoding="utf-8")


def _validator(headers: Mapping[str, str]) -> str:
    """What If-Range may hold: a strong entity tag, else the date of the last change."""
    tag = headers.get("etag", "").strip()
    return tag if tag.startswith('"') else headers.get("last-modified", "").strip()


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:
        return  # no such locks on this system
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy("another process is downloading to the same file") from None


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
