"""Which proxy a request goes through: that of an option, else those of the environment."""

from __future__ import annotations

import ipaddress
import os
import re
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies

from attrs import field, frozen

from .errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_DOMAIN = re.compile(r"(?:\*?\.)?([^\s/:@*\[\]]+)(?::(\d+))?")


@frozen
class Proxy:
    """A proxy. Messages show its host, its port and the option or variable that names it; not its password."""

    url: str = field(repr=False)
    host: str
    port: int
    source: str

    def __str__(self) -> str:
        return f"the proxy {self.host}:{self.port} ({self.source})"

    @classmethod
    def parse(cls, text: str, source: str) -> Proxy:
        """Parse a proxy's URL; `http` is the default scheme. Raises ConfigurationError."""
        url = text if "://" in text else f"http://{text}"
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 1080)
            valid = parts.scheme in _SCHEMES and url.isprintable() and " " not in url
            host = parts.hostname or ""
            valid = valid and bool(host) and parts.path in ("", "/") and not parts.query
        except ValueError:
            valid, host, port = False, "", 0
        if not valid:
            schemes = ", ".join(_SCHEMES)
            raise ConfigurationError(
                f"{source} is not the URL of a proxy ({schemes}): {_show(text)!r}"
            )
        if url.startswith("socks") and find_spec("socksio") is None:
            raise ConfigurationError(
                f"{source}: a SOCKS proxy needs another package: pip install 'httpx[socks]'"
            )
        return cls(url, host, port, source)


class Proxies:
    """The proxies for all URLs. Raises ConfigurationError, naming the variable, if one is invalid."""

    def __init__(self, proxy: str | None, source: str = "the option proxy") -> None:
        """`proxy` is None for those of the environment, else of the operating system; empty for none at all."""
        self._by_scheme: dict[str, Proxy] = {}
        self._rules: list[_Rule] = []
        if proxy is not None:
            if proxy:
                self._by_scheme["all"] = Proxy.parse(proxy, source)
            return
        settings = getproxies()
        for scheme in ("http", "https", "all"):
            if text := settings.get(scheme):
                source = _find_variable(f"{scheme}_proxy", text)
                self._by_scheme[scheme] = Proxy.parse(text, source)
        if text := settings.get("no"):
            source = _find_variable("no_proxy", text)
            entries = filter(None, re.split(r"[\s,]+", text))
            self._rules = [_Rule.parse(entry, source) for entry in entries]

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
            raise ConfigurationError(
                f"{source}: {_show(entry)!r} is not a host, a domain, or a network such as 10.0.0.0/8"
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


def _show(text: str) -> str:
    """A setting without user, password and query."""
    return text.rpartition("@")[2].partition("?")[0]


def _find_variable(name: str, value: str) -> str:
    names = (n for n in (name, name.upper()) if os.environ.get(n) == value)
    return next(names, "the proxy setting of the operating system")
