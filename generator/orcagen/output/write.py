"""Files to disk. The package changes as a whole: an interrupted run leaves the old one or the new one.

The manifest lists the files that the generator wrote; all others are kept. Files whose text is the same keep their times.
"""

from __future__ import annotations

import difflib
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
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
        recover(folder)
        _refuse_obstacles(files, folder)
        changes = compare(files, folder)
        manifest = str(make_manifest(files, origin))
        if changes or _read_text(folder / FILE_NAME) != manifest:
            texts = {path: files[path] for path in changes.updated} | {FILE_NAME: manifest}
            kept = files.keys() - texts.keys()
            _replace(folder, texts, kept | _find_foreign_files(folder, {*files, *changes.removed}))
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
    """Removes what an interrupted run left beside the package, and puts the old package back if it was moved away."""
    new, old = _temporary_folders(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for leftover in (new, old):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        elif leftover.exists() or leftover.is_symlink():
            leftover.unlink()


def _read_text(path: Path) -> str | None:
    """The text of a file; None if there is no such file."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _replace(folder: Path, texts: Mapping[str, str], kept: Collection[str]) -> None:
    """Builds the new package beside the old one, with hard links to the files that stay, and swaps the two."""
    new, old = _temporary_folders(folder)
    new.mkdir(parents=True)
    for parent in {(new / path).parent for path in (*texts, *kept)}:
        parent.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        (new / path).write_bytes(text.encode("utf-8"))
    for path in kept:
        if (folder / path).is_dir() and not (folder / path).is_symlink():
            (new / path).mkdir(exist_ok=True)
        else:
            _link(f"{folder}/{path}", f"{new}/{path}")
    if not folder.exists():
        new.rename(folder)
    elif _swap(new, folder):
        shutil.rmtree(new)
    else:
        folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old)


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


def _temporary_folders(folder: Path) -> tuple[Path, Path]:
    """Where the new package is built, and where the old one is moved, on the same file system."""
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


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
