"""Where and when: what stands above the figures."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib import metadata

from benchmarks.process import run
from benchmarks.tools import Tool

_LIBRARIES = ("attrs", "black", "httpx", "httpx2", "pydantic")


def about(command: str, tools: list[Tool]) -> dict[str, str]:
    """Facts about this run, each a word and its value."""
    found = {
        "command": f"`{command}`",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "revision": _revision(),
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
    }
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found | {tool.name: tool.version for tool in tools}


def _revision() -> str:
    """The commit, marked where files differ from it; a word where this is no checkout."""
    done = run(["git", "describe", "--always", "--dirty=+"], limit=20)
    return "unknown" if done.status else done.output.strip()
