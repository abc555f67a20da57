"""Fixtures: the command line in this process, and an emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import frozen

from orcarouter.cli import main
from orcarouter.testing import Emulator, RealClock

KEY = "sk-orca-the-secret-of-these-tests"


@frozen
class Outcome:
    """Exit code and output of a run."""

    code: int
    out: str
    err: str

    @property
    def error_line(self) -> str:
        """The only line on standard error; fails if there are more."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


Run = Callable[..., Outcome]


@pytest.fixture
def server() -> Iterator[Emulator[RealClock]]:
    with Emulator(queued=0.05, running=0.1) as emulator:
        yield emulator


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command line in an empty folder; its output must never contain the key."""
    monkeypatch.chdir(tmp_path)
    for name in ("ORCAROUTER_API_KEY", "ORCAROUTER_API_KEY_FILE", "ORCAROUTER_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(
        *arguments: str, server: Emulator[RealClock] | None = None, key: str | None = KEY
    ) -> Outcome:
        if key is not None:
            monkeypatch.setenv("ORCAROUTER_API_KEY", key)
        if server is not None:
            monkeypatch.setenv("ORCAROUTER_BASE_URL", server.base_url)
        code = main(arguments)
        captured = capsys.readouterr()
        assert KEY not in captured.out + captured.err
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return run
