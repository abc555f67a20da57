"""Which addresses are public: a URL of a response must not reach into the caller's own network (SSRF)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from .errors import APIError

_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# Networks in IPv6 that lead to others, or to this site, and that `is_global` takes for public: IPv4-compatible and local
# NAT64 addresses, 6to4, site-local addresses (RFC 4291, 8215, 3056, 3879).
_NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10"))
)
_BENCHMARKING = ipaddress.ip_network("198.18.0.0/15")


class PrivateAddressError(APIError):
    """A host is at an address that is not public; nothing was sent to it."""


def check_addresses(host: str, addresses: Iterable[str], option: str) -> None:
    """Raise PrivateAddressError if an address of a host is not public; `option` is what allows it."""
    for text in addresses:
        ip = ipaddress.ip_address(text.partition("%")[0])  # without the IPv6 zone
        if _is_public(ip):
            continue
        why = f"{host} is at {ip}, which is not a public address"
        if ip in _BENCHMARKING:
            why += "; some VPNs and proxies give every host an address in 198.18.0.0/15"
        raise PrivateAddressError(f"{why}. {option} allows it")


def check_host(host: str, option: str) -> None:
    """`check_addresses` for a connection that is made elsewhere: by a proxy, or by a client of the caller's.

    A name that this machine cannot resolve is not refused: the connection will fail, or a proxy resolves it.
    """
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    check_addresses(host, [str(address[0]) for *_, address in infos], option)


def is_private_url(url: str) -> bool:
    """Whether a URL has an address that is not public, or a name of this machine; no name is looked up."""
    host = urlsplit(url).hostname or ""
    try:
        return not _is_public(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if ip.version == 6 and (ip in _MAPPED or ip in _NAT64):
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast
