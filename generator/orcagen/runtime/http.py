"""The HTTP library: httpx2, or httpx, which has the same API."""

from __future__ import annotations

import builtins
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .call import Request
from .errors import (
    APIError,
    ConfigurationError,
    ConnectError,
    TimeoutError,
    TransportError,
)

_LIBRARIES = ("httpx2", "httpx")
# Exceptions of the library; those of the second list are raised before anything is sent.
_ERRORS = "TransportError StreamError InvalidURL DecodingError"
_UNSENT = "ConnectError ConnectTimeout PoolTimeout InvalidURL UnsupportedProtocol LocalProtocolError"


class Timeouts(Protocol):
    """The library's own `Timeout`: seconds for connecting, sending, receiving and waiting for a connection."""

    def as_dict(self) -> dict[str, float | None]: ...


Timeout: TypeAlias = float | Timeouts  # a number is a limit for the whole call
NETWORK = ("http2", "proxy", "verify", "client_cert")  # options of clients


def load_library(http_client: object = None) -> Any:
    """The library that a client object belongs to; without one, the first that is installed."""
    for cls in type(http_client).__mro__:
        if (name := cls.__module__.partition(".")[0]) in _LIBRARIES:
            return sys.modules[name]
    library: Any = None
    if not TYPE_CHECKING:  # which would report the library that is not installed
        try:
            import httpx2 as library
        except ModuleNotFoundError:
            import httpx as library
    return library


class Connections:
    """The library's client: the caller's, or one for each process and event loop, which share no connections."""

    def __init__(
        self, is_async: bool, http_client: Any, network: dict[str, Any]
    ) -> None:
        if http_client and network:
            raise ConfigurationError(
                f"{' and '.join(network)} cannot be set for an http_client: make that one so"
            )
        self._network = network
        self.library, self._is_async = load_library(http_client), is_async
        self.http_client = http_client
        self.trace = _alimit_reads if is_async else _limit_reads
        # Those of other processes are not closed: that might end the parent's connections.
        self._clients: dict[tuple[int, Any], Any] = {
            self._key(): http_client or self._open()
        }

    def get(self) -> Any:
        """Raises ConfigurationError if it is the caller's, and in use elsewhere."""
        key = self._key()
        if key not in self._clients:  # made before there was an event loop, if anywhere
            made = self._clients.pop((key[0], None), None)
            self._clients.setdefault(key, made or self._add(key[0]))
        return self._clients[key]

    def find(self) -> Any:
        """The one of this process and event loop; None if there is none."""
        key = self._key()
        return self._clients.get(key) or self._clients.get((key[0], None))

    def make_cookies(self) -> Any:
        """Where the cookies of a client are; None if the caller's client keeps them."""
        return None if self.http_client else self.library.Cookies()

    def _key(self) -> tuple[int, Any]:
        loop: Any = None
        if self._is_async:
            import asyncio

            with suppress(RuntimeError):  # no event loop, or that of another library
                loop = asyncio.get_running_loop()
        return os.getpid(), loop

    def _add(self, pid: int) -> Any:
        transports = self.library.HTTPTransport, self.library.AsyncHTTPTransport
        if isinstance(getattr(self.http_client, "_transport", None), transports):
            raise ConfigurationError(
                "the http_client belongs to another process or to another event loop, and cannot be forked: make a new client"
            )
        for key in [k for k in self._clients if k[0] == pid and k[1].is_closed()]:
            del self._clients[key]
        return self.http_client or self._open()

    def _open(self) -> Any:
        from http.cookiejar import DefaultCookiePolicy

        try:
            library = self.library
            make = library.AsyncClient if self._is_async else library.Client
            client = make(**_set_certificates(library, self._network))
        except Exception as error:
            kind = "SSL_CERT_" if isinstance(error, OSError) else "_PROXY"
            names = [name for name in os.environ if kind in name.upper()]
            extra = "http2" if "http2" in str(error) else "socks"
            hint = f"; it needs {self.library.__name__}[{extra}]"
            # Without the text of the error, which may quote a password.
            subject = "a client's option" if self._network else "the environment"
            checked = ", ".join(self._network or names) or "the proxies"
            lacks = hint if isinstance(error, ImportError) else ""
            raise ConfigurationError(
                f"{subject} is wrong: check {checked}{lacks}"
            ) from None
        # Copies of a client share no cookies.
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        return client


def _set_certificates(library: Any, network: dict[str, Any]) -> dict[str, Any]:
    """The options of the library's clients."""
    options: dict[str, Any] = {"verify": True, **network}
    verify, certificate = options["verify"], options.pop("client_cert", None)
    if isinstance(verify, str):
        import ssl

        folder = verify if os.path.isdir(verify) else None
        file = None if folder else verify
        verify = ssl.create_default_context(cafile=file, capath=folder)
    if certificate:
        if isinstance(verify, bool):
            verify = library.create_ssl_context(verify=verify)
        files: Any = (certificate,) if isinstance(certificate, str) else certificate
        verify.load_cert_chain(*files)
    return {**options, "verify": verify}


class Limit(float):
    """Seconds for one operation; all of them end at `end`, those of a streamed body at `body_end`."""

    end: float
    body_end = float("inf")


def make_timeouts(timeout: Any) -> dict[str, float | None]:
    """The library's extension `timeout`, for a request that begins now: its own timeouts begin again with each piece."""
    if timeout.__class__ is not float and hasattr(timeout, "as_dict"):
        timeouts: dict[str, float | None] = timeout.as_dict()
        return timeouts
    limit = Limit(timeout)
    limit.end = time.monotonic() + timeout
    return {"connect": timeout, "pool": timeout, "read": limit, "write": limit}


def lift_limit(response: Any) -> None:
    """Let the body take any time: only each piece of it is limited."""
    limit = response.request.extensions["timeout"]["read"]
    if isinstance(limit, Limit):
        limit.end = limit.body_end


def _limit_reads(event: str, info: Mapping[str, Any], write: Any = None) -> None:
    """The library's extension `trace`: makes new connections respect `Limit`."""
    if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
        stream = info["return_value"]
        with suppress(AttributeError):  # a stream of the caller's may be read-only
            stream.read = partial(_operate, stream.read)
            stream.write = partial(write or _write, stream.write)


async def _alimit_reads(event: str, info: Mapping[str, Any]) -> None:
    _limit_reads(event, info, _operate)


def _operate(method: Any, data: Any, timeout: Any = None) -> Any:
    if isinstance(timeout, Limit):
        timeout = min(timeout, timeout.end - time.monotonic())
        if timeout <= 0:
            raise builtins.TimeoutError("timed out")
    return method(data, timeout)


def _write(method: Any, data: Any, timeout: Any = None) -> None:
    """In pieces: the library's timeout begins again with each that a slow reader takes."""
    for start in range(0, len(data), 65536):
        _operate(method, data[start : start + 65536], timeout)


class ErrorTranslator:
    """A context manager that raises the library's exceptions as those of this package; `url` is the base URL."""

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

        def is_any(names: str) -> bool:
            return isinstance(cause, tuple(getattr(library, n) for n in names.split()))

        is_late = isinstance(cause, builtins.TimeoutError)  # see _operate
        if not (is_late or is_any(_ERRORS)):
            return
        unsent = is_any(_UNSENT)
        # The text of this one may quote a header; a header or a whole URL may have credentials.
        has_header = isinstance(cause, library.LocalProtocolError)
        reason = "" if has_header or "://" in str(cause) else str(cause)
        error: type[APIError] = TransportError
        if unsent:
            error = ConnectError
        elif is_late or isinstance(cause, library.TimeoutException):
            error, reason = TimeoutError, reason or "timed out"
        problem = "cannot connect to" if unsent else "no complete response from"
        reason = f"for {request}: {reason or type(cause).__name__}"
        own: Any = cause
        if hasattr(own, "_request"):
            own.request = (
                None  # it has credentials, and causes are pickled by some programs
            )
        raise error.of(f"{problem} {self.url} {reason}", request=request) from (
            None if has_header else cause
        )
