"""Fixtures for tests that generate packages and call them.

Property tests try the same examples in each run; `pytest --hypothesis-profile=default` tries new ones.

`tests.support` is imported in the fixtures that need it, because it imports orcagen: the tests of orcarouter run without.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.support import Driver, Server, Workshop

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Generates packages that can be imported."""
    from tests.support import Workshop, on_path

    root = tmp_path_factory.mktemp("packages")
    with on_path(root):
        yield Workshop(root)


@pytest.fixture(scope="session")
def shared_recorder() -> Iterator[Server]:
    from tests.support import Server

    server = Server()
    yield server
    server.close()


@pytest.fixture
def recorder(shared_recorder: Server) -> Iterator[Server]:
    """A server on loopback that keeps the bytes of each request."""
    shared_recorder.forget()
    yield shared_recorder
    shared_recorder.forget()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One HTTP client for all, because making one costs as much as a hundred requests."""
    with httpx.Client(verify=False, timeout=30) as client:
        yield client


@pytest.fixture
def sync(http: httpx.Client) -> Driver:
    from tests.support import Driver

    return Driver("sync", http)


@pytest.fixture(params=["sync", "async"])
def driver(request: pytest.FixtureRequest, http: httpx.Client) -> Driver:
    """The sync and the async client in turn."""
    from tests.support import Driver

    return Driver(request.param, http if request.param == "sync" else None)
