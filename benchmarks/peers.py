"""The other generators, each in a virtual environment under the cache folder, with the versions of peers.txt."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import progress, tools
from benchmarks.figures import DCG, OPC
from benchmarks.process import run
from benchmarks.tools import Tool

PINS = Path(__file__).with_name("peers.txt")
_TOOLS: dict[str, Callable[[str, Path], Tool]] = {
    OPC: tools.openapi_python_client,
    DCG: tools.datamodel_code_generator,
}


def install_peers(cache: Path) -> tuple[list[Tool], list[str]]:
    """The peers that could be installed, and a note about each that could not."""
    peers, notes = [], []
    for name, make_tool in _TOOLS.items():
        version = pinned_version(name)
        folder = cache / f"{name}-{version}"
        if reason := _install(name, folder):
            notes.append(f"{name} {version} could not be installed: {reason}")
        else:
            peers.append(make_tool(version, folder / "bin"))
    return peers, notes


def pinned_version(name: str) -> str:
    """The version that peers.txt names."""
    for line in PINS.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}=="):
            return line.rpartition("==")[2]
    raise LookupError(name)


def _install(name: str, folder: Path) -> str:
    """Installs a generator unless it is there; the error message of pip, or an empty string."""
    stamp = folder / "installed.txt"
    pins = PINS.read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == pins:
        return ""
    progress.step(f"installing {name} into {folder}")
    pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip"]
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", "--clear", folder],
        [*pip, "install", "--quiet", "--disable-pip-version-check", "-c", PINS, name],
    ]
    for command in commands:
        done = run(command, limit=600)
        if done.status:
            lines = done.output.strip().splitlines()
            return lines[-1] if lines else f"exit status {done.status}"
    stamp.write_text(pins, encoding="utf-8")
    return ""
