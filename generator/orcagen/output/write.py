"""Stage 6: files to disk. The package changes as a whole: an interrupted run leaves the old one or the new one.

A manifest says which files are ours; all others are kept. Files whose text stays keep their times.
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
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


def compare(files: Mapping[str, str | None], folder: Path) -> Changes:
    """What `write` would do."""
    written = tuple(
        path
        for path, text in sorted(files.items())
        if text is not None and text_at(folder / path) != text
    )
    removed = tuple(sorted(p for p in _ours(folder) - files.keys() if (folder / p).is_file()))
    return Changes(written, removed, len(files) - len(written))


def write(files: Mapping[str, str | None], folder: Path) -> Changes:
    """Brings a package up to date. Files that a former run wrote and this one does not are removed, others never. A file
    without a text stays as it is.

    Raises InputError where the folder cannot be written.
    """
    folder = folder.resolve()  # behind a link, it is the folder that changes
    try:
        recover(folder)
        _refuse_obstacles([p for p, text in files.items() if text is not None], folder)
        changes = compare(files, folder)
        manifest = json.dumps({"files": sorted(files)}, indent=0) + "\n"
        if changes or text_at(folder / MANIFEST) != manifest:
            texts = {p: files[p] for p in changes.written}
            _replace({**dict.fromkeys(files), **texts, MANIFEST: manifest}, folder, changes.removed)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", str(error.filename or folder)
        ) from error
    return changes


def difference(files: Mapping[str, str | None], folder: Path, changes: Changes) -> Iterator[str]:
    """The changes as lines to read, at most a screen for each file."""
    for path in changes.written:
        old, new = ((t or "").splitlines() for t in (text_at(folder / path), files[path]))
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


def text_at(path: Path) -> str | None:
    """The text of a file of a package; None where there is none."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _replace(files: Mapping[str, str | None], folder: Path, removed: Collection[str]) -> None:
    """Builds the new package beside the old one, from links to what stays, and puts it in its place."""
    new, old = _beside(folder)
    new.mkdir(parents=True)
    for home in {(new / path).parent for path in files}:
        home.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        if text is None:
            _link(f"{folder}/{path}", f"{new}/{path}")
        else:
            (new / path).write_bytes(text.encode("utf-8"))
    for inside in _others(folder, {*files, *removed}):
        if (folder / inside).is_dir() and not (folder / inside).is_symlink():
            (new / inside).mkdir(parents=True, exist_ok=True)
        else:
            (new / inside).parent.mkdir(parents=True, exist_ok=True)
            _link(f"{folder}/{inside}", f"{new}/{inside}")
    if not folder.exists():
        new.rename(folder)
    elif _exchange(new, folder):
        shutil.rmtree(new)
    else:
        folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old)


def _others(folder: Path, ours: set[str]) -> Iterator[str]:
    """What else is in the folder: files, links, and folders that are empty. Caches of bytecode are nobody's."""
    for place, folders, files in os.walk(folder):
        inside = os.path.relpath(place, folder)
        inside = "" if inside == "." else inside.replace(os.sep, "/") + "/"
        if inside and not folders and not files:
            yield inside[:-1]
        folders[:] = [f for f in folders if f != "__pycache__"]
        yield from (inside + f for f in folders if Path(place, f).is_symlink())
        yield from (inside + f for f in files if inside + f not in ours)


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


def _refuse_obstacles(files: Collection[str], folder: Path) -> None:
    """Raises InputError where a file stands in the place of a folder, or a folder in that of a file."""
    ours = _ours(folder)
    folders = {folder, *((folder / p).parent for p in files)}
    for place in sorted(folders):
        is_ours = place.relative_to(folder).as_posix() in ours
        if place.exists() and not place.is_dir() and not is_ours:
            raise InputError("is a file where a folder has to be; move it away", str(place))
    for path in sorted(files):
        inside = (p.relative_to(folder).as_posix() for p in (folder / path).rglob("*.*"))
        if (folder / path).is_dir() and any(p not in ours for p in inside):
            raise InputError("is a folder where a file has to be; move it away", str(folder / path))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without links
        shutil.copy2(source, target, follow_symlinks=False)


def _exchange(a: Path, b: Path) -> bool:
    """Swaps two folders in one step, where the system can (Linux: renameat2 with RENAME_EXCHANGE)."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here = -100  # AT_FDCWD
    return bool(rename(here, os.fsencode(a), here, os.fsencode(b), 2) == 0)
