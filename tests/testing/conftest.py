"""A running emulator, and an HTTP client for it."""

from collections.abc import Iterator

import httpx
import pytest
from tests.testing.support import KEY

from orcarouter.testing import Emulator, VirtualClock


@pytest.fixture
def server(orcarouter_emulator: Emulator[VirtualClock]) -> Emulator[VirtualClock]:
    return orcarouter_emulator


@pytest.fixture
def api(server: Emulator[VirtualClock]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=server.base_url, headers=headers, timeout=30) as client:
        yield client
