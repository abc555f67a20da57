"""Connections that tell which setting is wrong, and that reach no private address unless it is allowed.

    APIError
    ├── ConfigurationError
    │   └── ProxyError                  a proxy refuses to connect
    ├── ConnectError
    │   ├── ProxyUnreachableError       a proxy cannot be reached, or cannot reach the host: may be temporary
    │   └── CertificateError            the certificate of a server is not trusted
    └── PrivateAddressError             see `addresses`

After each of them nothing was sent.
"""

from __future__ import annotations

import socket
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any, NoReturn, Self

from attrs import evolve, field, frozen

from .addresses import check_addresses, check_host
from .certificates import make_ssl_context
from .errors import APIError, ConfigurationError, ConnectError
from .http import Connections, Limit
from .proxies import Proxies, Proxy

_LONGEST_ATTEMPT = 5.0  # seconds for one address of a host that has further ones
_PORTS = {"http": 80, "https": 443}


class ProxyError(ConfigurationError):
    """A proxy refuses to connect, or wants other credentials. Nothing was sent."""


class ProxyUnreachableError(ConnectError):
    """A proxy cannot be reached, or cannot reach the host. Nothing was sent; it may be temporary."""


class CertificateError(ConnectError):
    """The certificate of a server is not trusted. Nothing was sent, and sending again does not help."""


@frozen
class Connector:
    """What all connections of a client have in common."""

    library: Any
    proxies: Proxies
    ssl_context: ssl.SSLContext = field(repr=False)
    ca_source: str  # what names the trusted certificates
    private_option: str  # what allows addresses that are not public
    http2: bool
    allow_private: bool = True

    def find_proxy(self, url: Any) -> Proxy | None:
        """The proxy for a request."""
        port = url.port or _PORTS.get(url.scheme)
        return self.proxies.find(url.scheme, url.host, port)

    def check_host(self, host: str) -> None:
        """Raise PrivateAddressError, for a host that a proxy connects to."""
        if not self.allow_private:
            check_host(host, self.private_option)

    def make_transport(self, proxy: Proxy | None, is_async: bool) -> Any:
        """A transport of the HTTP library, with a network backend that resolves and checks hosts."""
        library = self.library
        make = library.AsyncHTTPTransport if is_async else library.HTTPTransport
        url = None if proxy is None else proxy.url
        transport = make(verify=self.ssl_context, proxy=url, http2=self.http2)
        # The library has no public option for what its core calls the network backend.
        pool = transport._pool
        core = sys.modules[type(pool).__module__.partition(".")[0]]
        backend = _AsyncBackend if is_async else _Backend
        pool._network_backend = backend(self, proxy, pool._network_backend, core)
        return transport

    def explain(self, error: Exception, request: Any, proxy: Proxy | None) -> NoReturn:
        """Raise an exception, or one that says what is wrong with the settings."""
        host, line = request.url.host, f"{request.method} {request.url.path}"
        for cause in _iterate_causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise CertificateError.of(
                    f"the certificate of {host} is not trusted: {cause.verify_message or cause}; the trusted ones are "
                    f"{self.ca_source}. Nothing was sent",
                    request=line,
                ) from None
        if proxy is None or not isinstance(error, self.library.ProxyError):
            if isinstance(error, APIError):
                error.request = line
            raise error
        # Raised while the connection is made: the request itself has not been sent.
        reason = str(error)
        kind = ProxyUnreachableError if reason[:1] == "5" else ProxyError
        raise kind.of(
            f"{proxy} refuses to connect to {host}: {reason}. Nothing was sent",
            request=line,
        ) from error


def _iterate_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class _Transport:
    """A transport of the HTTP library's kind, which has one of the library's own for each proxy."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._transports: dict[Proxy | None, Any] = {}

    def handle_request(self, request: Any) -> Any:
        """Send a request, through a proxy if the settings have one for it."""
        connector = self._connector
        proxy = connector.find_proxy(request.url)
        if proxy is not None:
            connector.check_host(request.url.host)
        try:
            response = self._find(proxy, is_async=False).handle_request(request)
        except Exception as error:
            connector.explain(error, request, proxy)
        if response.status_code == 407 and proxy is not None:
            response.close()
            raise _make_password_error(proxy)
        return response

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            transport.close()

    def _find(self, proxy: Proxy | None, *, is_async: bool) -> Any:
        # Without a lock, which another thread could hold at the time of a fork.
        if proxy not in self._transports:
            made = self._connector.make_transport(proxy, is_async)
            self._transports.setdefault(proxy, made)
        return self._transports[proxy]


class _AsyncTransport(_Transport):
    """The same for asyncio."""

    async def handle_async_request(self, request: Any) -> Any:
        """See `_Transport.handle_request`."""
        connector = self._connector
        proxy = connector.find_proxy(request.url)
        if proxy is not None:
            await _to_thread(connector.check_host, request.url.host)
        try:
            response = await self._find(proxy, is_async=True).handle_async_request(
                request
            )
        except Exception as error:
            connector.explain(error, request, proxy)
        if response.status_code == 407 and proxy is not None:
            await response.aclose()
            raise _make_password_error(proxy)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            await transport.aclose()


def _make_password_error(proxy: Proxy) -> ProxyError:
    return ProxyError(f"{proxy} requires other credentials (HTTP 407)")


class _BorrowedTransport:
    """The transports of a client of the caller's, without its headers, cookies and credentials."""

    def __init__(
        self, lender: Connections, allow_private: bool, private_option: str
    ) -> None:
        self._lender, self._allow_private = lender, allow_private
        self._private_option = private_option

    def _check(self, host: str) -> None:
        if not self._allow_private:
            check_host(host, self._private_option)

    def handle_request(self, request: Any) -> Any:
        """Send a request with the transport that the client has for its URL."""
        self._check(request.url.host)
        http_client = self._lender.get()
        return http_client._transport_for_url(request.url).handle_request(request)

    def close(self) -> None:
        """Do nothing: the caller closes the client."""


class _AsyncBorrowedTransport(_BorrowedTransport):
    """The same for asyncio."""

    async def handle_async_request(self, request: Any) -> Any:
        """See `_BorrowedTransport.handle_request`."""
        await _to_thread(self._check, request.url.host)
        transport = self._lender.get()._transport_for_url(request.url)
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Do nothing: the caller closes the client."""


async def _to_thread(function: Any, host: str) -> None:
    import asyncio

    await asyncio.to_thread(function, host)


class WholeTimeout:
    """The library's kind of `Timeout`, for a stream: seconds for all headers and for each piece of the body, and for
    everything together, from now on."""

    def __init__(self, seconds: float, total: float) -> None:
        self._seconds, self._end = min(seconds, total), time.monotonic() + total

    def as_dict(self) -> dict[str, float | None]:
        """See `http.Timeouts`."""
        seconds = self._seconds
        limit = Limit(seconds)
        limit.end, limit.body_end = time.monotonic() + seconds, self._end
        return {"connect": seconds, "pool": seconds, "read": limit, "write": limit}


class CheckedConnections(Connections):
    """`Connections` with the errors above. The options are those of the clients; `sources` has where each was found, as
    messages name it.

    Raises ConfigurationError, naming the option or the variable that is wrong.
    """

    def __init__(
        self,
        is_async: bool,
        http_client: Any,
        network: dict[str, Any],
        sources: Mapping[str, str] | None = None,
    ) -> None:
        self._sources = {
            "allow_private": "The option allow_private=True",
            **{n: f"the option {n}" for n in ("proxy", "verify", "client_cert")},
            **(sources or {}),
        }
        self._connector: Connector | None = None
        self._lender: CheckedConnections | None = None
        self._allow_private = True
        self._for_files: dict[bool, Self] = {}
        super().__init__(is_async, http_client, network)

    def for_files(self, allow_private: bool) -> Self:
        """Others with the same settings, for hosts that get no headers, cookies and credentials of the client.

        A client of the caller's lends its transports.
        """
        if allow_private not in self._for_files:
            other = object.__new__(type(self))
            vars(other).update(vars(self))
            other.http_client, other._lender = None, self
            other._clients, other._for_files = {}, {}
            other._allow_private = allow_private
            self._for_files.setdefault(allow_private, other)
        return self._for_files[allow_private]

    def find_open(self) -> list[Any]:
        """The library's clients of this process and event loop, those for files included."""
        all_: list[Connections] = [self, *self._for_files.values()]
        return [http for c in all_ if (http := c.find()) is not None]

    def _open(self) -> Any:
        from http.cookiejar import DefaultCookiePolicy

        transport: Any
        lender = self._lender
        if lender is not None and lender.http_client is not None:
            borrow = _AsyncBorrowedTransport if self._is_async else _BorrowedTransport
            option = self._sources["allow_private"]
            transport = borrow(lender, self._allow_private, option)
        else:
            connector = self._connector = self._connector or self._make_connector()
            make = _AsyncTransport if self._is_async else _Transport
            transport = make(evolve(connector, allow_private=self._allow_private))
        library = self.library
        make_client = library.AsyncClient if self._is_async else library.Client
        client = make_client(transport=transport, trust_env=False)
        # No cookies are stored: one client serves all hosts, and domains and ports can share them.
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        return client

    def _make_connector(self) -> Connector:
        network, sources = self._network, self._sources
        http2 = bool(network.get("http2"))
        if http2 and find_spec("h2") is None:
            raise ConfigurationError(
                f"the option http2 needs {self.library.__name__}[http2]"
            )
        proxies = Proxies(network.get("proxy"), sources["proxy"])
        context, ca_source = make_ssl_context(self.library, network, sources)
        option = sources["allow_private"]
        return Connector(self.library, proxies, context, ca_source, option, http2)


@frozen
class _BaseBackend:
    """A network backend that resolves a name once, and connects to what it has checked. `core` is the library's core."""

    connector: Connector
    proxy: Proxy | None
    backend: Any
    core: Any

    def check(self, host: str, infos: list[Any]) -> list[str]:
        """The addresses of a host, in the order of the resolver."""
        addresses = [*dict.fromkeys(str(address[0]) for *_, address in infos)]
        if self.proxy is None and not self.connector.allow_private:
            check_addresses(host, addresses, self.connector.private_option)
        return addresses

    def fail(self, error: Exception) -> NoReturn:
        """Raise the error of a connection that cannot be made."""
        if self.proxy is not None:
            raise ProxyUnreachableError(
                f"{self.proxy} cannot be reached: {error}"
            ) from error
        if isinstance(error, OSError):  # of the resolver
            raise self.core.ConnectError(str(error)) from error
        raise error


class _Backend(_BaseBackend):
    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: Any
    ) -> Any:
        core = self.core
        last: Exception = OSError(f"{host} has no address")
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            for address, seconds in _plan_attempts(self.check(host, infos), timeout):
                try:
                    return self.backend.connect_tcp(
                        address, port, timeout=seconds, **options
                    )
                except (core.ConnectError, core.ConnectTimeout) as error:
                    last = error
        except OSError as error:
            last = error
        return self.fail(last)


class _AsyncBackend(_BaseBackend):
    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: Any
    ) -> Any:
        import asyncio

        core = self.core
        last: Exception = OSError(f"{host} has no address")
        try:
            loop = asyncio.get_running_loop()
            infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            for address, seconds in _plan_attempts(self.check(host, infos), timeout):
                try:
                    return await self.backend.connect_tcp(
                        address, port, timeout=seconds, **options
                    )
                except (core.ConnectError, core.ConnectTimeout) as error:
                    last = error
        except OSError as error:
            last = error
        return self.fail(last)

    async def sleep(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)


def _plan_attempts(
    addresses: list[str], timeout: float | None
) -> Iterator[tuple[str, float | None]]:
    """Each address with the seconds for it, so that one that does not respond does not use all up."""
    end = None if timeout is None else time.monotonic() + timeout
    for number, address in enumerate(addresses, 1):
        seconds = None if end is None else max(0.001, end - time.monotonic())
        if number < len(addresses):
            seconds = min(seconds or _LONGEST_ATTEMPT, _LONGEST_ATTEMPT)
        yield address, seconds
