"""A file while it is downloaded: NAME.part, and NAME.part.json with what it belongs to."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

_CHUNK_BYTES = 1 << 20
# After so many new bytes their digest is written down. What follows the last digest when a process
# is killed is requested again.
_BYTES_PER_DIGEST = 1 << 20
_MAX_METADATA_BYTES = 1 << 16
_LONGEST_SUFFIX = len(".rejected-01234567")
_OPEN_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a FIFO would wait for its other end
    | getattr(os, "O_BINARY", 0)
)


def _do_nothing(*_: object) -> None:
    return


class FileBusyError(OSError):
    """Another process is writing the same file."""


class UnexpectedContentError(Exception):
    """The body of a response is not (a part of) the file that was requested."""


def check_target(target: Path, *, overwrite: bool) -> None:
    """Check that a file can be downloaded to `target`, before anything is sent.

    Raises OSError: FileExistsError if there is a file and `overwrite` is false, and others if there
    is something that is not a regular file, or if the folder or the name cannot be used.
    """
    try:
        status = _stat_regular(target)
    except ValueError:
        raise OSError(
            errno.EINVAL, "the name contains a NUL character", repr(target)
        ) from None
    if status is not None and not overwrite:
        raise FileExistsError(
            errno.EEXIST, "the file exists and is not overwritten", str(target)
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "the folder does not exist", str(target.parent)
        )
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(
            errno.EACCES, "the folder is not writable", str(target.parent)
        )
    stem = _make_stem(target)
    for suffix in (".part", ".part.json"):
        path = target.with_name(stem + suffix)
        status = _stat_regular(path)
        if status is not None and not _is_same_file(path, target):
            _check_links(status, path)


class PartFile:
    """Receives the chunks of a download, and becomes the target file when it is complete.

    The bytes that an earlier process left are kept if they have the digest that it wrote down, and
    belong to the same file: the request for the rest has an If-Range header, so that the server
    sends the whole file if it has changed (RFC 9110, section 13.1.5).
    """

    def __init__(self, target: Path, subject: str, *, overwrite: bool = False) -> None:
        """Open and lock the part file.

        `subject` identifies what is downloaded: the remains of anything else are overwritten.
        Raises what `check_target` does, and FileBusyError.
        """
        check_target(target, overwrite=overwrite)
        self.target = target
        self.received = 0
        """Number of bytes in the part file."""
        self.max_received = 0
        """The largest `received` so far, which does not shrink when a server starts over."""
        self.total: int | None = None
        """Size of the complete file in bytes; None until the server announces it."""
        self.check_headers: Callable[[Mapping[str, str]], object] = _do_nothing
        """Called with the headers of a response before its body; may raise to end the transfer."""
        self.before_write: Callable[[], object] = _do_nothing
        """Called before each chunk is written; may raise to end the transfer."""
        stem = _make_stem(target)
        self._path = target.with_name(stem + ".part")
        self._metadata_path = target.with_name(stem + ".part.json")
        self._new_metadata_path = target.with_name(stem + ".part.tmp")
        self._rejected_stem = stem + ".rejected-"
        self._subject = subject
        self._overwrite = overwrite
        self._etag = self._last_modified = ""
        self._end: int | None = (
            None  # `received` at the end of the current response; None: unknown
        )
        self._hash = hashlib.sha256()
        self._digested = 0  # number of bytes whose digest has been written down
        self._file, self._lock = self._open()
        try:
            self._load_existing()
        except BaseException:
            self._file.close()
            self._unlock()
            raise

    def make_range_headers(self) -> dict[str, str]:
        """Headers of a request for the rest; empty if the download starts from the beginning."""
        if not self._can_continue:
            return {}
        return {"Range": f"bytes={self.received}-", "If-Range": self._validator}

    @property
    def is_complete(self) -> bool:
        """Whether the size is the one that the server announced, or it announced none."""
        return self.total is None or self.received == self.total

    def is_confirmed_complete(self, headers: Mapping[str, str]) -> bool:
        """Whether a response 416 says that the file has exactly the bytes received.

        It has `Content-Range: bytes */SIZE`, and contradicts neither the size announced before nor
        the entity tag.
        """
        return (
            headers.get("content-range", "").strip() == f"bytes */{self.received}"
            and self.is_complete
            and self._is_same_entity(headers)
        )

    def find_problem(self, check: Callable[[IO[bytes]], str | None]) -> str | None:
        """What a function finds wrong with the content, which it reads from the beginning; None for nothing."""
        self._file.flush()
        self._file.seek(0)
        try:
            return check(self._file)
        finally:
            self._file.seek(0, os.SEEK_END)

    @property
    def sha256(self) -> str:
        """Of the bytes received, in hexadecimal."""
        return self._hash.hexdigest()

    def begin(self, status_code: int, headers: Mapping[str, str]) -> bool:
        """Start a response: continue on 206, start over on any other status.

        Returns False if the body is of no use, because its range does not continue this file.
        """
        self.check_headers(headers)
        if status_code == 206:
            if not self._continue_at(headers):
                self.start_over()
                return False  # the next request asks for the whole file
            return True
        self.start_over()
        # With a content coding, Content-Length is the size of the encoded data.
        encoding = headers.get("content-encoding", "identity").strip().lower()
        length = headers.get("content-length", "")
        has_length = encoding in ("", "identity") and re.fullmatch(
            r"[0-9]{1,18}", length
        )
        self.total = self._end = int(length) if has_length else None
        self._etag = headers.get("etag", "").strip()
        self._last_modified = headers.get("last-modified", "").strip()
        return True

    def write(self, chunk: bytes) -> None:
        """Append a chunk. Raises UnexpectedContentError if the body exceeds its announced size."""
        self.before_write()
        if self._end is not None and self.received + len(chunk) > self._end:
            self.start_over()
            raise UnexpectedContentError("a response that is longer than it announced")
        self._file.write(chunk)
        self._hash.update(chunk)
        self.received += len(chunk)
        self.max_received = max(self.max_received, self.received)
        if self._can_continue and self.received - self._digested >= _BYTES_PER_DIGEST:
            self._write_metadata()

    def start_over(self) -> None:
        """Discard all bytes received."""
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.received, self.total, self._end, self._digested = 0, None, None, 0
        self._etag = self._last_modified = ""

    def finish(self) -> str:
        """Move the file to its target; return its SHA-256 in hexadecimal.

        Raises FileExistsError, and keeps the file, if a file that must not be overwritten has
        appeared at the target since.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        self._check_own_file()
        if self._can_continue:
            self._write_metadata()
        self._file.close()  # Windows moves no open file
        self._move_to_target()
        self._delete_metadata()
        self._unlock()
        _sync_folder(self.target.parent)
        return self._hash.hexdigest()

    def set_aside(self) -> Path:
        """Keep what was received under another name, which is returned, and start over."""
        self._file.flush()
        self._check_own_file()
        digest = self._hash.hexdigest()[:8]  # the same content is kept once
        path = self.target.with_name(self._rejected_stem + digest)
        self._file.close()
        self._path.replace(path)
        self._delete_metadata()
        self._unlock()
        self._file, self._lock = self._open()
        self.start_over()
        return path

    def close(self) -> None:
        """Close the file and keep it for a later download, unless it cannot be continued."""
        if not self._file.closed:
            # On a full disk an older digest remains, and less is kept.
            with suppress(OSError):
                if self._can_continue:
                    self._write_metadata()
            with suppress(OSError):
                self._file.close()
            if not self._can_continue:
                self._path.unlink(missing_ok=True)
                self._delete_metadata()
        self._unlock()

    @property
    def _validator(self) -> str:
        """The value for If-Range: a strong entity tag, else the date of the last modification."""
        return self._etag if self._etag.startswith('"') else self._last_modified

    @property
    def _can_continue(self) -> bool:
        return self.received > 0 and self._validator != ""

    def _continue_at(self, headers: Mapping[str, str]) -> bool:
        """Whether the range of a response 206 continues this file; its end is noted."""
        content_range = re.fullmatch(
            r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)",
            headers.get("content-range", "").strip(),
        )
        if content_range is None or int(content_range[1]) != self.received:
            return False
        if self.received and not self._is_same_entity(headers):
            return False
        total = self.total if content_range[3] == "*" else int(content_range[3])
        # Without any total, the end of the last range may or may not be the end of the file.
        if total is None or self.total not in (None, total):
            return False
        end = int(content_range[2]) + 1
        if not self.received < end <= total:
            return False
        if not self.received:
            self._etag = headers.get("etag", "").strip()
            self._last_modified = headers.get("last-modified", "").strip()
        self.total, self._end = total, end
        return True

    def _is_same_entity(self, headers: Mapping[str, str]) -> bool:
        """Whether no validator of a response, weak ones included, contradicts the earlier ones."""
        validators = (("etag", self._etag), ("last-modified", self._last_modified))
        return all(
            headers.get(name, "").strip() in ("", value) for name, value in validators
        )

    def _open(self) -> tuple[IO[bytes], int | None]:
        """Open the part file, or create it, and lock it; return it and the lock."""
        status = _stat_regular(self._path)
        if status is not None and _is_same_file(self._path, self.target):
            self._path.unlink()  # a process ended between the two steps of `_move_to_target`
            status = None
        create = os.O_CREAT | os.O_EXCL if status is None else 0
        try:
            descriptor = os.open(self._path, os.O_RDWR | _OPEN_FLAGS | create, 0o666)
        except (FileExistsError, FileNotFoundError):
            raise _make_busy_error(
                self._path
            ) from None  # it changed since `_stat_regular`
        file = os.fdopen(descriptor, "r+b")
        lock = None
        try:
            lock = _lock(file, self._path)
            # Another process may have finished its download before this one had the lock.
            if not _is_open_file(file, self._path):
                raise _make_busy_error(self._path)
            _check_links(os.fstat(file.fileno()), self._path)
        except BaseException:
            file.close()
            if lock is not None:
                os.close(lock)
            raise
        return file, lock

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _load_existing(self) -> None:
        metadata = self._read_metadata()
        etag, last_modified, total, size = (
            metadata.get(name) for name in ("etag", "last_modified", "total", "size")
        )
        if (
            metadata.get("subject") != self._subject
            or not isinstance(etag, str)
            or not isinstance(last_modified, str)
            or not isinstance(total, int | None)
            or not isinstance(size, int)
        ):
            self.start_over()
            return
        self._file.seek(0)
        while chunk := self._file.read(min(_CHUNK_BYTES, max(0, size - self.received))):
            self._hash.update(chunk)
            self.received += len(chunk)
        self._etag, self._last_modified, self.total = etag, last_modified, total
        if not self._can_continue or metadata.get("sha256") != self._hash.hexdigest():
            self.start_over()
            return
        self._file.seek(self.received)
        self._file.truncate()  # no digest tells whether bytes after these are right
        self.max_received = self._digested = self.received

    def _read_metadata(self) -> dict[str, object]:
        status = _stat_regular(self._metadata_path)
        if status is None:
            return {}
        _check_links(status, self._metadata_path)
        try:
            descriptor = os.open(self._metadata_path, os.O_RDONLY | _OPEN_FLAGS)
            with os.fdopen(descriptor, "rb") as file:
                metadata: Any = json.loads(file.read(_MAX_METADATA_BYTES))
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        if not isinstance(metadata, dict):
            return {}
        return cast("dict[str, object]", metadata)

    def _write_metadata(self) -> None:
        """Write down the digest of what has been received, and what it belongs to."""
        self._file.flush()
        metadata = {
            "subject": self._subject,
            "etag": self._etag,
            "last_modified": self._last_modified,
            "total": self.total,
            "size": self.received,
            "sha256": self._hash.hexdigest(),
        }
        self._new_metadata_path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN_FLAGS
        with os.fdopen(os.open(self._new_metadata_path, flags, 0o666), "wb") as file:
            file.write(json.dumps(metadata).encode())
        self._new_metadata_path.replace(self._metadata_path)
        self._digested = self.received

    def _delete_metadata(self) -> None:
        self._metadata_path.unlink(missing_ok=True)
        self._new_metadata_path.unlink(missing_ok=True)

    def _check_own_file(self) -> None:
        """Raise OSError if others have replaced, linked or resized the part file."""
        if not _is_open_file(self._file, self._path):
            raise OSError(
                errno.EBUSY, "the file was replaced by another program", str(self._path)
            )
        status = os.fstat(self._file.fileno())
        _check_links(status, self._path)
        if status.st_size != self.received:
            raise OSError(
                errno.EBUSY, "the file was changed by another program", str(self._path)
            )

    def _move_to_target(self) -> None:
        if self._overwrite:
            _stat_regular(self.target)
            self._path.replace(self.target)
            return
        try:
            os.link(
                self._path, self.target
            )  # unlike a rename on POSIX, never replaces a file
        except OSError:  # the target exists, or the file system has no hard links
            if os.path.lexists(self.target):
                message = f"the file exists and is not overwritten; what was received is in {self._path}"
                raise FileExistsError(errno.EEXIST, message, str(self.target)) from None
            self._path.rename(self.target)
        else:
            self._path.unlink()


def _make_stem(target: Path) -> str:
    """The name of the target, shortened where `.part.json` would not fit into a file name."""
    try:
        limit = os.pathconf(target.parent, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        limit = 255
    stem, room = target.name, limit - _LONGEST_SUFFIX
    if len(os.fsencode(stem)) <= room:
        return stem
    digest = hashlib.sha256(os.fsencode(stem)).hexdigest()[:16]
    while stem and len(os.fsencode(stem)) > room - len(digest) - 1:
        stem = stem[:-1]
    return f"{stem}-{digest}"


def _stat_regular(path: Path) -> os.stat_result | None:
    """The status of a regular file; None if there is no such file.

    Raises OSError for anything else, symbolic links included, and for a name that is too long.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(
            errno.EISDIR, "is a folder; a file name is needed", str(path)
        )
    if stat.S_ISLNK(status.st_mode):
        raise OSError(
            errno.ELOOP, "is a symbolic link, which is not followed", str(path)
        )
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    return status


def _check_links(status: os.stat_result, path: Path) -> None:
    """Refuse a part file that has another name: writing to it would change another file."""
    if status.st_nlink > 1:
        raise OSError(
            errno.EMLINK, "has other names (hard links); delete it", str(path)
        )


def _is_same_file(first: Path, second: Path) -> bool:
    try:
        return os.path.samestat(first.lstat(), second.lstat())
    except OSError:
        return False


def _is_open_file(file: IO[bytes], path: Path) -> bool:
    """Whether the file at a path is the open one."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _make_busy_error(path: Path) -> FileBusyError:
    message = "another process is downloading to the same file"
    return FileBusyError(errno.EBUSY, message, str(path))


def _lock(file: IO[bytes], path: Path) -> int | None:
    """Lock a file; return a descriptor that holds the lock after the file has been closed.

    None on Windows, which has no such locks.
    """
    try:
        import fcntl
    except ModuleNotFoundError:
        return None
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _make_busy_error(path) from None
    return os.dup(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name of the file durable: it is an entry of its folder."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
