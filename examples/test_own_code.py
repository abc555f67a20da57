"""Test your own code against the emulator, with faults of the service.

    pytest examples/test_own_code.py

`orcarouter_emulator` is a pytest fixture that is there wherever `orcarouter[testing]` is installed.
"""

from pathlib import Path

import pytest

from orcarouter import OrcaRouter
from orcarouter.errors import TaskFailedError
from orcarouter.testing import Emulator, Fault, VirtualClock


def make_trailer(orca: OrcaRouter, path: Path) -> bool:
    """The code under test: whether there is a trailer at `path` now."""
    task = orca.videos.create(model="kling/kling-v3", prompt="A trailer")
    try:
        task.download(path)
    except TaskFailedError:
        return False
    return True


@pytest.mark.orcarouter_emulator([Fault("lookup", status=503, times=5)], running=90)
def test_an_outage_is_survived(orcarouter_emulator: Emulator[VirtualClock], tmp_path: Path) -> None:
    server = orcarouter_emulator
    with OrcaRouter("sk-orca-test", base_url=server.base_url, clock=server.clock) as orca:
        assert make_trailer(orca, tmp_path / "out.mp4")
    assert len(server.tasks) == 1  # what would have been billed


@pytest.mark.orcarouter_emulator([Fault("submit", fail_reason="prompt not allowed")])
def test_a_failed_task(orcarouter_emulator: Emulator[VirtualClock], tmp_path: Path) -> None:
    server = orcarouter_emulator
    with OrcaRouter("sk-orca-test", base_url=server.base_url, clock=server.clock) as orca:
        assert not make_trailer(orca, tmp_path / "out.mp4")
