"""The work folder of TypeSpec's suite: packages of npm, a Node that is new enough, and the mock server."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NODE = "22.23.3"  # taken from npm where the machine's own Node is older


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """The output of a command. Where it fails, the program ends with its last lines."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}")
    return done.stdout


def install(packages: Path, work: Path) -> None:
    """Installs the packages of a package.json into the work folder, unless these versions are there already."""
    work.mkdir(parents=True, exist_ok=True)
    target, done = work / "package.json", work / "node_modules/.package-lock.json"
    if not (done.exists() and target.exists() and target.read_bytes() == packages.read_bytes()):
        shutil.rmtree(work / "node_modules", ignore_errors=True)
        shutil.copyfile(packages, target)
        run([_npm(), "install", "--no-audit", "--no-fund", "--no-package-lock"], work)


def find_node(work: Path) -> Path:
    """The Node on PATH, or one from npm where that is too old for the compiler."""
    own = shutil.which("node")
    if own and int(run([own, "--version"], work).strip().lstrip("v").split(".")[0]) >= 22:
        return Path(own)
    machine = platform.machine().lower()
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)
    package, folder = f"node-{sys.platform}-{machine}", work / "node"
    node = folder / "node_modules" / package / "bin" / "node"
    if not node.exists():
        flags = ["--no-audit", "--no-fund", "--no-save", "--prefix", str(folder)]
        run([_npm(), "install", *flags, f"{package}@{NODE}"], work)
    return node


def _npm() -> str:
    return shutil.which("npm") or sys.exit("npm is needed: https://docs.npmjs.com")


def substitute(work: Path, substitutions: Sequence[tuple[str, str, str]]) -> None:
    """Changes a few characters of installed packages: (file, old, new), unless that is done already."""
    for name, old, new in substitutions:
        path = work / "node_modules" / name
        text = path.read_text(encoding="utf-8")
        if old in text:
            path.write_text(text.replace(old, new), encoding="utf-8")
        elif new not in text:
            sys.exit(
                f"{path}: the text to be replaced is not there: another version of the package?"
            )


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def serve(command: Sequence[str | Path], url: str, log: Path, cwd: Path) -> Iterator[None]:
    """Runs a server while the block runs, which begins as soon as `url` gives any response."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        )
        try:
            for _ in range(600):
                if process.poll() is not None or _responds(url):
                    break
                time.sleep(0.2)
            if process.poll() is not None:
                sys.exit(f"the server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
            yield
        finally:
            process.terminate()
            process.wait(20)


def _responds(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
