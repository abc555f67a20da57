"""Files beside a package: those of a distribution, which are the user's once they are there, and an API reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orcagen.diagnostics import InputError
from orcagen.output.manifest import FILE_NAME, read_manifest
from orcagen.output.write import Changes, write


def write_missing(files: Mapping[str, str], folder: Path) -> None:
    """Writes the files that do not exist. Raises InputError where the folder cannot be written."""
    for name, text in files.items():
        path = folder / name
        if path.exists():
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", str(path)) from error


def is_own(folder: Path) -> bool:
    """Whether a folder is a former run's, or not there."""
    return not folder.exists() or (folder / FILE_NAME).is_file()


def write_pages(pages: Mapping[str, str], folder: Path) -> Changes:
    """Updates the pages in a folder, as `write` does a package. Raises InputError where one would replace a file that no
    former run wrote."""
    own = read_manifest(folder).files
    if foreign := [page for page in pages if page not in own and (folder / page).exists()]:
        message = "exists and is not of a former run: move it away, or choose another folder"
        raise InputError(message, str(folder / foreign[0]))
    return write(pages, folder)
