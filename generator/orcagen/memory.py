"""What the last run of `generate` for a folder read and wrote, so that a run that would change nothing ends early.

Kept in the user's cache folder; without it, or when anything differs, everything is done anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def recall(folder: Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """The report of the last run, if a new one would read and write the same."""
    try:
        known = json.loads(_place(folder).read_text(encoding="utf-8"))
        same = known["settings"] == _plain(settings) and known["generator"] == _generator()
        same = same and all(_digest(Path(p)) == d for p, d in known["inputs"].items())
        if same and all(_digest(folder / p) == d for p, d in known["outputs"].items()):
            report: dict[str, Any] = known["report"]
            return report
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # no memory, or not ours
    return None


def remember(
    folder: Path,
    settings: dict[str, Any],
    inputs: list[str],
    files: dict[str, str],
    report: dict[str, Any],
) -> None:
    """Notes a run. A document from the network or from standard input is not noted; nor is it an error not to."""
    if not all(Path(i).is_absolute() for i in inputs):
        return
    known = {
        "settings": _plain(settings),
        "generator": _generator(),
        "inputs": {i: _digest(Path(i)) for i in inputs},
        "outputs": {p: hashlib.sha256(t.encode()).hexdigest() for p, t in files.items()},
        "report": report,
    }
    try:
        place = _place(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(known), encoding="utf-8")
        part.replace(place)
    except OSError:
        return  # a home that cannot be written


def _place(folder: Path) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
    return Path(home) / "orcagen" / f"{name}.json"


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(settings, sort_keys=True, default=str))  # type: ignore[no-any-return]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _generator() -> str:
    """A digest of the generator itself: its code, its templates, its support code."""
    total = hashlib.sha256()
    for path in sorted(_HERE.rglob("*")):
        if path.suffix in (".py", ".jinja", ".pyi"):
            total.update(path.read_bytes())
    return total.hexdigest()
