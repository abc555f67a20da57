"""The HTTP library: httpx, or httpx2, its successor with the same API."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .call import Request
from .errors import APIError, ConnectError, TimeoutError, TransportError

_LIBRARIES = ("httpx", "httpx2")
# Names of exceptions of the library. Those of the second list are raised before anything is sent.
_ERRORS = ("TransportError", "StreamError", "InvalidURL", "DecodingError")
_UNSENT = (
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "InvalidURL",
    "UnsupportedProtocol",
    "LocalProtocolError",
)


def load_library(http_client: object = None) -> Any:
    """The library that a client object belongs to; without one, the first that is installed."""
    for cls in type(http_client).__mro__:
        if (name := cls.__module__.partition(".")[0]) in _LIBRARIES:
            return sys.modules[name]
    library: Any = None
    if not TYPE_CHECKING:  # which would report the library that is not installed
        try:
            import httpx as library
        except ModuleNotFoundError:
            import httpx2 as library
    return library


class ErrorTranslator:
    """A context manager that raises the library's exceptions as those of this package.

    `url` is the base URL. The text of a library's exception is left out if it may contain a whole URL or a header: those
    may contain credentials.
    """

    def __init__(self, library: Any, call: Request[Any], url: str) -> None:
        self.library, self.call, self.url = library, call, url

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, cause: BaseException | None, trace: object
    ) -> None:
        if cause is None:
            return
        library, request = self.library, self.call.request
        if not isinstance(cause, tuple(getattr(library, name) for name in _ERRORS)):
            return
        unsent = isinstance(cause, tuple(getattr(library, name) for name in _UNSENT))
        # The text of this one may quote a header.
        has_header = isinstance(cause, library.LocalProtocolError)
        reason = "" if has_header or "://" in str(cause) else str(cause)
        problem = "cannot connect to" if unsent else "no complete response from"
        message = (
            f"{problem} {self.url} for {request}: {reason or type(cause).__name__}"
        )
        error: type[APIError] = TransportError
        if unsent:
            error = ConnectError
        elif isinstance(cause, library.TimeoutException):
            error = TimeoutError
        raise error.of(message, request=request) from (None if has_header else cause)
