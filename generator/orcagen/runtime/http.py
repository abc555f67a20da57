"""The HTTP library: httpx, or httpx2, its successor with the same API. It is loaded when a client is made."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from .call import Request
from .errors import APIError, ConnectError, TimeoutError, TransportError

LIBRARIES = ("httpx", "httpx2")
_FAILURES = ("TransportError", "StreamError", "InvalidURL", "DecodingError")
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


class translate_errors:
    """Raises the library's errors as this package's. Their own texts may hold a whole URL and are then left out."""

    def __init__(self, httpx: Any, call: Request[Any], host: str) -> None:
        self.httpx, self.call, self.host = httpx, call, host

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, reason: BaseException | None, trace: object
    ) -> None:
        if reason is None:
            return
        httpx, request = self.httpx, self.call.request
        if not isinstance(reason, tuple(getattr(httpx, name) for name in _FAILURES)):
            return
        unsent = isinstance(reason, tuple(getattr(httpx, name) for name in _UNSENT))
        text = f"{'cannot connect to' if unsent else 'no whole answer from'} {self.host} for {request}"
        # The text of this one may quote a header.
        ours = isinstance(reason, httpx.LocalProtocolError)
        why = "" if ours or "://" in str(reason) else str(reason)
        text += f": {why or type(reason).__name__}"
        if unsent:
            error: APIError = ConnectError.of(text, request=request)
        else:
            late = isinstance(reason, httpx.TimeoutException)
            error = (TimeoutError if late else TransportError).of(text, request=request)
        raise error from (None if ours else reason)
