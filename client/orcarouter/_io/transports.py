"""Transports for httpx: connections that belong to one process and event loop, to checked addresses.

Each is a router to transports of the HTTP library: one for each proxy, process and event loop. After
a fork, or on another event loop, new connections are made, because the two sides of a fork would
read each other's responses.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from attrs import field, frozen

from orcarouter._io.addresses import check_addresses
from orcarouter._io.proxies import Proxies, Proxy
from orcarouter.errors import APIConnectionError, ConfigurationError

__all__ = [
    "AsyncBorrowedTransport",
    "AsyncTransport",
    "BorrowedTransport",
    "Connector",
    "ProxyUnreachableError",
    "Transport",
    "time_limit",
]

_MAX_ATTEMPT = 5.0  # seconds for one address of a host that has further ones
_PIECE = 65536  # bytes

_deadline: ContextVar[float] = ContextVar("_deadline", default=float("inf"))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End every read and write of a `Transport` in this context at a deadline.

    httpx limits the time of each read alone: a server that sends a byte now and then could hold a
    request indefinitely.
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


class ProxyUnreachableError(ConfigurationError):
    """The proxy cannot be reached, or cannot reach the host. Nothing was sent; it may be temporary."""


@frozen
class Connector:
    """What all connections have in common."""

    library: Any
    """httpx or httpx2."""
    proxies: Proxies
    ssl_context: ssl.SSLContext = field(repr=False)
    ca_source: str
    """The setting that names the trusted certificates."""
    allow_private: bool
    """Whether to connect to addresses that are not public."""

    def find_proxy(self, url: Any) -> Proxy | None:
        """The proxy for a request."""
        return self.proxies.find(url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme))

    def make_transport(self, class_name: str, proxy: Proxy | None, stream_class: type[Any]) -> Any:
        """A transport of the HTTP library, with a network backend that resolves and checks hosts."""
        url = None if proxy is None else proxy.url
        transport = getattr(self.library, class_name)(verify=self.ssl_context, proxy=url)
        pool = transport._pool
        # httpx has no public option for what httpcore calls its network backend.
        backend = stream_class(self, proxy, pool._network_backend, sys.modules[_core_of(pool)])
        pool._network_backend = backend
        return transport

    def explain(self, error: Exception, host: str, proxy: Proxy | None) -> None:
        """Raise an exception of this package for what is wrong with the settings; else return."""
        for cause in _iterate_causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise APIConnectionError(
                    f"the certificate of {host} is not trusted: {cause.verify_message or cause}; "
                    f"the trusted ones are {self.ca_source}. Nothing was sent"
                ) from error
        if proxy is None or not isinstance(error, self.library.ProxyError):
            return
        # Raised while the connection is made: the request itself has not been sent.
        reason = str(error)
        error_class = ProxyUnreachableError if reason[:1] == "5" else ConfigurationError
        raise error_class(
            f"{proxy} refuses to connect to {host}: {reason}. Nothing was sent"
        ) from error

    def check_response(self, status_code: int, proxy: Proxy | None) -> None:
        """Raise ConfigurationError if a response is that of a proxy that wants a password."""
        if status_code == 407 and proxy is not None:
            raise ConfigurationError(f"{proxy} requires other credentials (HTTP 407)")


_DEFAULT_PORTS = {"http": 80, "https": 443}


def _core_of(pool: Any) -> str:
    return type(pool).__module__.partition(".")[0]


def _iterate_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class Transport:
    """The blocking transport."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._transports: dict[tuple[int, Proxy | None], Any] = {}

    def handle_request(self, request: Any) -> Any:
        """Send a request, through a proxy if the settings have one for it."""
        connector, host = self._connector, request.url.host
        proxy = connector.find_proxy(request.url)
        if proxy is not None and not connector.allow_private:
            _check_host(host)
        transport = self._find_transport(proxy)
        try:
            response = transport.handle_request(request)
        except Exception as error:
            connector.explain(error, host, proxy)
            raise
        connector.check_response(response.status_code, proxy)
        return response

    def close(self) -> None:
        """Close the connections of this process."""
        for (process, _), transport in list(self._transports.items()):
            if process == os.getpid():
                transport.close()

    def _find_transport(self, proxy: Proxy | None) -> Any:
        # Without a lock, which another thread could hold at the time of a fork. The transports of
        # the parent process are kept: the collection of one would report its connections as open.
        key = (os.getpid(), proxy)
        if key not in self._transports:
            new = self._connector.make_transport("HTTPTransport", proxy, _Backend)
            self._transports.setdefault(key, new)
        return self._transports[key]


class AsyncTransport:
    """The transport for asyncio."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._loops: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[tuple[int, Proxy | None], Any]
        ] = WeakKeyDictionary()

    async def handle_async_request(self, request: Any) -> Any:
        """See `Transport.handle_request`."""
        connector, host = self._connector, request.url.host
        proxy = connector.find_proxy(request.url)
        if proxy is not None and not connector.allow_private:
            await asyncio.to_thread(_check_host, host)
        transport = self._find_transport(proxy)
        try:
            response = await transport.handle_async_request(request)
        except Exception as error:
            connector.explain(error, host, proxy)
            raise
        connector.check_response(response.status_code, proxy)
        return response

    async def aclose(self) -> None:
        """Close the connections of this process and event loop."""
        transports = self._loops.get(asyncio.get_running_loop(), {})
        for (process, _), transport in list(transports.items()):
            if process == os.getpid():
                await transport.aclose()

    def _find_transport(self, proxy: Proxy | None) -> Any:
        transports = self._loops.setdefault(asyncio.get_running_loop(), {})
        key = (os.getpid(), proxy)
        if key not in transports:
            transports[key] = self._connector.make_transport(
                "AsyncHTTPTransport", proxy, _AsyncBackend
            )
        return transports[key]


class BorrowedTransport:
    """The transports of an HTTP client of the caller's, without its headers, cookies and credentials."""

    def __init__(self, http_client: Any, *, allow_private: bool) -> None:
        self._http_client, self._allow_private = http_client, allow_private

    def handle_request(self, request: Any) -> Any:
        """Send a request with the transport that the client has for its URL."""
        if not self._allow_private:
            _check_host(request.url.host)
        return self._http_client._transport_for_url(request.url).handle_request(request)

    def close(self) -> None:
        """Do nothing: the caller closes the client."""


class AsyncBorrowedTransport(BorrowedTransport):
    """The same for asyncio."""

    async def handle_async_request(self, request: Any) -> Any:
        """See `BorrowedTransport.handle_request`."""
        if not self._allow_private:
            await asyncio.to_thread(_check_host, request.url.host)
        transport = self._http_client._transport_for_url(request.url)
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Do nothing: the caller closes the client."""


def _check_host(host: str) -> None:
    """Raise PrivateAddressError if a host has an address that is not public.

    For connections that are made elsewhere. A name that this machine cannot resolve is not refused:
    the connection will fail, or a proxy resolves it.
    """
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    check_addresses(host, [str(address[0]) for *_, address in infos])


@frozen
class _BaseBackend:
    """A network backend of httpcore that resolves a name once, and connects to what it has checked."""

    connector: Connector
    proxy: Proxy | None
    backend: Any
    core: Any
    """httpcore or httpcore2."""

    def check(self, host: str, infos: list[Any]) -> list[str]:
        """The addresses of a host, in the order of the resolver."""
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in infos))
        if self.proxy is None and not self.connector.allow_private:
            check_addresses(host, addresses)
        return addresses

    def fail(self, error: Exception) -> NoReturn:
        """Raise the error of a connection that cannot be made."""
        if self.proxy is not None:
            raise ProxyUnreachableError(f"{self.proxy} cannot be reached: {error}") from error
        if isinstance(error, OSError):  # of the resolver
            raise self.core.ConnectError(str(error)) from error
        raise error


class _Backend(_BaseBackend):
    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: Any
    ) -> Any:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = self.check(host, infos)
            connect = self.backend.connect_tcp
            for address, seconds in _plan_attempts(addresses, timeout):
                try:
                    stream = connect(address, port, timeout=self.limit(seconds), **options)
                    return _Stream(stream, self.limit)
                except (self.core.ConnectError, self.core.ConnectTimeout) as error:
                    last: Exception = error
            raise last
        except (OSError, self.core.ConnectError, self.core.ConnectTimeout) as error:
            self.fail(error)

    def limit(self, timeout: float | None) -> float | None:
        """A timeout that ends at the deadline of this context. Raises ReadTimeout after it."""
        remaining = _deadline.get() - time.monotonic()
        if remaining <= 0:
            raise self.core.ReadTimeout("the time limit of the request has passed")
        if remaining == float("inf"):
            return timeout
        return remaining if timeout is None else min(timeout, remaining)


@frozen
class _Stream:
    """A connection whose operations end at the deadline of the request."""

    stream: Any
    limit: Callable[[float | None], float | None]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        content: bytes = self.stream.read(max_bytes, self.limit(timeout))
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self.stream.write(buffer[start : start + _PIECE], self.limit(timeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _Stream:
        stream = self.stream.start_tls(ssl_context, server_hostname, self.limit(timeout))
        return _Stream(stream, self.limit)

    def close(self) -> None:
        self.stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class _AsyncBackend(_BaseBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        **options: Any,
    ) -> Any:
        loop = asyncio.get_running_loop()
        try:
            infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = self.check(host, infos)
            for address, seconds in _plan_attempts(addresses, timeout):
                try:
                    return await self.backend.connect_tcp(address, port, timeout=seconds, **options)
                except (self.core.ConnectError, self.core.ConnectTimeout) as error:
                    last: Exception = error
            raise last
        except (OSError, self.core.ConnectError, self.core.ConnectTimeout) as error:
            self.fail(error)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _plan_attempts(
    addresses: list[str], timeout: float | None
) -> Iterator[tuple[str, float | None]]:
    """Each address with the seconds for it, so that one that does not respond does not use all up."""
    end = None if timeout is None else time.monotonic() + timeout
    for number, address in enumerate(addresses, 1):
        seconds = None if end is None else max(0.001, end - time.monotonic())
        if number < len(addresses):
            seconds = _MAX_ATTEMPT if seconds is None else min(seconds, _MAX_ATTEMPT)
        yield address, seconds
