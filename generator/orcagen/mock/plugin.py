"""The pytest fixture `orcagen_mock`: a mock server for each test, in every test suite where orcagen is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from orcagen.mock import MockServer

_MARK = "orcagen_mock"
_INI = "orcagen_mock_spec"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the ini option."""
    parser.addini(_INI, "the OpenAPI document of the fixture orcagen_mock, by default", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the mark."""
    text = "document of the fixture orcagen_mock, and options of MockServer"
    config.addinivalue_line("markers", f"{_MARK}(spec=None, **options): {text}")


@pytest.fixture
def orcagen_mock(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A running mock server of a document, with a virtual clock.

    The mark of the same name names the document, and gives options of MockServer: `faults`, `seed`, `clock`, `handlers` and others.
    Marks of a module, a class and a test add up; the nearest one decides. A relative path is one from the folder of the test's
    file if it exists there, else from pytest's `rootdir`.
    """
    # Imported late: pytest loads this module even if the extra `mock` is not installed.
    from orcagen.mock import MockServer, VirtualClock

    spec: Any = request.config.getini(_INI)
    options: dict[str, Any] = {"clock": VirtualClock()}
    for mark in reversed(list(request.node.iter_markers(_MARK))):
        spec = mark.args[0] if mark.args else mark.kwargs.get("spec", spec)
        options |= {name: value for name, value in mark.kwargs.items() if name != "spec"}
    if not spec:
        pytest.fail(
            f"the fixture {_MARK} needs a document: @pytest.mark.{_MARK}(SPEC), or {_INI} in pytest's settings",
            pytrace=False,
        )
    nearby = request.path.parent / spec  # the spec itself if it is absolute
    is_url = isinstance(spec, str) and "://" in spec
    if not is_url:
        spec = nearby if nearby.exists() else Path(request.config.rootpath, spec)
    with MockServer(spec, **options) as server:
        yield server
