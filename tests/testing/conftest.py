"""A running emulator, and HTTP clients with and without an API key."""

from collections.abc import Iterator

import httpx
import pytest
from tests.testing.support import client

from orcarouter.testing import Emulator, VirtualClock


@pytest.fixture
def server(orcarouter_emulator: Emulator[VirtualClock]) -> Emulator[VirtualClock]:
    return orcarouter_emulator


@pytest.fixture
def api(server: Emulator[VirtualClock]) -> Iterator[httpx.Client]:
    with client(server) as with_key:
        yield with_key


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, timeout=30) as without_key:
        yield without_key
