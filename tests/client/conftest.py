"""Fixtures: both clients, connected to an emulator on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.client.support import CLIENT_KINDS, AnyClient, ClientClock, open_client

from orcarouter.testing import Emulator, VirtualClock


@pytest.fixture
def server(orcarouter_emulator: Emulator[VirtualClock]) -> Emulator[VirtualClock]:
    return orcarouter_emulator


@pytest.fixture(params=CLIENT_KINDS)
def client_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock(server: Emulator[VirtualClock]) -> ClientClock:
    return ClientClock(server.clock)


@pytest.fixture
def client(
    client_kind: str, server: Emulator[VirtualClock], clock: ClientClock
) -> Iterator[AnyClient]:
    with open_client(client_kind, server, clock) as client:
        yield client
