"""The machine, the versions and the date of a measurement."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib import metadata

from benchmarks.process import run
from benchmarks.tools import Tool

_LIBRARIES = ("attrs", "black", "httpx", "httpx2", "msgspec", "pydantic")


def describe_environment(command: str, tools: list[Tool]) -> dict[str, str]:
    """The environment of this run, as names and values."""
    values = {
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
            values[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return values | {tool.name: tool.version for tool in tools}


def _revision() -> str:
    """The commit, with a + if files differ from it; "unknown" outside a checkout."""
    done = run(["git", "describe", "--always", "--dirty=+"], limit=20)
    return "unknown" if done.status else done.output.strip()
