"""Stage 6: files to disk. The package changes as a whole: an interrupted run leaves the old one or the new one.

A manifest says which files are ours; all others are kept. Files whose text stays keep their times.
"""

from __future__ import annotations

import ctypes
import difflib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from orcagen.diagnostics import InputError

MANIFEST = ".orcagen.json"
_SHOWN = 40  # lines of a difference


@frozen
class Changes:
    """What a run does to the package: paths inside it."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


def compare(files: Mapping[str, str], folder: Path) -> Changes:
    """What `write` would do."""
    written = tuple(path for path, text in sorted(files.items()) if _read(folder / path) != text)
    removed = tuple(sorted(p for p in _ours(folder) - files.keys() if (folder / p).is_file()))
    return Changes(written, removed, len(files) - len(written))


def write(files: Mapping[str, str], folder: Path) -> Changes:
    """Brings a package up to date. Files that a former run wrote and this one does not are removed, others never.

    Raises InputError where the folder cannot be written.
    """
    folder = folder.resolve()  # behind a link, it is the folder that changes
    try:
        recover(folder)
        _refuse_obstacles(files, folder)
        changes = compare(files, folder)
        manifest = json.dumps({"files": sorted(files)}, indent=0) + "\n"
        if changes or _read(folder / MANIFEST) != manifest:
            _replace({**files, MANIFEST: manifest}, folder, set(changes.removed))
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", str(error.filename or folder)
        ) from error
    return changes


def difference(files: Mapping[str, str], folder: Path, changes: Changes) -> Iterator[str]:
    """The changes as lines to read, at most a screen for each file."""
    for path in changes.written:
        old, new = (_read(folder / path) or "").splitlines(), files[path].splitlines()
        lines = list(
            difflib.unified_diff(old, new, f"{path} (as it is)", f"{path} (new)", lineterm="")
        )
        yield from lines[:_SHOWN]
        if len(lines) > _SHOWN:
            yield f"... {len(lines) - _SHOWN} more lines"
    yield from (f"{path} is no longer produced" for path in changes.removed)


def _ours(folder: Path) -> set[str]:
    """What the last run wrote. A manifest that names anything outside the folder is not believed."""
    try:
        paths = {
            str(p) for p in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return set()  # a first run, or a file that is not ours
    return {p for p in paths if not Path(p).is_absolute() and ".." not in Path(p).parts}


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _replace(files: Mapping[str, str], folder: Path, removed: set[str]) -> None:
    """Builds the new package beside the old one, from links to what stays, and puts it in its place."""
    new, old = _beside(folder)
    new.mkdir(parents=True)
    for path, text in files.items():
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if _read(folder / path) == text:
            _link(folder / path, target)
        else:
            target.write_bytes(text.encode("utf-8"))
    for kept in sorted(folder.rglob("*")) if folder.is_dir() else []:
        inside = kept.relative_to(folder)
        known = inside.as_posix() in files or inside.as_posix() in removed
        if known or "__pycache__" in inside.parts:
            continue
        if kept.is_dir() and not kept.is_symlink():
            if not any(kept.iterdir()):
                (new / inside).mkdir(parents=True, exist_ok=True)
        elif kept.is_symlink() or kept.is_file():
            (new / inside).parent.mkdir(parents=True, exist_ok=True)
            _link(kept, new / inside)
    if not folder.exists():
        new.rename(folder)
    elif _exchange(new, folder):
        shutil.rmtree(new)
    else:
        folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old)


def _beside(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


def recover(folder: Path) -> None:
    """Clears away what an interrupted run left."""
    new, old = _beside(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for rest in (new, old):
        if rest.is_dir() and not rest.is_symlink():
            shutil.rmtree(rest)
        elif rest.exists() or rest.is_symlink():
            rest.unlink()


def _refuse_obstacles(files: Mapping[str, str], folder: Path) -> None:
    """Raises InputError where a file stands in the place of a folder, or a folder in that of a file."""
    ours = {folder / path for path in _ours(folder)}
    folders = {folder, *((folder / p).parent for p in files)}
    for place in sorted(folders - ours):
        if place.exists() and not place.is_dir():
            raise InputError("is a file where a folder has to be; move it away", str(place))
    for path in sorted(files):
        if (folder / path).is_dir() and any(p not in ours for p in (folder / path).rglob("*.*")):
            raise InputError("is a folder where a file has to be; move it away", str(folder / path))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without links
        shutil.copy2(source, target, follow_symlinks=False)


def _exchange(a: Path, b: Path) -> bool:
    """Swaps two folders in one step, where the system can (Linux: renameat2 with RENAME_EXCHANGE)."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here = -100  # AT_FDCWD
    return bool(rename(here, os.fsencode(a), here, os.fsencode(b), 2) == 0)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
