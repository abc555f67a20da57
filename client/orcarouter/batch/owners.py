"""The owners of claims: processes, and whether one of this machine has ended."""

from __future__ import annotations

import os
import socket
import uuid
from functools import cache
from pathlib import Path

__all__ = ["is_dead", "make_owner"]


@cache
def _find_host() -> str:
    """This machine since it started, and the container: where process ids mean the same."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:8])
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    except OSError:
        pass
    return "-".join(parts)


def make_owner() -> str:
    """A name for this process."""
    return f"{_find_host()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


def is_dead(owner: str) -> bool:
    """Whether an owner is a process of this machine that has ended. In doubt the answer is False."""
    host, _, rest = owner.partition("/")
    process_id = rest.partition("/")[0]
    if host != _find_host() or not process_id.isdecimal() or os.name == "nt":
        return False
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _is_zombie(process_id)


def _is_zombie(process_id: str) -> bool:
    try:
        status = Path(f"/proc/{process_id}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]
