"""What the last run of `generate` for a folder read and wrote, so that the next one does only what a change demands.

Kept in the user's cache folder; without it, or when anything else differs, everything is done anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen

from orcagen.source.loader import digest_of

_HERE = Path(__file__).parent.parent
_State: TypeAlias = list[int | str]  # time and size of a file, and a digest of its bytes


@frozen
class Memory:
    """A run whose output is still there. `is_current` says whether its inputs are too, `outputs` what it wrote."""

    is_current: bool
    inputs: dict[str, str]
    outputs: dict[str, _State]
    report: dict[str, Any]


def recall(folder: Path, settings: dict[str, Any], document: str) -> Memory | None:
    """The last run, if it was made with these settings and its output is as it left it. The document may have been in
    another place."""
    if not Path(document).is_absolute():
        return None
    try:
        place = _place(folder)
        known = json.loads(place.read_text(encoding="utf-8"))
        if known["settings"] != _plain(settings) or known["generator"] != _generator():
            return None
        if not all(_is_same(f"{folder}/{p}", state) for p, state in known["outputs"].items()):
            return None
        current = document in known["inputs"] and all(
            _digest(Path(p)) == digest for p, digest in known["inputs"].items()
        )
        return Memory(
            current, known["inputs"], known["outputs"], known["report"]
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # no memory, or not ours


def remember(
    folder: Path,
    settings: dict[str, Any],
    inputs: dict[str, str],
    files: Mapping[str, str | None],
    report: dict[str, Any],
) -> None:
    """Notes a run. Files without a text are as the last run left them.

    A document from the network or from standard input is not noted; nor is it an error not to.
    """
    if not all(Path(i).is_absolute() for i in inputs):
        return
    outputs = {p: _state(folder / p, t) for p, t in files.items()}
    known = {
        "settings": _plain(settings),
        "generator": _generator(),
        "inputs": inputs,
        "outputs": outputs,
        "report": report,
    }
    try:
        place = _place(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.{os.getpid()}")
        part.write_bytes(json.dumps(known).encode())
        part.replace(place)
    except OSError:
        return  # a home that cannot be written


def _is_same(path: str, state: _State) -> bool:
    """Whether a file is as noted; it is read only where its time or its size is another."""
    found = os.stat(path)  # noqa: PTH116  there are thousands
    return [found.st_mtime_ns, found.st_size] == state[:2] or _digest(Path(path)) == state[2]


def _state(path: Path, text: str | None) -> _State:
    found = path.stat()
    digest = _digest(path) if text is None else digest_of(text.encode("utf-8", "surrogateescape"))
    return [found.st_mtime_ns, found.st_size, digest]


def _place(folder: Path) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
    return Path(home) / "orcagen" / f"{name}.json"


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(settings, sort_keys=True, default=str))  # type: ignore[no-any-return]


def _digest(path: Path) -> str:
    return digest_of(path.read_bytes())


@cache
def _generator() -> str:
    """A digest of the generator itself: its code, its templates, its support code."""
    total = hashlib.sha256()
    for path in sorted(_HERE.rglob("*")):
        if path.suffix in (".py", ".jinja", ".pyi"):
            total.update(path.read_bytes())
    return total.hexdigest()
