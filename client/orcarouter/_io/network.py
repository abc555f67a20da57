"""The network options of a client, which hold for the API and for the hosts of files alike."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, TypeAlias

from orcarouter._http.urls import is_loopback
from orcarouter._io.addresses import ALLOW_PRIVATE_VARIABLE
from orcarouter._io.proxies import Proxies
from orcarouter._io.transports import (
    AsyncBorrowedTransport,
    AsyncTransport,
    BorrowedTransport,
    Connector,
    Transport,
)
from orcarouter.errors import ConfigurationError
from orcarouter_api._runtime.http import load_library

__all__ = ["ClientCert", "Network"]

CA_BUNDLE_VARIABLE = "ORCAROUTER_CA_BUNDLE"
CLIENT_CERT_VARIABLE = "ORCAROUTER_CLIENT_CERT"

ClientCert: TypeAlias = str | Path | tuple[str | Path, ...]
"""A PEM file with a certificate and its key; or two files, and a password if the key has one."""

_BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class Network:
    """Makes the HTTP clients for the API and for files, from one set of options."""

    def __init__(
        self,
        *,
        http_client: Any = None,
        proxy: str | None = None,
        ca_bundle: str | Path | None = None,
        client_cert: ClientCert | None = None,
        allow_private: bool | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """The options are those of `ClientOptions`. Raises ConfigurationError."""
        self._allow_private = allow_private
        if allow_private is None and (text := environment.get(ALLOW_PRIVATE_VARIABLE)):
            if text.lower() not in _BOOLEANS:
                raise ConfigurationError(f"{ALLOW_PRIVATE_VARIABLE} must be 1 or 0, not {text!r}")
            self._allow_private = _BOOLEANS[text.lower()]
        self._http_client = http_client
        self._owner: tuple[int, object] | None = None
        self._library = load_library(http_client)
        if http_client is not None:
            options = {"proxy": proxy, "ca_bundle": ca_bundle, "client_cert": client_cert}
            if contradictions := [name for name, value in options.items() if value is not None]:
                raise ConfigurationError(
                    f"{contradictions[0]} is a matter of the http_client: set it there"
                )
            return
        self._proxies = Proxies(proxy, environment)
        self._ssl_context, self._ca_source = _make_ssl_context(
            self._library, ca_bundle, client_cert, environment
        )

    @property
    def has_own_connections(self) -> bool:
        """Whether the connections are not those of an HTTP client of the caller's."""
        return self._http_client is None

    def make_api_client(self, *, is_async: bool) -> Any:
        """The HTTP client for the API: the caller's, or one of this client's."""
        return self._http_client or self._make_client(
            self._make_transport(is_async, True), is_async
        )

    def make_file_client(self, base_url: str, *, is_async: bool) -> Any:
        """A client for files, which are on hosts of others: it never had the API key.

        `base_url` is that of the API: if it is on this machine, so may be the files.
        """
        allow_private = self._allow_private
        if allow_private is None:
            allow_private = is_loopback(base_url)
        if self._http_client is None:
            return self._make_client(self._make_transport(is_async, allow_private), is_async)
        borrowed = AsyncBorrowedTransport if is_async else BorrowedTransport
        return self._make_client(borrowed(self._http_client, allow_private=allow_private), is_async)

    def check_owner(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Raise ConfigurationError if the caller's HTTP client is used after a fork, or on another loop.

        Its connections are out of reach here: two processes would read each other's responses.
        """
        if self._http_client is None:
            return
        owner = (os.getpid(), loop)
        if self._owner is None:
            self._owner = owner
        elif self._owner[0] != owner[0]:
            raise ConfigurationError(
                "the http_client has connections of the process that was forked: make a new client"
            )
        elif self._owner[1] is not loop:
            raise ConfigurationError(
                "the http_client has connections of another event loop: make a new client"
            )

    def _make_transport(self, is_async: bool, allow_private: bool) -> Any:
        connector = Connector(
            self._library, self._proxies, self._ssl_context, self._ca_source, allow_private
        )
        return AsyncTransport(connector) if is_async else Transport(connector)

    def _make_client(self, transport: Any, is_async: bool) -> Any:
        make = self._library.AsyncClient if is_async else self._library.Client
        client = make(transport=transport, trust_env=False)
        # No cookies are stored: one client serves all hosts, and domains and ports can share them.
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        return client


def _make_ssl_context(
    library: Any,
    ca_bundle: str | Path | None,
    client_cert: ClientCert | None,
    environment: Mapping[str, str],
) -> tuple[ssl.SSLContext, str]:
    """The TLS settings, and what names the trusted certificates."""
    source, path = "the option ca_bundle", ca_bundle
    if path is None:
        names = (CA_BUNDLE_VARIABLE, "SSL_CERT_FILE", "SSL_CERT_DIR")
        source = next((name for name in names if environment.get(name)), "")
        path = environment[source] if source else None
    if path is None:
        source = f"those of {library.__name__} (others: {CA_BUNDLE_VARIABLE})"
        context: ssl.SSLContext = library.create_ssl_context(trust_env=False)
    else:
        context = _load_ca_bundle(Path(path), source)
        source = f"those of {path} ({source})"
    cert_source = "the option client_cert"
    if client_cert is None:
        cert_source, client_cert = CLIENT_CERT_VARIABLE, environment.get(CLIENT_CERT_VARIABLE)
    if client_cert:
        parts = client_cert if isinstance(client_cert, tuple) else (client_cert,)
        files, password = [str(part) for part in parts[:2]], "".join(map(str, parts[2:]))
        try:
            # With no password at all, that of an encrypted key would be asked for on the terminal.
            context.load_cert_chain(files[0], files[1] if files[1:] else None, password)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{cert_source}: no certificate with its key can be read from "
                f"{', '.join(files)}: {_reason(error)}"
            ) from error
    return context, source


def _load_ca_bundle(path: Path, source: str) -> ssl.SSLContext:
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        if source == "SSL_CERT_DIR":
            raise NotADirectoryError(20, "it is not a folder")
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{source}: no certificates can be read from {path}: {_reason(error)}"
        ) from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
