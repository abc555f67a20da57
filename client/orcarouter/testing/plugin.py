"""The pytest fixture `orcarouter_emulator`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orcarouter.testing import Emulator, VirtualClock

_MARK = "orcarouter_emulator"


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers", f"{_MARK}(script=(), **settings): script and settings of the fixture {_MARK}"
    )


@pytest.fixture
def orcarouter_emulator(request: pytest.FixtureRequest) -> Iterator[Emulator[VirtualClock]]:
    """A running emulator with a virtual clock. The mark of the same name sets its script and settings."""
    # Imported late: pytest loads this module even if the extra `testing` is not installed.
    from orcarouter.testing import Emulator, VirtualClock

    mark = request.node.get_closest_marker(_MARK)
    arguments = mark.args if mark is not None else ()
    settings = mark.kwargs if mark is not None else {}
    with Emulator(*arguments, clock=VirtualClock(), **settings) as emulator:
        yield emulator
