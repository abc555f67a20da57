"""Runs a command and says what it cost, by the operating system's own count.

The parent must stay small: Linux counts the memory of the process that starts another as the other's, up to `exec`.
Whatever reads a document is therefore a child.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
_EVERY = 0.1  # seconds between two looks at the memory
_PRINTED = 20_000  # bytes kept of either end of the output
# Where the environment forbids byte code, each start would compile every module anew, as it does for no user.
_BYTE_CODE = {"PYTHONDONTWRITEBYTECODE": ""}


@frozen
class Run:
    """`cpu`: seconds, children included. `peak`: MiB of all its processes together, shared pages counted once."""

    status: int
    cpu: float
    peak: float
    output: str
    expired: bool = False


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    limit: float = 900,
) -> Run:
    """Runs a command to its end, or for `limit` seconds. Standard output and standard error come as one text."""
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env={**os.environ, **_BYTE_CODE, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watch = _Watch(child.pid, limit)
        _, code, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(code)
        watch.stop()
        output = _ends(log).decode("utf-8", "replace")
    return Run(
        child.returncode,
        usage.ru_utime + usage.ru_stime,
        max(watch.peak, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)),
        output,
        watch.expired,
    )


def _ends(log: IO[bytes]) -> bytes:
    """The first and the last of what was printed: some generators print megabytes."""
    size = log.seek(0, os.SEEK_END)
    log.seek(0)
    if size <= 2 * _PRINTED:
        return log.read()
    first = log.read(_PRINTED)
    log.seek(size - _PRINTED)
    return first + b"\n...\n" + log.read()


class _Watch(threading.Thread):
    """Samples the memory of a process and its descendants, and ends them after `limit` seconds."""

    def __init__(self, pid: int, limit: float) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self.expired = False
        self._pid, self._left = pid, limit
        self._done = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.wait(_EVERY):
            self.peak = max(self.peak, sum(_memory(pid) for pid in _family(self._pid)))
            self._left -= _EVERY
            if self._left < 0 and not self.expired:
                self.expired = True
                os.killpg(self._pid, signal.SIGKILL)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _family(pid: int) -> list[int]:
    """A process and its descendants, by /proc; the process alone elsewhere."""
    found = [pid]
    for parent in found:
        for thread in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in thread.read_text().split()]
            except OSError:
                continue  # it has ended
    return found


def _memory(pid: int) -> float:
    """The proportional set size in MiB; 0 where there is none to read."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
