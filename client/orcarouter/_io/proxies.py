"""Which proxy a request goes through: the option `proxy`, else the variables of the environment."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies

from attrs import field, frozen

from orcarouter._http.redaction import redact
from orcarouter.errors import ConfigurationError

__all__ = ["PROXY_VARIABLE", "Proxies", "Proxy"]

PROXY_VARIABLE = "ORCAROUTER_PROXY"

_SCHEMES = ("http", "https", "socks5", "socks5h")
_DOMAIN = re.compile(r"(?:\*?\.)?([^\s/:@*\[\]]+)(?::(\d+))?")


@frozen
class Proxy:
    """A proxy. Messages show its host, its port and where the setting comes from; not its password."""

    url: str = field(repr=False)
    host: str
    port: int
    source: str
    """The option or the variable that names it."""

    def __str__(self) -> str:
        return f"the proxy {self.host}:{self.port} ({self.source})"

    @classmethod
    def parse(cls, text: str, source: str) -> Proxy:
        """Parse a proxy's URL; `http` is the default scheme.

        Raises ConfigurationError.
        """
        url = text if "://" in text else f"http://{text}"
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 1080)
            valid = parts.scheme in _SCHEMES and url.isprintable() and " " not in url
        except ValueError:
            valid = False
        if not valid or not parts.hostname or parts.path not in ("", "/") or parts.query:
            visible = redact(text.rpartition("@")[2])
            raise ConfigurationError(
                f"{source} is not the URL of a proxy ({', '.join(_SCHEMES)}): {visible!r}"
            )
        if parts.scheme.startswith("socks") and find_spec("socksio") is None:
            raise ConfigurationError(
                f"{source}: a SOCKS proxy needs another package: pip install 'httpx[socks]'"
            )
        return cls(url, parts.hostname, port, source)


class Proxies:
    """The proxies for all URLs. Raises ConfigurationError, naming the variable, if one is invalid."""

    def __init__(self, proxy: str | None, environment: Mapping[str, str] = os.environ) -> None:
        """`proxy` is the option: None for the environment, empty for no proxy at all."""
        source = "the option proxy"
        if proxy is None:
            source, proxy = PROXY_VARIABLE, environment.get(PROXY_VARIABLE)
        self._by_scheme: dict[str, Proxy] = {}
        self._rules: list[_Rule] = []
        if proxy is not None:
            if proxy:
                self._by_scheme["all"] = Proxy.parse(proxy, source)
            return
        settings = getproxies()  # of the environment, else of the operating system
        for scheme in ("http", "https", "all"):
            if text := settings.get(scheme):
                source = _find_variable(f"{scheme}_proxy", text, environment)
                self._by_scheme[scheme] = Proxy.parse(text, source)
        if text := settings.get("no"):
            source = _find_variable("no_proxy", text, environment)
            self._rules = [
                _Rule.parse(entry, source) for entry in re.split(r"[\s,]+", text) if entry
            ]

    def find(self, scheme: str, host: str, port: int | None) -> Proxy | None:
        """The proxy for a URL; None for a direct connection."""
        if any(rule.matches(host, port) for rule in self._rules):
            return None
        return self._by_scheme.get(scheme, self._by_scheme.get("all"))


@frozen
class _Rule:
    """An entry of NO_PROXY: a host or domain, with or without a port, or a network; `*` for all."""

    domain: str = ""
    port: int | None = None
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None

    @classmethod
    def parse(cls, entry: str, source: str) -> _Rule:
        if entry == "*":
            return cls()
        name = entry.partition("://")[2] or entry
        try:
            address = re.sub(r"^\[(.*)\](:\d+)?$", r"\1", name)
            return cls(network=ipaddress.ip_network(address, strict=False))
        except ValueError:
            match = _DOMAIN.fullmatch(name)
        if match is None:
            visible = redact(entry.rpartition("@")[2])
            raise ConfigurationError(
                f"{source}: {visible!r} is not a host, a domain, or a network such as 10.0.0.0/8"
            )
        return cls(match[1].lower(), int(match[2]) if match[2] else None)

    def matches(self, host: str, port: int | None) -> bool:
        if self.network is not None:
            try:
                return ipaddress.ip_address(host) in self.network
            except ValueError:
                return False
        if self.port not in (None, port):
            return False
        return not self.domain or f".{host.lower()}".endswith(f".{self.domain}")


def _find_variable(name: str, value: str, environment: Mapping[str, str]) -> str:
    names = (name, name.upper())
    matches = (each for each in names if environment.get(each) == value)
    return next(matches, "the proxy setting of the operating system")
