"""A client of each kind, speaking to a running emulator on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.client.support import DRIVERS, ClientClock, Orca, orca

from orcarouter.testing import Emulator, VirtualClock


@pytest.fixture
def server(orcarouter_emulator: Emulator[VirtualClock]) -> Emulator[VirtualClock]:
    return orcarouter_emulator


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock(server: Emulator[VirtualClock]) -> ClientClock:
    return ClientClock(server.clock)


@pytest.fixture
def client(driver: str, server: Emulator[VirtualClock], clock: ClientClock) -> Iterator[Orca]:
    with orca(driver, server, clock) as made:
        yield made
