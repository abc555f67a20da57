"""Files to disk. The package changes as a whole: an interrupted run leaves the old one or the new one.

The manifest lists the files that the generator wrote; all others are kept. Files whose text is the same keep their times.

The new package is built in a folder of its own beside the old one, `.NAME.orcagen-*`, and the two change places. One run at
a time does so in an output folder, the next one waits; so what such a folder holds when no run is at work was left behind
by an interrupted one.
"""

from __future__ import annotations

import difflib
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

from orcagen.diagnostics import InputError
from orcagen.output.manifest import FILE_NAME, Origin, make_manifest, read_manifest

_MAX_DIFF_LINES = 40  # for each file


@frozen
class Changes:
    """What a run changes: paths inside the package, and the number of files that stay as they are."""

    updated: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    def __bool__(self) -> bool:
        return bool(self.updated or self.removed)


def compare(files: Mapping[str, str], folder: Path) -> Changes:
    """What `write` would change."""
    updated = tuple(
        path for path, text in sorted(files.items()) if _read_text(folder / path) != text
    )
    former = read_manifest(folder).files.keys() - files.keys()
    removed = tuple(sorted(p for p in former if (folder / p).is_file()))
    return Changes(updated, removed, len(files) - len(updated))


def write(files: Mapping[str, str], folder: Path, origin: Origin | None = None) -> Changes:
    """Updates the package in a folder. Files that a former run wrote and this one does not are removed, others never.

    `origin` goes into the manifest. Raises InputError if the folder cannot be written.
    """
    folder = folder.resolve()  # of a symbolic link, the target changes
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _lock(folder.parent):
            _recover(folder)
            _refuse_obstacles(files, folder)
            changes = compare(files, folder)
            manifest = str(make_manifest(files, origin))
            if changes or _read_text(folder / FILE_NAME) != manifest:
                texts = {path: files[path] for path in changes.updated} | {FILE_NAME: manifest}
                foreign = _find_foreign_files(folder, {*files, *changes.removed})
                _replace(folder, texts, (files.keys() - texts.keys()) | foreign)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", str(error.filename or folder)
        ) from error
    return changes


def format_changes(files: Mapping[str, str], folder: Path, changes: Changes) -> Iterator[str]:
    """The changes as lines of a unified diff, at most 40 for each file."""
    for path in changes.updated:
        old, new = (_read_text(folder / path) or "").splitlines(), files[path].splitlines()
        names = (f"{path} (on disk)", f"{path} (generated)")
        lines = list(difflib.unified_diff(old, new, *names, lineterm=""))
        yield from lines[:_MAX_DIFF_LINES]
        if len(lines) > _MAX_DIFF_LINES:
            yield f"... {len(lines) - _MAX_DIFF_LINES} more lines"
    yield from (f"{path} is no longer produced" for path in changes.removed)


def recover(folder: Path) -> None:
    """Removes what interrupted runs left beside the package, and puts the old package back if it was moved away."""
    folder = folder.resolve()
    if any(_find_leftovers(folder)):
        with _lock(folder.parent):
            _recover(folder)


def check_folder(folder: Path) -> None:
    """Raises InputError if the package in a folder cannot be replaced, whatever its content will be."""
    folder = folder.resolve()
    if str(folder) in _read_mount_points() or (folder.exists() and folder.is_mount()):
        message = "is a mount point, which cannot be replaced as a whole; mount its parent folder"
        raise InputError(message, str(folder))
    for path in (folder, *folder.parents):
        if path.exists() and not path.is_dir():
            raise InputError("is a file where a folder has to be; move it away", str(path))
    parent = next(path for path in folder.parents if path.exists())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError("cannot be written: the package is built beside the old one", str(parent))


def _read_mount_points() -> set[str]:
    """The mount points that Linux tells of: of a folder bound to another place, nothing else shows it."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return set()
    # Spaces and backslashes are written as octal escapes.
    return {
        os.fsdecode(line.split()[4].decode("unicode_escape").encode("latin-1")) for line in lines
    }


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Waits until no other run changes a package in this folder. The system lets go of the lock of a process that dies."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks of folders, such as NFS
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _find_leftovers(folder: Path) -> Iterator[Path]:
    for path in folder.parent.glob(f".{glob.escape(folder.name)}.orcagen-*"):
        if path.is_dir() and not path.is_symlink():
            yield path


def _recover(folder: Path) -> None:
    for leftover in _find_leftovers(folder):
        if (leftover / "old").exists() and not folder.exists():
            (leftover / "old").rename(folder)
        shutil.rmtree(leftover)


def _read_text(path: Path) -> str | None:
    """The text of a file; None if there is no such file."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _replace(folder: Path, texts: Mapping[str, str], kept: Collection[str]) -> None:
    """Builds the new package beside the old one, with hard links to the files that stay, and swaps the two."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.orcagen-", dir=folder.parent))
    new, old = temporary / "new", temporary / "old"
    new.mkdir()
    for parent in sorted({p for path in (*texts, *kept) for p in Path(path).parents}):
        (new / parent).mkdir(exist_ok=True)
        if (folder / parent).is_dir():
            shutil.copymode(folder / parent, new / parent)
    for path, text in texts.items():
        (new / path).write_bytes(text.encode("utf-8"))
    for path in kept:
        if (folder / path).is_dir() and not (folder / path).is_symlink():
            (new / path).mkdir(exist_ok=True)
            shutil.copymode(folder / path, new / path)
        else:
            _link(f"{folder}/{path}", f"{new}/{path}")
    if not folder.exists():
        new.rename(folder)
    elif not _swap(new, folder):
        folder.rename(old)
        new.rename(folder)
    shutil.rmtree(temporary)


def _find_foreign_files(folder: Path, own: set[str]) -> set[str]:
    """What else is in the folder: files, symbolic links, and folders that are empty. `__pycache__` is ignored."""
    foreign = set()
    for parent, folders, files in os.walk(folder):
        prefix = os.path.relpath(parent, folder)
        prefix = "" if prefix == "." else prefix.replace(os.sep, "/") + "/"
        if prefix and not folders and not files:
            foreign.add(prefix[:-1])
        folders[:] = [f for f in folders if f != "__pycache__"]
        foreign |= {prefix + f for f in folders if Path(parent, f).is_symlink()}
        foreign |= {prefix + f for f in files}
    return foreign - own - {FILE_NAME}


def _refuse_obstacles(files: Collection[str], folder: Path) -> None:
    """Raises InputError if a user's file is where a folder has to be, or a user's folder where a file has to be."""
    own = read_manifest(folder).files
    folders = {folder, *((folder / p).parent for p in files)}
    for path in sorted(folders):
        is_own = path.relative_to(folder).as_posix() in own
        if path.exists() and not path.is_dir() and not is_own:
            raise InputError("is a file where a folder has to be; move it away", str(path))
    for file in sorted(files):
        inside = (p.relative_to(folder).as_posix() for p in (folder / file).rglob("*.*"))
        if (folder / file).is_dir() and any(p not in own for p in inside):
            raise InputError("is a folder where a file has to be; move it away", str(folder / file))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target, follow_symlinks=False)


def _swap(a: Path, b: Path) -> bool:
    """Swaps two folders in one step, if the system can (Linux: renameat2 with RENAME_EXCHANGE)."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    at_fdcwd = -100  # paths are relative to the working directory
    return bool(rename(at_fdcwd, os.fsencode(a), at_fdcwd, os.fsencode(b), 2) == 0)
