"""Stage 6: files to disk: only what changed, each file whole or not at all. A manifest says which files are ours."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator
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


def compare(files: dict[str, str], folder: Path) -> Changes:
    """What `write` would do."""
    written = tuple(path for path, text in sorted(files.items()) if _read(folder / path) != text)
    removed = tuple(sorted(p for p in _ours(folder) - files.keys() if (folder / p).is_file()))
    return Changes(written, removed, len(files) - len(written))


def write(files: dict[str, str], folder: Path) -> Changes:
    """Brings a package up to date. Files that a former run wrote and this one does not are removed, others never.

    Raises InputError where the folder cannot be written.
    """
    changes = compare(files, folder)
    try:
        for path in changes.written:
            _replace(folder / path, files[path])
        for path in changes.removed:
            (folder / path).unlink()
            _prune((folder / path).parent, folder)
        manifest = (
            json.dumps({"files": {p: _digest(t) for p, t in sorted(files.items())}}, indent=0)
            + "\n"
        )
        if _read(folder / MANIFEST) != manifest:
            _replace(folder / MANIFEST, manifest)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", str(error.filename or folder)
        ) from error
    return changes


def difference(files: dict[str, str], folder: Path, changes: Changes) -> Iterator[str]:
    """The changes as lines to read, at most a screen for each file."""
    for path in changes.written:
        old = (_read(folder / path) or "").splitlines()
        lines = list(
            difflib.unified_diff(
                old, files[path].splitlines(), f"{path} (as it is)", f"{path} (new)", lineterm=""
            )
        )
        yield from lines[:_SHOWN]
        if len(lines) > _SHOWN:
            yield f"... {len(lines) - _SHOWN} more lines"
    yield from (f"{path} is no longer produced" for path in changes.removed)


def _ours(folder: Path) -> set[str]:
    """What the last run wrote. A manifest that names anything outside the folder is not believed."""
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        paths = {str(p) for p in listed}
    except (OSError, ValueError, KeyError, TypeError):
        return set()  # a first run, or a file that is not ours
    return {p for p in paths if not Path(p).is_absolute() and ".." not in Path(p).parts}


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(text.encode("utf-8"))
    part.replace(path)


def _prune(folder: Path, top: Path) -> None:
    """Removes a folder that has become empty but for Python's caches."""
    while folder != top:
        rest = list(folder.iterdir())
        if any(p.name != "__pycache__" for p in rest):
            return
        for cache in rest:
            for file in cache.iterdir():
                file.unlink()
            cache.rmdir()
        folder.rmdir()
        folder = folder.parent


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
