"""The HTTP library: httpx, or httpx2, its successor with the same API. It is loaded when a client is made."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from .errors import ConnectionFailed, Error, TransportError

LIBRARIES = ("httpx", "httpx2")
_UNSENT = (
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "InvalidURL",
    "UnsupportedProtocol",
    "LocalProtocolError",
)


def library(http_client: object = None) -> ModuleType:
    """The library that a client object comes from; without one, the first that is installed."""
    for cls in type(http_client).__mro__:
        if (name := cls.__module__.partition(".")[0]) in LIBRARIES:
            return importlib.import_module(name)
    try:
        return importlib.import_module(LIBRARIES[0])
    except ModuleNotFoundError:
        return importlib.import_module(LIBRARIES[1])


@contextmanager
def translated(httpx: Any, request: str, host: str) -> Generator[None, None, None]:
    """Raises the library's errors as this package's. Their own texts may hold a whole URL and are then left out."""
    try:
        yield
    except (
        httpx.TransportError,
        httpx.StreamError,
        httpx.InvalidURL,
        httpx.DecodingError,
    ) as reason:
        unsent = isinstance(reason, tuple(getattr(httpx, name) for name in _UNSENT))
        text = f"{'cannot connect to' if unsent else 'no whole answer from'} {host} for {request}"
        ours = isinstance(
            reason, httpx.LocalProtocolError
        )  # its text may quote a header
        why = "" if ours or "://" in str(reason) else str(reason)
        error: Error = (ConnectionFailed if unsent else TransportError)(
            f"{text}: {why or type(reason).__name__}"
        )
        error.request = request
        if isinstance(error, TransportError):
            error.timeout = isinstance(reason, httpx.TimeoutException)
        raise error from (None if ours else reason)
