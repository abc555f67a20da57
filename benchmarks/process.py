"""Runs a command and measures its CPU time and memory, as the operating system counts them.

This process must stay small: until `exec`, Linux counts the memory of a parent as that of its child. Documents are
therefore read in child processes.
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
_INTERVAL = 0.1  # seconds between samples of the memory
_KEPT = 20_000  # bytes of the beginning and of the end of the output
# If the environment forbids byte code, each process compiles all modules, which no user's process does.
_BYTE_CODE = {"PYTHONDONTWRITEBYTECODE": ""}


@frozen
class Run:
    """A finished command: `cpu` in seconds, `peak` memory in MiB, both with child processes; shared pages count once.

    `output` is standard output and standard error; `expired` is whether the time limit ended it.
    """

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
    """Runs a command for at most `limit` seconds."""
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
        watchdog = _Watchdog(child.pid, limit)
        _, code, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(code)
        watchdog.stop()
        output = _ends(log).decode("utf-8", "replace")
    return Run(
        child.returncode,
        usage.ru_utime + usage.ru_stime,
        max(watchdog.peak, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)),
        output,
        watchdog.expired,
    )


def _ends(log: IO[bytes]) -> bytes:
    """The beginning and the end of the output: some generators print megabytes."""
    size = log.seek(0, os.SEEK_END)
    log.seek(0)
    if size <= 2 * _KEPT:
        return log.read()
    first = log.read(_KEPT)
    log.seek(size - _KEPT)
    return first + b"\n...\n" + log.read()


class _Watchdog(threading.Thread):
    """Samples the memory of a process and its descendants, and kills them after `limit` seconds."""

    def __init__(self, pid: int, limit: float) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self.expired = False
        self._pid, self._left = pid, limit
        self._done = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.wait(_INTERVAL):
            self.peak = max(self.peak, sum(_memory(pid) for pid in _process_tree(self._pid)))
            self._left -= _INTERVAL
            if self._left < 0 and not self.expired:
                self.expired = True
                os.killpg(self._pid, signal.SIGKILL)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _process_tree(pid: int) -> list[int]:
    """A process and its descendants; the process alone where there is no /proc."""
    tree = [pid]
    for parent in tree:
        for thread in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                tree += [int(child) for child in thread.read_text().split()]
            except OSError:
                continue  # it has ended
    return tree


def _memory(pid: int) -> float:
    """The proportional set size in MiB; 0 if it cannot be read."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
