"""The network options of a client, and the variables that have them; the engine is that of the generated client."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeAlias
from urllib.parse import urlsplit

from orcarouter._redaction import one_line
from orcarouter.errors import APIConnectionError, ConfigurationError, OrcaRouterError
from orcarouter_api import errors
from orcarouter_api._runtime import transports
from orcarouter_api._runtime.transports import CheckedConnections

__all__ = [
    "ALLOW_PRIVATE_OPTION",
    "ClientCert",
    "ProxyUnreachableError",
    "connect",
    "own_errors",
    "raise_alone",
    "resolve_allow_private",
    "translate_error",
]

PROXY_VARIABLE = "ORCAROUTER_PROXY"
CA_BUNDLE_VARIABLE = "ORCAROUTER_CA_BUNDLE"
CLIENT_CERT_VARIABLE = "ORCAROUTER_CLIENT_CERT"
ALLOW_PRIVATE_VARIABLE = "ORCAROUTER_ALLOW_PRIVATE"
ALLOW_PRIVATE_OPTION = f"The option allow_private=True, or {ALLOW_PRIVATE_VARIABLE}=1,"

ClientCert: TypeAlias = str | Path | tuple[str | Path, ...]
"""A PEM file with a certificate and its key; or two files, and a password if the key has one."""

_BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class ProxyUnreachableError(ConfigurationError):
    """The proxy cannot be reached, or cannot reach the host. Nothing was sent; it may be temporary."""


class _Connections(CheckedConnections):
    """Connections on which no cookies are kept: the service has none."""

    def make_cookies(self) -> None:
        """See `Connections.make_cookies`."""


@contextmanager
def own_errors() -> Iterator[None]:
    """Raise the errors of the generated client as those of this package."""
    try:
        yield
    except errors.APIError as error:
        raise_alone(translate_error(error))


def translate_error(error: Exception) -> OrcaRouterError:
    """The error of this package for one of the generated client about a request."""
    if isinstance(error, OrcaRouterError):
        return error
    if isinstance(error, transports.ProxyUnreachableError):
        return ProxyUnreachableError(str(error))
    if isinstance(error, errors.ConfigurationError):
        return ConfigurationError(str(error))
    return APIConnectionError(one_line(str(error)))


def raise_alone(error: OrcaRouterError) -> NoReturn:
    """Raise an error without those that led to it: they may have what is redacted in this one, and the HTTP library's have
    the request with the API key. Some programs pickle them with it, as Dask does.
    """
    try:
        raise error from None
    finally:
        error.__context__ = None


def connect(
    *,
    is_async: bool,
    http_client: Any = None,
    proxy: str | None = None,
    ca_bundle: str | Path | None = None,
    client_cert: ClientCert | None = None,
) -> CheckedConnections:
    """Connections with the options of `ClientOptions`, else with those of the environment.

    Raises ConfigurationError.
    """
    options = {"proxy": proxy, "ca_bundle": ca_bundle, "client_cert": client_cert}
    if http_client is not None:
        if contradictions := [name for name, value in options.items() if value is not None]:
            raise ConfigurationError(
                f"{contradictions[0]} is a matter of the http_client: set it there"
            )
        return _Connections(is_async, http_client, {}, {"allow_private": ALLOW_PRIVATE_OPTION})
    network: dict[str, Any] = {}
    sources = {"allow_private": ALLOW_PRIVATE_OPTION, "verify": CA_BUNDLE_VARIABLE}
    for name, option, variable in (
        ("proxy", "proxy", PROXY_VARIABLE),
        ("verify", "ca_bundle", CA_BUNDLE_VARIABLE),
        ("client_cert", "client_cert", CLIENT_CERT_VARIABLE),
    ):
        value = options[option]
        if value is not None:
            network[name], sources[name] = value, f"the option {option}"
        elif variable in os.environ and (name == "proxy" or os.environ[variable]):
            network[name], sources[name] = os.environ[variable], variable
    with own_errors():
        return _Connections(is_async, None, network, sources)


def resolve_allow_private(option: bool | None, base_url: str | None) -> bool:
    """Whether files may be at addresses that are not public: by default, if the API is on this machine.

    Raises ConfigurationError.
    """
    if option is not None:
        return option
    if not (text := os.environ.get(ALLOW_PRIVATE_VARIABLE)):
        return base_url is not None and _is_loopback(base_url)
    if text.lower() not in _BOOLEANS:
        raise ConfigurationError(f"{ALLOW_PRIVATE_VARIABLE} must be 1 or 0, not {text!r}")
    return _BOOLEANS[text.lower()]


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
